import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LabImage } from '../../src/lab/image.js'
import { type Lab, listLabs, openLab, removeLab } from '../../src/lab/lab.js'
import { namespaceAt } from '../../src/lab/namespace-processes.js'
import { containerName, labPaths } from '../../src/lab/paths.js'
import { runProcess } from '../../src/machine/process.js'
import type { Cluster } from '../../src/model/cluster.js'
import { faultOf } from '../machine/contract.js'
import { labImage, labState, machinesOnly } from './support.js'
import { hostAddresses, hostNetwork, processesNaming, tracesOf } from './traces.js'

const three = machinesOnly('t-three', 3)
const twin = machinesOnly('t-twin', 1)
const killed = machinesOnly('t-killed', 2, '10.97.6.0/24')
const foreign = machinesOnly('t-foreign', 1, '10.97.7.0/24')
const broken = machinesOnly('t-broken', 1, '10.97.8.0/24')
const all = [three, twin, killed, foreign, broken]

let state: ReturnType<typeof labState>
let image: LabImage
const up = async (cluster: Cluster): Promise<Lab> => {
  const lab = openLab(cluster, state.root)
  await lab.prepare()
  await Promise.all(cluster.machines.map((m) => lab.boot(m.name, image)))
  return lab
}
const launchers = (cluster: Cluster, machine: string): number => processesNaming(`--machine=${containerName(cluster.name, machine)}`).length

beforeAll(async () => {
  state = labState(...all.map((c) => c.name))
  image = await labImage()
})
afterAll(() => state?.clean())

describe('three machines', () => {
  let lab: Lab
  let before: string
  beforeAll(async () => {
    before = hostNetwork()
    lab = await up(three)
  })

  it('are reached over SSH under their names, each with its own key', async () => {
    const said = await Promise.all(
      three.machines.map((m) => lab.fleet.machine(m.name).sh('hostname; cat /etc/ssh/ssh_host_ed25519_key.pub')),
    )
    expect(said.map((r) => r.stdout.split('\n')[0])).toEqual(['m-1', 'm-2', 'm-3'])
    expect(new Set(said.map((r) => r.stdout.split('\n')[1])).size).toBe(3)
  })

  it('run systemd and know each other by name', async () => {
    const { stdout } = await lab.fleet
      .machine('m-1')
      .sh('cat /proc/1/comm; for m in m-1 m-2 m-3; do getent hosts $m; done; ssh-keyscan -T 2 m-3 2>/dev/null | wc -l')
    expect(stdout.replace(/ +/g, ' ')).toMatch(/^systemd\n10\.97\.5\.11 m-1\n10\.97\.5\.12 m-2\n10\.97\.5\.13 m-3\n[1-9]/)
  })

  it('reach neither this computer nor anything outside, and a name server refuses them at once', async () => {
    const onLoopback: Server = createServer((socket) => socket.end('leaked')).listen(0, '127.0.0.1')
    const port = await new Promise((resolve) =>
      onLoopback.once('listening', () => resolve((onLoopback.address() as { port: number }).port)),
    )
    // 198.51.100.1 is nobody's (RFC 5737). Each is refused by somebody: what only times out is a hang for whoever tries it.
    const targets = ['198.51.100.1/80', `127.0.0.1/${port}`, '10.97.5.254/22', ...hostAddresses().map((a) => `${a}/22`)]
    const tries = targets.map((t) => `timeout 5 bash -c ': < /dev/tcp/${t}' 2>/dev/null; echo "$? ${t}"`).join('\n')
    const machine = lab.fleet.machine('m-2')
    const { stdout } = await machine.sh(tries)
    onLoopback.close()
    expect(stdout).toBe(targets.map((t) => `1 ${t}\n`).join(''))
    expect((await machine.sh('ping -c 1 -W 1 198.51.100.1', { allowFailure: true })).exit).not.toBe(0)
    const startedMs = performance.now()
    expect((await machine.sh('getent hosts quorate.invalid', { allowFailure: true })).exit).not.toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(2000)
    const routes = await runProcess(['ip', '-n', lab.paths.namespace, 'route'])
    expect(routes.stdout.trim()).toMatch(/^10\.97\.5\.0\/24 dev br0 .*$/)
    const links = await runProcess(['ip', '-n', lab.paths.namespace, '-br', 'link'])
    expect(links.stdout.split('\n').filter((line) => line && !/^(lo|br0|vb-q[0-9a-f]+@if\d+) /.test(line))).toEqual([])
  })

  it('change nothing of the network of this computer', () => {
    expect(hostNetwork()).toBe(before)
  })

  it('are dialled through the relay, and its port leads to the endpoint once somebody listens there', async () => {
    const port = (await lab.relayPort()) ?? 0
    expect(port).toBeGreaterThan(0)
    expect(await answerOf(port)).toBe('')
    const machine = lab.fleet.machine('m-3')
    const { address } = three.endpoint
    await machine.write([{ path: '/root/answer.pl', content: answer }])
    await machine.sh(`ip addr add ${address}/32 dev host0; systemd-run --quiet --unit=t-answer perl /root/answer.pl ${three.endpoint.port}`)
    const endMs = performance.now() + 5000
    let said = ''
    while (said === '' && performance.now() < endMs) said = await answerOf(port)
    // The other side closes as soon as it has written: nothing of it may be lost on the way.
    expect(said.length).toBe(3_000_003)
    const socket = await lab.fleet.dial(address, three.endpoint.port, { timeoutMs: 2000 })
    socket.destroy()
    await machine.sh('systemctl stop t-answer')
    const refused = await faultOf(lab.fleet.dial(address, three.endpoint.port, { timeoutMs: 2000 }))
    expect(refused.problem).toMatchObject({ code: 'Q3010', data: { reason: 'connection refused' } })
    const startedMs = performance.now()
    expect((await faultOf(lab.fleet.dial('10.97.5.77', 1, { timeoutMs: 300 }))).problem.code).toBe('Q3010')
    expect(performance.now() - startedMs).toBeLessThan(1500)
    await expect(lab.fleet.dial('10.97.5.77', 1, { timeoutMs: 9000, signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/)
  })

  it('are found running the second time, connections and all', async () => {
    const bootIds = (): Promise<string[]> =>
      Promise.all(
        three.machines.map(
          async (m) =>
            (await lab.fleet.machine(m.name).sh('cat /proc/sys/kernel/random/boot_id /proc/1/stat; echo $SSH_CONNECTION')).stdout,
        ),
      )
    const first = await bootIds()
    await lab.fleet.close()
    const relay = await lab.relayPort()
    const startedMs = performance.now()
    lab = await up(three)
    const ms = performance.now() - startedMs
    expect((await bootIds()).map((text) => text.split('\n').at(-2))).toEqual(first.map((text) => text.split('\n').at(-2)))
    expect(await lab.relayPort()).toBe(relay)
    expect(three.machines.map((m) => launchers(three, m.name))).toEqual([1, 1, 1])
    expect(ms).toBeLessThan(2000)
  })

  it('are not disturbed by another lab with the same addresses', async () => {
    const other = await up(twin)
    const names = await Promise.all(
      [other, lab].map(async (l) => (await l.fleet.machine('m-1').sh('hostname; cat /etc/machine-id')).stdout),
    )
    expect(names[0]).not.toBe(names[1])
    expect(await listLabs(state.root)).toEqual(['t-three', 't-twin'])
    expect(await removeLab(twin.name, state.root)).toEqual(['m-1'])
    expect((await lab.fleet.machine('m-1').sh('hostname; cat /etc/machine-id')).stdout).toBe(names[1])
  })

  it('come back from a power loss with their disk, past the connection to what they were', async () => {
    const machine = lab.fleet.machine('m-2')
    await machine.sh('echo kept > /root/kept; sync')
    await lab.powerOff('m-2')
    expect(await lab.isRunning('m-2')).toBe(false)
    await lab.boot('m-2', image)
    expect((await machine.sh('cat /root/kept')).stdout).toBe('kept\n')
  })

  it('are started once, also when the note of who runs is lost', async () => {
    rmSync(lab.paths.machine('m-3').pid)
    await lab.boot('m-3', image)
    expect(launchers(three, 'm-3')).toBe(1)
    expect((await lab.fleet.machine('m-3').sh('hostname')).stdout).toBe('m-3\n')
  })

  it('go without a trace, a frozen one too', async () => {
    const namespace = await namespaceAt(`/run/netns/${lab.paths.namespace}`)
    expect(tracesOf(three.name, state.root, namespace)).not.toEqual([])
    await lab.freeze('m-1')
    const startedMs = performance.now()
    expect(await removeLab(three.name, state.root)).toEqual(['m-1', 'm-2', 'm-3'])
    expect(performance.now() - startedMs).toBeLessThan(3000)
    await lab.fleet.close()
    expect(tracesOf(three.name, state.root, namespace)).toEqual([])
    expect(hostNetwork()).toBe(before)
    expect(await removeLab(three.name, state.root)).toEqual([])
  })
})

describe('a lab whose maker is killed', () => {
  /** Boots in a process of its own that is killed so many ms after it began, or at the word it said. */
  const bootAndKill = (after: number | string): Promise<string> =>
    new Promise((resolve) => {
      const script = fileURLToPath(new URL('./boot-child.mjs', import.meta.url))
      const child = spawn(process.execPath, [script, JSON.stringify(killed), JSON.stringify(image), state.root], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString('utf8')
        if (said.includes(typeof after === 'string' ? after : 'begins'))
          setTimeout(() => child.kill('SIGKILL'), typeof after === 'number' ? after : 0)
      })
      child.once('exit', () => resolve(said))
    })

  it.each([5, 60, 'prepared', 250])('is made whole by the next, after %s', async (after) => {
    const said = await bootAndKill(after)
    expect(said).not.toContain('booted')
    const lab = await up(killed)
    const names = await Promise.all(killed.machines.map((m) => lab.fleet.machine(m.name).sh('hostname; systemctl is-active ssh')))
    expect(names.map((r) => r.stdout)).toEqual(['m-1\nactive\n', 'm-2\nactive\n'])
    expect(killed.machines.map((m) => launchers(killed, m.name))).toEqual([1, 1])
    await lab.fleet.close()
    const namespace = await namespaceAt(`/run/netns/${lab.paths.namespace}`)
    await removeLab(killed.name, state.root)
    expect(tracesOf(killed.name, state.root, namespace)).toEqual([])
  })

  it('goes without a trace, without having been made whole first', async () => {
    await bootAndKill(200)
    const namespace = await namespaceAt(`/run/netns/${labPaths(state.root, killed.name).namespace}`)
    await removeLab(killed.name, state.root)
    await sleep(500)
    expect(tracesOf(killed.name, state.root, namespace)).toEqual([])
  })
})

describe('what cannot be made', () => {
  it('is a lab in a namespace of somebody else, which stays as it was', async () => {
    const { namespace } = labPaths(state.root, foreign.name)
    await runProcess(['ip', 'netns', 'add', namespace])
    try {
      const lab = openLab(foreign, state.root)
      expect((await faultOf(lab.prepare())).problem).toMatchObject({ code: 'Q3504', data: { namespace } })
      await removeLab(foreign.name, state.root)
      expect(await namespaceAt(`/run/netns/${namespace}`)).toBeDefined()
    } finally {
      await runProcess(['ip', 'netns', 'delete', namespace])
    }
    expect(tracesOf(foreign.name, state.root)).toEqual([])
  })

  it('is a lab in a subnet that this computer has itself; nothing is changed by asking', async () => {
    const lab = openLab(machinesOnly('t-foreign', 1, '127.0.0.0/24'), state.root)
    expect((await faultOf(lab.prepare())).problem).toMatchObject({ code: 'Q3506', data: { subnet: '127.0.0.0/24', interface: 'lo' } })
    expect(tracesOf('t-foreign', state.root)).toEqual([])
  })

  it('is a machine whose image does not boot: that is told with its console, at once', async () => {
    const lab = openLab(broken, state.root)
    await lab.prepare()
    const empty = join(state.root, 'empty')
    await runProcess(['mkdir', '-p', `${empty}/etc`, `${empty}/usr`, `${empty}/containerd`])
    const startedMs = performance.now()
    const { problem } = await faultOf(
      lab.boot('m-1', { rootfs: empty, layer: image.layer, containerd: `${empty}/containerd`, digest: 'x' }),
    )
    expect(problem).toMatchObject({ code: 'Q3503', machine: 'm-1' })
    expect(String(problem.data.console)).not.toBe('')
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    await removeLab(broken.name, state.root)
    expect(tracesOf(broken.name, state.root)).toEqual([])
  })
})

/** A server that says much and closes. */
const answer = `use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die;
while (my $c = $s->accept) { print $c "x" x 3000000, "end"; close $c }
`

/** All that is said on a port of 127.0.0.1 until it is closed. */
const answerOf = async (port: number): Promise<string> => {
  const { connect } = await import('node:net')
  return await new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
}
