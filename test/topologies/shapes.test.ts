import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { ensureBundle } from '../../src/bundle/ensure.js'
import { defaults } from '../../src/config/defaults.js'
import { labPaths } from '../../src/lab/paths.js'
import type { CheckResult } from '../../src/model/check.js'
import type { Role } from '../../src/model/cluster.js'
import type { Event } from '../../src/model/event.js'
import { type Ended, quorate, type RunOptions } from '../lab/quorate.js'
import { startBalancer, userEtcd } from '../lab/strangers.js'
import { labState } from '../lab/support.js'
import { tracesOf } from '../lab/traces.js'

const [entry, grown, apart, foreign] = ['t-entry', 't-grown', 't-apart', 't-foreign-parts'] as const
const { root: state, clean } = labState(entry, grown, apart, foreign)
const cwd = mkdtempSync(join(state, 'files-'))

const everything: Role[] = ['control-plane', 'etcd', 'worker', 'balancer']
const machine = (name: string, last: number, roles: Role[]) => ({ name, address: `10.99.0.${last}`, roles })
const three = (roles: Role[]) => [1, 2, 3].map((n) => machine(`m-${n}`, 20 + n, roles))

/** Writes a cluster file; `spec` says only what differs. */
const file = (name: string, spec: Record<string, unknown>): string => {
  const path = join(cwd, `${name}-${Math.random().toString(36).slice(2, 8)}.yaml`)
  const whole = {
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name },
    spec: { endpoint: { address: '10.99.0.10' }, ...spec },
  }
  writeFileSync(path, stringify(whole))
  return path
}

const run = (args: readonly string[], more: Partial<RunOptions> = {}): Promise<Ended> => quorate(args, { state, cwd, ...more }).ended
const ok = async (args: readonly string[], more: Partial<RunOptions> = {}): Promise<Ended> => {
  const ended = await run(args, more)
  expect(ended.exit, `${args.join(' ')}\n${ended.out}\n${ended.err}`).toBe(0)
  return ended
}
/** Brings it up, then once more: then there is nothing to do. Gives the claims. */
const upTwice = async (path: string): Promise<CheckResult[]> => {
  const first = JSON.parse((await ok(['up', path, '-o', 'json'])).out) as { checks: CheckResult[] }
  expect(first.checks.filter((one) => one.verdict !== 'True')).toEqual([])
  expect(JSON.parse((await ok(['up', path, '-o', 'json'])).out)).toMatchObject({ alreadyUp: true, changed: 0, changes: [] })
  return first.checks
}
const ids = (checks: readonly CheckResult[]): string[] => checks.map((one) => one.id)
const ssh = async (path: string, name: string, script: string): Promise<string> => (await ok(['ssh', '--file', path, name, script])).out
const down = async (name: string): Promise<void> => {
  await ok(['down', name])
  expect(tracesOf(name, state)).toEqual([])
}

afterAll(async () => {
  for (const name of [entry, grown, apart, foreign]) await run(['down', name])
  await clean()
  rmSync(cwd, { recursive: true, force: true })
})

describe('three machines for everything', () => {
  const haproxy = file(entry, { machines: three(everything) })
  const local = file(entry, {
    balancer: 'node-local',
    endpoint: { address: '10.99.0.21' },
    machines: three(['control-plane', 'etcd', 'worker']),
  })

  it('come up with the proxies beside the API servers', async () => {
    expect(ids(await upTwice(haproxy))).toContain('virtual-ip/one-holder')
  })

  it('do not need the API server of the machine that holds the virtual IP', async () => {
    const seen = JSON.parse((await ok(['status', haproxy, '-o', 'json'])).out) as { observed: { virtualIpHolders: string[] } }
    const holder = seen.observed.virtualIpHolders[0] ?? ''
    const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml'
    await ssh(haproxy, holder, `mv ${manifest} /root/ && while pidof kube-apiserver >/dev/null; do sleep 0.2; done`)
    await ok(['kubectl', '--file', haproxy, '--', 'get', 'nodes', '-o', 'name'])
    const after = JSON.parse((await ok(['status', haproxy, '-o', 'json'])).out) as { observed: { virtualIpHolders: string[] } }
    expect(after.observed.virtualIpHolders).toEqual([holder])
    await ssh(haproxy, holder, `mv /root/kube-apiserver.yaml ${manifest}`)
  })

  it('change to nginx, and to a proxy on every node', async () => {
    const nginx = file(entry, { balancer: 'nginx-keepalived', machines: three(everything) })
    expect(ids(await upTwice(nginx))).not.toContain('balancer/backends')
    expect(await ssh(nginx, 'm-1', 'systemctl is-active nginx keepalived haproxy; true')).toBe('active\nactive\ninactive\n')
    const claims = ids(await upTwice(local))
    expect(claims).toContain('endpoint/from-nodes')
    expect(claims).not.toContain('virtual-ip/one-holder')
    expect(await ssh(local, 'm-1', 'systemctl is-active nginx keepalived haproxy; true')).toBe('inactive\ninactive\nactive\n')
  })

  it('change to a virtual IP and back while a pod asks for the API, which does not fail for more than a moment', async () => {
    const ask = 'curl -sk -m 1 -o /dev/null -w "%{http_code}\\n" https://10.96.0.1/readyz'
    await ssh(
      local,
      'm-2',
      `setsid sh -c 'while :; do ${ask}; sleep 0.05; done > /root/asked' > /dev/null 2>&1 < /dev/null & echo $! > /root/asking`,
    )
    for (const next of [haproxy, local]) await ok(['up', next, '-o', 'json'])
    const codes = (await ssh(local, 'm-2', 'kill -- -$(cat /root/asking); cat /root/asked')).trim().split('\n')
    expect(codes.length).toBeGreaterThan(50)
    // A restart of the proxy beside it, once a change: one to three of these. Half a minute of them, where pods were not led away first.
    expect(codes.filter((code) => code !== '200').length).toBeLessThan(30)
  })

  it('leave nothing', () => down(entry))
})

describe('one machine that becomes three, with a pool of addresses', () => {
  const pool = { loadBalancer: { addressPool: ['10.99.0.200-10.99.0.205'] } }
  const one = file(grown, { ...pool, machines: three(everything).slice(0, 1) })
  const all = file(grown, { ...pool, machines: three(everything) })
  const { namespace } = labPaths(state, grown)
  const web = (): string => {
    try {
      return execFileSync('nsenter', [`--net=/run/netns/${namespace}`, 'curl', '-s', '-m', '1', 'http://10.99.0.200/'], {
        encoding: 'utf8',
      })
    } catch {
      return ''
    }
  }

  it('comes up alone', async () => {
    expect(ids(await upTwice(one))).toContain('load-balancer/reached')
  })

  it('takes in two members, one after the other, and keeps what it had', async () => {
    await ok(['kubectl', '--file', one, '--', 'create', 'namespace', 'kept'])
    await upTwice(all)
    await ok(['kubectl', '--file', all, '--', 'get', 'namespace', 'kept'])
    const list = await ssh(
      all,
      'm-3',
      'cd /etc/kubernetes/pki/etcd; ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 etcdctl --cacert ca.crt --cert server.crt --key server.key member list',
    )
    expect(list.match(/, started, /g)).toHaveLength(3)
    expect(list).not.toContain(', true')
  })

  it('answers at the address after the node that announced it is gone', async () => {
    expect(web()).toMatch(/^web-/)
    const status = [
      'kubectl',
      '--file',
      all,
      '--',
      '-n',
      'metallb-system',
      'get',
      'servicel2statuses',
      '-o',
      'jsonpath={.items[0].status.node}',
    ]
    // It is written anew whenever another node announces, as after the growth.
    let announcer = ''
    for (let i = 0; i < 60 && announcer === ''; i++) {
      announcer = (await run(status)).out.trim()
      if (announcer === '') await sleep(500)
    }
    expect(announcer).not.toBe('')
    await run(['ssh', '--file', all, announcer, 'systemctl poweroff -ff'])
    const endMs = performance.now() + 60_000
    let inARow = 0
    while (inARow < 5 && performance.now() < endMs) {
      inARow = web().startsWith('web-') ? inARow + 1 : 0
      await sleep(200)
    }
    expect(inARow).toBe(5)
  })

  it('leave nothing', () => down(grown))
})

describe('etcd on machines of its own', () => {
  const members = [1, 2, 3].map((n) => machine(`e-${n}`, 14 + n, ['etcd']))
  const planes = [1, 2].map((n) => machine(`c-${n}`, 20 + n, ['control-plane', 'balancer']))
  const path = file(apart, { machines: [...members, ...planes] })

  it('comes up as services, and every API server knows every member', async () => {
    await upTwice(path)
    expect(await ssh(path, 'e-1', 'systemctl is-active etcd')).toBe('active\n')
    const flags = await ssh(path, 'c-2', 'grep -o -- --etcd-servers=.* /etc/kubernetes/manifests/kube-apiserver.yaml')
    expect(flags.trim()).toBe('--etcd-servers=https://10.99.0.15:2379,https://10.99.0.16:2379,https://10.99.0.17:2379')
  })

  it('leaves nothing', () => down(apart))
})

describe("etcd and balancer of the user's own", () => {
  const { namespace } = labPaths(state, foreign)
  const addresses = ['10.99.0.15', '10.99.0.16', '10.99.0.17']

  it('are checked, used and left alone', async () => {
    const bundle = await ensureBundle({
      kubernetesVersion: defaults.kubernetesVersion,
      metallb: false,
      source: 'auto',
      emit: () => undefined,
    })
    const etcd = await userEtcd(join(cwd, 'etcd'), bundle.binaries.etcd ?? '', addresses)
    const { caFile, certFile, keyFile } = etcd
    const endpoints = addresses.map((a) => `https://${a}:2379`)
    const path = file(foreign, {
      endpoint: { address: '10.99.0.5' },
      balancer: 'external',
      etcd: { external: { endpoints, caFile, certFile, keyFile, prefix: '/blue' } },
      machines: [1, 2].map((n) => machine(`c-${n}`, 20 + n, ['control-plane', 'worker'])),
    })
    // Nobody serves there yet: refused before a machine is touched.
    const early = await run(['up', path])
    expect([early.exit, early.err + early.out]).toEqual([expect.any(Number), expect.stringContaining('Q4024')])
    expect(early.exit).not.toBe(0)
    etcd.start(namespace)
    const notes: string[] = []
    let started = false
    const onEvent = (event: Event): void => {
      if (event.type === 'note') notes.push(event.text)
      // The balancer comes late, when quorate says what it must do.
      if (event.type === 'note' && event.text.includes('your balancer') && !started) {
        started = true
        startBalancer(namespace, join(cwd, 'balancer.log'), '10.99.0.5', ['10.99.0.21', '10.99.0.22'])
      }
    }
    await ok(['up', path, '-o', 'events'], { onEvent })
    expect(notes.join('\n')).toMatch(/readyz[\s\S]*idle[\s\S]*hairpin/)
    const claims = ids(await upTwice(path))
    expect(claims).toEqual(expect.arrayContaining(['endpoint/from-nodes', 'endpoint/all-servers', 'etcd/members', 'etcd/no-alarm']))
    const keys = await ssh(
      path,
      'c-1',
      'cd /etc/kubernetes/pki; ETCDCTL_ENDPOINTS=https://10.99.0.15:2379 etcdctl --cacert etcd/ca.crt --cert apiserver-etcd-client.crt --key apiserver-etcd-client.key get / --prefix --keys-only --limit 2000 | cut -d/ -f2 | sort -u',
    )
    expect(keys.trim().split('\n').filter(Boolean)).toEqual(['blue'])
  })

  it('leave nothing', () => down(foreign))
})
