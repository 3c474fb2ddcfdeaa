import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { initText } from '../../src/config/init.js'
import type { Event } from '../../src/model/event.js'
import { type Ended, quorate, type RunOptions } from './quorate.js'
import { labState } from './support.js'
import { hostNetwork, tracesOf } from './traces.js'

const whole = 't-cluster'
const small = 't-killed'
const { root: state, clean } = labState(whole, small)
const cwd = mkdtempSync(join(tmpdir(), 'quorate-cwd-'))
const file = (name: string): string => join(cwd, `${name}.yaml`)
writeFileSync(file(whole), initText({ name: whole, controlPlanes: 3, workers: 2, balancers: 2, zones: 3 }))
// The smallest honest cluster: three machines that do everything, made quickly and killed often.
writeFileSync(
  file(small),
  initText({ name: small, controlPlanes: 3, workers: 0, balancers: 0, zones: 3 }).replaceAll(
    '[control-plane, etcd, balancer]',
    '[control-plane, etcd, worker, balancer]',
  ),
)
const before = hostNetwork()

const run = (args: readonly string[], more: Partial<RunOptions> = {}): Promise<Ended> => quorate(args, { state, cwd, ...more }).ended
const ok = async (args: readonly string[], more: Partial<RunOptions> = {}): Promise<Ended> => {
  const ended = await run(args, more)
  expect(ended.exit, `${args.join(' ')}\n${ended.out}\n${ended.err}`).toBe(0)
  return ended
}

afterAll(async () => {
  await run(['down', whole])
  await run(['down', small])
  await clean()
  rmSync(cwd, { recursive: true, force: true })
})

describe('the default cluster', () => {
  it('comes up, and every claim holds', async () => {
    const { out } = await ok(['up', file(whole), '-o', 'json'])
    const result = JSON.parse(out) as { checks: { verdict: string }[]; alreadyUp: boolean; changed: number }
    expect(result.changed).toBeGreaterThan(20)
    expect(result.checks.length).toBeGreaterThanOrEqual(25)
    expect(result.checks.filter((one) => one.verdict !== 'True')).toEqual([])
  })

  it('says nothing to do the second time, and plans nothing', async () => {
    const { out } = await ok(['up', file(whole), '-o', 'json'])
    expect(JSON.parse(out)).toMatchObject({ alreadyUp: true, changed: 0, changes: [] })
    const plan = JSON.parse((await ok(['plan', file(whole), '-o', 'json'])).out) as { steps: { id: string; state: string }[] }
    expect(plan.steps.filter((step) => step.state !== 'done')).toEqual([])
  })

  it('is checked, shown and listed by commands that change nothing', async () => {
    await ok(['check', file(whole)])
    const seen = JSON.parse((await ok(['status', file(whole), '-o', 'json'])).out) as { observed: { virtualIpHolders: string[] } }
    expect(seen.observed.virtualIpHolders).toHaveLength(1)
    const rows = JSON.parse((await ok(['machines', file(whole), '-o', 'json'])).out) as { status: string }[]
    expect(rows.map((row) => row.status)).toEqual(Array.from({ length: 7 }, () => 'running'))
  })

  it('answers kubectl of this computer, and a shell on a machine', async () => {
    const { out } = await ok(['kubectl', '--file', file(whole), 'get', 'nodes', '-o', 'name'])
    expect(out.trim().split('\n').sort()).toEqual(['node/cp-1', 'node/cp-2', 'node/cp-3', 'node/w-1', 'node/w-2'])
    expect((await ok(['ssh', '--file', file(whole), 'w-1', 'hostname'])).out).toBe('w-1\n')
    expect((await ok(['ssh', '--file', file(whole), 'w-1', '--', 'hostname'])).out).toBe('w-1\n')
    expect((await run(['ssh', '--file', file(whole), 'w-1', 'exit 7'])).exit).toBe(7)
  })

  it('is one that kubeadm knows', async () => {
    const kubeconfig = '--kubeconfig /tmp/admin.conf'
    const admin = readFileSync(join(state, 'clusters', whole, 'kubeconfig'), 'utf8').replace(
      /server: .*/,
      'server: https://10.99.0.10:6443',
    )
    const script = `umask 077; cat > /tmp/admin.conf <<'END'\n${admin}\nEND\nkubeadm certs check-expiration ${kubeconfig} && kubeadm upgrade plan v1.36.3 ${kubeconfig} --ignore-preflight-errors=all 2>&1; s=$?; rm -f /tmp/admin.conf; exit $s`
    const { out } = await ok(['ssh', '--file', file(whole), 'cp-1', script])
    expect(out).toMatch(/apiserver-etcd-client .* 3\d\dd|apiserver-etcd-client/)
    expect(out).toContain('etcd-server')
  })

  it('is worked on by one operator at a time', async () => {
    let second: Promise<Ended> | undefined
    const first = quorate(['up', file(whole), '-o', 'events'], {
      state,
      cwd,
      // It stands still until the other one has been refused, however busy this computer is.
      onEvent: (_event, running) => {
        if (second) return
        process.kill(running.pid, 'SIGSTOP')
        second = run(['up', file(whole)]).finally(() => process.kill(running.pid, 'SIGCONT'))
      },
    })
    expect((await first.ended).exit).toBe(0)
    const refused = await second
    expect(refused?.err).toContain('Q4002')
    expect(refused?.exit).not.toBe(0)
  })

  it('gets back what is broken by hand: a stopped proxy, an edited file, deleted objects', async () => {
    await ok(['kubectl', '--file', file(whole), '--', '-n', 'kube-system', 'delete', 'deployment', 'coredns'])
    await ok(['kubectl', '--file', file(whole), '--', '-n', 'default', 'delete', 'endpointslice', 'kubernetes'])
    await ok(['ssh', '--file', file(whole), 'lb-1', 'systemctl stop haproxy'])
    await ok(['ssh', '--file', file(whole), 'lb-2', 'echo "# by hand" >> /etc/keepalived/keepalived.conf'])
    const look = await run(['check', file(whole)])
    expect(look.exit).toBe(4)
    expect(look.out + look.err).toContain('lb-1')
    const plan = JSON.parse((await ok(['plan', file(whole), '-o', 'json'])).out) as { steps: { id: string; state: string }[] }
    const open = plan.steps.filter((step) => step.state !== 'done').map((step) => step.id)
    expect(open).toContain('balancer/start/lb-1')
    expect(open).toContain('machines/configure/lb-2')
    expect(open).toContain('cluster/objects')
    await ok(['up', file(whole)])
    await ok(['check', file(whole)])
  })

  it('keeps its Services when kube-proxy starts anew', async () => {
    const rules = 'nft list map ip kube-proxy service-ips'
    const before = (await ok(['ssh', '--file', file(whole), 'w-1', rules])).out
    expect(before).toContain('goto service-')
    const again = `old=$(pidof kube-proxy); kill -9 $old; while p=$(pidof kube-proxy); [ -z "$p" ] || [ "$p" = "$old" ]; do sleep 0.2; done`
    // Long enough for its first look at what the kernel holds.
    await ok(['ssh', '--file', file(whole), 'w-1', `${again}; sleep 5`])
    expect((await ok(['ssh', '--file', file(whole), 'w-1', rules])).out.match(/goto/g)).toHaveLength(before.match(/goto/g)?.length ?? 0)
    await ok(['check', file(whole)])
  })

  it('goes away whole', async () => {
    await ok(['down', file(whole)])
    expect(tracesOf(whole, state)).toEqual([])
    expect(hostNetwork()).toBe(before)
    expect((await ok(['machines', file(whole), '-o', 'json'])).out).not.toContain('running')
  })
})

describe('a quorate that is killed', () => {
  /** Kills quorate with the signal as soon as an event matches; the run must not have ended before. */
  const killedAt = async (signal: NodeJS.Signals, matches: (event: Event) => boolean): Promise<Ended> => {
    let hit = false
    const ended = await run(['up', file(small), '-o', 'events'], {
      onEvent: (event, { pid }) => {
        if (hit || !matches(event)) return
        hit = true
        process.kill(pid, signal)
      },
    })
    expect(hit, ended.out.slice(-2000) + ended.err).toBe(true)
    return ended
  }
  const started =
    (phase: string) =>
    (event: Event): boolean =>
      event.type === 'step.started' && event.step.startsWith(phase)

  it.each([
    ['while machines boot', started('lab/boot')],
    ['while files are written', started('machines/configure')],
    ['while etcd gets its members', started('etcd/initialise')],
    ['while static pods are written', started('control-plane/start')],
    ['while objects are declared', started('cluster/objects')],
    ['while claims are awaited', (event: Event) => event.type === 'check.changed'],
  ] as const)('%s, leaves nothing that the next run cannot take up', async (_, matches) => {
    expect((await killedAt('SIGKILL', matches)).exit).toBe(137)
  })

  it('ends, after all of that, in the same healthy cluster', async () => {
    await ok(['up', file(small)])
    await ok(['check', file(small)])
    expect(JSON.parse((await ok(['up', file(small), '-o', 'json'])).out)).toMatchObject({ alreadyUp: true, changes: [] })
  })

  it('stops at the next safe point at Ctrl-C, and goes on when told again', async () => {
    await ok(['ssh', '--file', file(small), 'cp-1', 'rm /etc/haproxy/haproxy.cfg'])
    const ended = await killedAt('SIGINT', started('machines/configure'))
    expect(ended.exit).toBe(130)
    await ok(['up', file(small)])
  })

  it('is cleaned up by down, also by a second one after the first was killed', async () => {
    const first = quorate(['down', file(small)], { state, cwd })
    setTimeout(() => process.kill(first.pid, 'SIGKILL'), 500)
    await first.ended
    await ok(['down', file(small)])
    expect(tracesOf(small, state)).toEqual([])
    expect(hostNetwork()).toBe(before)
  })
})
