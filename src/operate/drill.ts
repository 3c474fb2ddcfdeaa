import { mkdir, readFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { join, resolve } from 'node:path'
import { type DrillResult, runDrill } from '../drill/drill.js'
import { type Ground, groundOf, sitesOf } from '../drill/ground.js'
import { requireConfirmation } from '../drill/guard.js'
import { type Healed, heal as healCluster } from '../drill/heal.js'
import { type JudgedRun, judgeRun } from '../drill/judge-run.js'
import { type DrillPlan, type DrillSelection, planDrill } from '../drill/plan-drill.js'
import { predictFault } from '../drill/predict.js'
import { type ReportFiles, writeReports } from '../drill/write-reports.js'
import type { Cluster } from '../model/cluster.js'
import { fault } from '../model/problem.js'
import { packageVersion } from '../package.js'
import type { DrillReport } from '../report/drill-report.js'
import { parseReport } from '../report/json.js'
import { type HostLock, takeHostLock } from '../run/host-lock.js'
import { takeLock } from '../run/lock.js'
import { drillWorld } from './drill-world.js'
import type { VerbOptions } from './options.js'
import { type Target, targetOf } from './place.js'
import { openSession } from './session.js'
import { stateOf } from './state.js'
import { findTarget } from './target.js'
import { meetingHosts } from './up.js'

export interface DrillRequest extends VerbOptions {
  select: DrillSelection
  /** Run directory; default: drills/<time> in the cluster's state directory. */
  out?: string
  /** Default: taken from the clock. */
  seed?: number
  /** Name of the cluster, typed: needed on hosts that are not a lab. */
  confirm?: string
  force?: boolean
  /** Run directory of an earlier drill. */
  compare?: string
}

export interface Drilled extends DrillResult {
  files: ReportFiles
}

/** The report of an earlier run; judged again where none was written. Throws Q6901 to Q6903. */
const earlier = async (directory: string, now: number): Promise<{ report: DrillReport; name: string }> => {
  const file = join(directory, 'report.json')
  const text = await readFile(file, 'utf8').catch(() => undefined)
  const report = text === undefined ? (await judgeRun(directory, { now })).report : parseReport(text, file)
  return { report, name: `run of ${report.startedAt.slice(0, 16).replace('T', ' ')}` }
}

const freshDirectory = (dir: string): string => join(dir, 'drills', new Date().toISOString().slice(0, 19).replace(/:/g, '-'))

/**
 * Machines of a lab share the processors with whoever watches them: a drill that waits its turn behind a busy cluster would see everything late, and
 * logins to the machines with it. They are given ordinary priority again when they start (lab/cgroups.ts).
 */
const goAhead = (): void => {
  try {
    setPriority(constants.priority.PRIORITY_HIGH)
  } catch {
    // Only root may; then what is seen is merely later.
  }
}

/**
 * Breaks a running cluster on purpose, one fault at a time, measures what clients felt, judges what was recorded, and leaves reports. Throws Q6301 without
 * confirmation, Q6016 where two machines on its ground bear one name, Q6302 on an unhealthy cluster, Q4002 while somebody else is at work on it, Q6904 when the run directory cannot be written.
 */
export const drill = async (file: string | undefined, options: DrillRequest): Promise<Drilled> => {
  const { emit, signal } = options
  const now = Date.now()
  const target = await findTarget(file, emit)
  const { cluster, lab, fleet } = target
  const ground = drillGround(target)
  requireConfirmation(lab !== undefined, cluster.name, options.confirm)
  const against = options.compare === undefined ? undefined : await earlier(options.compare, now)
  const state = stateOf(cluster.name)
  const directory = resolve(options.out ?? freshDirectory(state.dir))
  const lock = await lockAll(ground, 'drill')
  let hostLock: HostLock | undefined
  if (lab) goAhead()
  try {
    const session = await openSession(cluster, fleet, { emit, signal: new AbortController().signal, bundleDigest: '', readOnly: true })
    try {
      // Lab machines are seen from this computer only.
      if (!lab)
        hostLock = await takeHostLock(
          meetingHosts(cluster).map((m) => fleet.machine(m.name)),
          { verb: 'drill' },
        )
      await requireEmpty(directory)
      const result = await runDrill(await drillWorld(session, ground), {
        directory,
        quorate: packageVersion,
        select: options.select,
        seed: options.seed ?? now % 1_000_000,
        ...(options.force ? { force: true } : {}),
        ...(against ? { against } : {}),
        emit,
        signal,
      })
      return { ...result, files: await writeReports(directory, result.report) }
    } finally {
      await hostLock?.release()
      await session.close()
      await ground.fleet.close()
    }
  } finally {
    await lock.release()
  }
}

/** A cluster with the nodes that carry its control plane, when those are another cluster's. */
const drillGround = (own: Target): Ground => {
  const host = own.cluster.hosted?.host
  return groundOf(own, host && targetOf(host))
}

/** Nobody may change a cluster whose machines are being broken, the host of a control plane included. */
const lockAll = async (ground: Ground, verb: string): Promise<{ release(): Promise<void> }> => {
  const held: { release(): Promise<void> }[] = []
  const release = async (): Promise<void> => {
    for (const one of held.splice(0).reverse()) await one.release()
  }
  try {
    for (const { cluster } of sitesOf(ground)) held.push(await takeLock(stateOf(cluster.name).lock, verb, () => new Date()))
  } catch (error) {
    await release()
    throw error
  }
  return { release }
}

/** Two runs in one directory would be judged as one. */
const requireEmpty = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const found = await readFile(join(directory, 'run.json'), 'utf8').catch(() => undefined)
  if (found !== undefined) throw fault('Q6305', { directory })
}

/** What a drill of this cluster would do, without doing it. */
export const planFaults = async (
  file: string | undefined,
  select: DrillSelection,
  { emit }: Pick<VerbOptions, 'emit'>,
): Promise<{ cluster: Cluster; lab: boolean; plan: DrillPlan }> => {
  const { cluster, lab } = drillGround(await findTarget(file, emit))
  return {
    cluster,
    lab: lab !== undefined,
    plan: planDrill(cluster, lab !== undefined, select, (spec) => predictFault(spec, cluster)),
  }
}

/** Undoes whatever a drill left open on any machine. Throws Q4002 while a drill is at work. */
export const heal = async (file: string | undefined, { emit }: VerbOptions): Promise<{ cluster: Cluster; healed: Healed[] }> => {
  const target = await findTarget(file, emit)
  const ground = drillGround(target)
  const lock = await lockAll(ground, 'heal')
  try {
    return { cluster: target.cluster, healed: await healCluster(ground) }
  } finally {
    await ground.fleet.close()
    await lock.release()
  }
}

/** Judges a stored run again, from its records alone, and writes its reports anew when asked. Touches no cluster. */
export const judge = async (
  directory: string,
  { compare, write = false }: { compare?: string; write?: boolean } = {},
): Promise<JudgedRun & { directory: string; files?: ReportFiles }> => {
  const now = Date.now()
  const judged = await judgeRun(resolve(directory), { now, ...(compare === undefined ? {} : { against: await earlier(compare, now) }) })
  return { ...judged, directory: resolve(directory), ...(write ? { files: await writeReports(resolve(directory), judged.report) } : {}) }
}
