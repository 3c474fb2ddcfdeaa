import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeFleet, type Responder } from '../../src/machine/fake.js'
import type { Cluster } from '../../src/model/cluster.js'
import type { Emit } from '../../src/model/event.js'
import { type Building, building } from '../../src/operate/engine.js'
import { openSession, type Session } from '../../src/operate/session.js'
import { stateOf } from '../../src/operate/state.js'
import { etcdDatabase, memberStamp } from '../../src/steps/etcd.js'
import type { StepWork } from '../../src/steps/step.js'

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word.endsWith('.service') || word.endsWith('.socket'))

/**
 * A machine that does what scripts of steps say to systemd and to etcdutl, and tells its facts as a real one would. What starts, what is written and
 * what is asked is real; only the programs behind it are not there.
 */
const respond =
  (units: Map<string, Set<string>>): Responder =>
  (script, machine) => {
    const active = units.get(machine.name) ?? new Set<string>()
    units.set(machine.name, active)
    if (script.includes('echo "clock')) {
      const digests = Object.entries(machine.digests()).map(([path, digest]) => `${digest}  ${path}`)
      const present = machine.files.has(memberStamp) ? [`present ${etcdDatabase}`] : []
      const states = [...active].flatMap((unit) => [`Id=${unit}`, 'ActiveState=active'])
      const clock = `clock ${Date.now()}000000`
      const lines = [
        clock,
        `hostname ${machine.name}`,
        'cpus 2',
        'memory 4000000',
        'disk 50000000000',
        'ip []',
        ...states,
        ...digests,
        ...present,
        clock,
      ]
      return { stdout: `${lines.join('\n')}\n` }
    }
    for (const line of script.split('\n')) {
      if (/systemctl (start|restart|enable --now)/.test(line)) for (const unit of words(line)) active.add(unit)
      if (/systemctl (stop|disable --now)/.test(line)) for (const unit of words(line)) active.delete(unit)
      const removed = /^rm -f (\/var\/lib\/quorate\/\S+)/.exec(line)
      if (removed?.[1]) machine.files.delete(removed[1])
    }
    if (script.includes('kubeadm init')) active.add('kubelet.service').add('containerd.service')
    if (script.includes('etcdutl snapshot restore')) machine.files.set(memberStamp, { content: Buffer.from(machine.name), mode: 0o600 })
    return {}
  }

export interface World {
  session(readOnly?: boolean): Promise<Session>
  /** Steps of one session; those that ask an API or etcd are remembered here, since there is none. */
  steps(session: Session): Building
  remove(): void
}

/** A cluster on fake machines, with a state directory of its own. */
export const fakeWorld = (cluster: Cluster, emit: Emit = () => {}): World => {
  const root = mkdtempSync(join(tmpdir(), 'quorate-world-'))
  const units = new Map<string, Set<string>>()
  const fleet = fakeFleet(cluster.machines, respond(units))
  const done = new Set<string>()
  const remembered = (id: string): StepWork => ({
    observe: async (_, machine) => (done.has(`${id}/${machine}`) ? { state: 'done' } : { state: 'todo', reason: 'not yet' }),
    run: async (_, machine) => void done.add(`${id}/${machine}`),
  })
  const whole = [
    'etcd/promote',
    'etcd/retire',
    'etcd/usable',
    'balancer/external',
    'control-plane/answer',
    'cluster/nodes',
    'cluster/kubeadm',
    'cluster/objects',
    'claims/hold',
  ]
  return {
    session: (readOnly = false) =>
      openSession(cluster, fleet, {
        emit,
        bundleDigest: 'bundle',
        readOnly,
        state: stateOf(cluster.name, root),
        install: async () => undefined,
      }),
    steps: (session) => building(session, Object.fromEntries(whole.map((id) => [id, remembered(id)]))),
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
