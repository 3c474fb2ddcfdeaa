import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { predictOutages } from '../config/budget.js'
import type { CheckResult } from '../model/check.js'
import { type Cluster, controlPlanes, type MachineSpec } from '../model/cluster.js'
import { type HostLock, takeHostLock } from '../run/host-lock.js'
import { openJournal, stampEvents } from '../run/journal.js'
import { takeLock } from '../run/lock.js'
import { buildCluster } from './build.js'
import { bundleFor, labImageOf } from './bundle.js'
import { installer } from './install.js'
import { refuseBadCompany } from './lab-company.js'
import { loadOrDefault } from './load.js'
import type { ApplyOptions } from './options.js'
import { type Target, targetOf } from './place.js'
import { openSession } from './session.js'
import { collectStages, type StageTime } from './stages.js'
import { stateOf } from './state.js'

export interface ApplyResult {
  cluster: Cluster
  /** Steps that changed something: how many, and which, each with what made it necessary. */
  changed: number
  changes: { step: string; reason: string }[]
  ms: number
  stages: StageTime[]
  checks: CheckResult[]
  budget: ReturnType<typeof predictOutages>
  kubeconfigPath: string
  /** Nothing was to be done. */
  alreadyUp: boolean
}

/** Makes the machines on this computer, then builds the cluster on them: only what is missing. Throws the problems of what failed. */
export const up = async (file: string | undefined, options: ApplyOptions): Promise<ApplyResult> =>
  bring('up', targetOf(await loadOrDefault(file, options.emit), true), options)

/** Builds the cluster on hosts that exist: only what is missing. */
export const apply = async (file: string, options: ApplyOptions): Promise<ApplyResult> =>
  bring('apply', targetOf(await loadOrDefault(file, options.emit), false), options)

/** Marks a state directory whose machines are a lab: `down` may remove it. */
export const labMark = (stateDir: string): string => join(stateDir, 'lab')

/** Where operators on different computers meet. */
export const meetingHosts = (cluster: Cluster): MachineSpec[] => {
  const found = controlPlanes(cluster)
  return found.length > 0 ? found : cluster.machines
}

const bring = async (verb: string, { cluster, lab, fleet }: Target, options: ApplyOptions): Promise<ApplyResult> => {
  const startedMs = performance.now()
  const now = (): Date => new Date()
  const state = stateOf(cluster.name)
  const lock = await takeLock(state.lock, verb, now)
  const journal = await openJournal(state.journal)
  const log = stampEvents([journal.listener], now)
  const { emit, stages } = collectStages((body) => {
    log(body)
    options.emit(body)
    if (body.type === 'step.done' && body.step === 'control-plane/answer') void lab?.favour(undefined)
  })
  let changes: ApplyResult['changes'] = []
  let ok = false
  try {
    if (lab) await refuseBadCompany(cluster)
    const bundle = await bundleFor(cluster, { ...options, emit })
    if (lab) {
      await writeFile(labMark(state.dir), '')
      await lab.prepare(emit)
      await lab.favour(controlPlanes(cluster)[0]?.name)
    }
    const session = await openSession(cluster, fleet, {
      emit,
      signal: options.signal,
      bundleDigest: bundle.digest,
      readOnly: false,
      ...(lab ? {} : { install: installer(cluster, fleet, bundle, emit) }),
    })
    let hostLock: HostLock | undefined
    try {
      const hosts = lab ? [] : meetingHosts(cluster).map((m) => fleet.machine(m.name))
      hostLock = await takeHostLock(hosts, { verb })
      const built = await buildCluster(session, lab && { lab, image: async () => labImageOf(bundle) }, emit, verb)
      changes = built.outcome.results.flatMap((r) => (r.outcome === 'changed' ? [{ step: r.step, reason: r.reason ?? '' }] : []))
      ok = true
      return {
        cluster,
        changed: changes.length,
        changes,
        ms: performance.now() - startedMs,
        stages,
        checks: built.checks,
        budget: predictOutages(cluster),
        kubeconfigPath: built.kubeconfigPath,
        alreadyUp: changes.length === 0,
      }
    } finally {
      await hostLock?.release()
      await session.close()
    }
  } finally {
    await lab?.favour(undefined)
    emit({ type: 'run.finished', verb, ok, ms: performance.now() - startedMs, changed: changes.length })
    await journal.close()
    await lock.release()
  }
}
