import { describe, expect, it } from 'vitest'
import type { FileSpec } from '../../src/machine/machine.js'
import type { ManagedFile } from '../../src/render/managed-file.js'
import { retireBalancer } from '../../src/steps/balancer.js'
import type { StepContext } from '../../src/steps/context.js'
import { configureMachine } from '../../src/steps/machines.js'
import { pendingPath } from '../../src/steps/pending.js'
import { sha256 } from '../../src/steps/stamp.js'

const files: ManagedFile[] = [
  { path: '/etc/systemd/system/haproxy.service.d/quorate.conf', content: '[Service]\n', unit: 'haproxy.service' },
  { path: '/etc/sysctl.d/90-quorate.conf', content: 'net.ipv4.ip_forward=1\n' },
  { path: '/etc/quorate.conf', content: 'x' },
]

/** A machine on which the n-th command is the last that a killed quorate gives, if any. */
const world = (active: string[] = [], cluster: object = { machines: [], balancer: 'haproxy-keepalived' }, wanted = files) => {
  const disk = new Map<string, string>()
  const said: string[] = []
  let left = Number.POSITIVE_INFINITY
  const step = (): void => {
    if (left-- <= 0) throw new Error('killed')
  }
  const machine = {
    write: async (specs: readonly FileSpec[]) => {
      step()
      const changed = specs.filter(({ path, content }) => disk.get(path) !== content)
      for (const { path, content } of changed) disk.set(path, String(content))
      return changed.map(({ path }) => path)
    },
    read: async (path: string) => disk.get(path),
    sh: async (script: string) => {
      step()
      said.push(...script.split('\n').filter(Boolean))
      if (script.includes(`rm -f ${pendingPath}`)) disk.delete(pendingPath)
    },
  }
  const ctx = {
    cluster,
    fleet: { machine: () => machine },
    facts: async () => ({
      files: Object.fromEntries([...disk].map(([path, content]) => [path, sha256(content)])),
      units: Object.fromEntries(active.map((unit) => [unit, 'active'])),
    }),
    desired: async () => wanted,
    forget: () => {},
    learn: () => {},
    inTurn: (_: string, work: () => Promise<void>) => work(),
  } as unknown as StepContext
  const configure = async (commands = Number.POSITIVE_INFINITY): Promise<string[]> => {
    said.length = 0
    left = commands
    await configureMachine.run(ctx, 'm').catch((error: Error) => expect(error.message).toBe('killed'))
    return [...said]
  }
  const retire = async (): Promise<string[]> => {
    said.length = 0
    await retireBalancer.run(ctx, 'm')
    return [...said]
  }
  return { configure, retire, state: async () => (await configureMachine.observe(ctx, 'm')).state }
}

const told = ['set -e', 'systemctl daemon-reload', 'sysctl -q -e -p /etc/sysctl.d/90-quorate.conf']

describe('the files of a machine', () => {
  it('are written, and systemd and the kernel are told', async () => {
    const { configure, state } = world()
    expect(await configure()).toEqual([...told, `rm -f ${pendingPath}`])
    expect(await state()).toBe('done')
  })

  it('are told of by the next run when this one was killed after they were written', async () => {
    const { configure, state } = world()
    expect(await configure(1)).toEqual([])
    expect(await state()).toBe('todo')
    expect(await configure()).toEqual([...told, `rm -f ${pendingPath}`])
    expect(await state()).toBe('done')
  })

  it('reach a unit that runs, also when this was killed before the unit was told', async () => {
    const { configure, state } = world(['haproxy.service'])
    expect(await configure(2)).toEqual(told)
    expect(await state()).toBe('todo')
    expect(await configure()).toEqual([...told, 'systemctl restart haproxy.service', `rm -f ${pendingPath}`])
    expect(await state()).toBe('done')
  })

  it('reach a proxy that leaves a virtual IP only when clients have been led away, also when this was killed in between', async () => {
    const m = { name: 'm', address: '10.99.0.21', roles: ['control-plane', 'etcd'] }
    const { configure, retire, state } = world(['haproxy.service', 'keepalived.service'], { machines: [m], balancer: 'node-local' })
    for (const run of [1, 2]) {
      expect((await configure()).join(), `run ${run}`).not.toMatch(/haproxy|rm -f/)
      expect(await state()).toBe('todo')
    }
    const [swap, forget, ...end] = await retire()
    expect([swap, forget]).toEqual(['systemctl restart haproxy.service', `rm -f ${pendingPath}`])
    expect(end).toEqual(['systemctl disable --now --quiet keepalived.service || exit 1'])
    expect(await state()).toBe('done')
  })

  it('send the kubelet of a worker to another entry when somebody answers there, and that of a control plane at once', async () => {
    const kubelet: ManagedFile = { path: '/etc/kubernetes/kubelet.conf', content: 'server: x', unit: 'kubelet.service' }
    const cluster = (role: string, balancer: string) => ({
      machines: [{ name: 'm', address: '10.99.0.31', roles: [role] }],
      balancer,
      endpoint: { address: '10.99.0.10', port: 6443 },
    })
    const waits = async (role: string, balancer: string): Promise<boolean> => {
      const { configure } = world(['kubelet.service'], cluster(role, balancer), [kubelet])
      const line = (await configure()).find((one) => one.includes('systemctl restart kubelet.service')) ?? ''
      return line.includes('until curl') && line.includes('https://10.99.0.10:6443/livez')
    }
    expect(await waits('worker', 'haproxy-keepalived')).toBe(true)
    expect(await waits('worker', 'external')).toBe(true)
    expect(await waits('worker', 'node-local')).toBe(false)
    expect(await waits('control-plane', 'haproxy-keepalived')).toBe(false)
  })
})
