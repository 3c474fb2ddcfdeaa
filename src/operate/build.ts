import { rename, writeFile } from 'node:fs/promises'
import type { LabImage } from '../lab/image.js'
import type { Lab } from '../lab/lab.js'
import type { CheckResult } from '../model/check.js'
import type { Cluster } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import type { Plan } from '../model/plan.js'
import { labStage, type Stage } from '../plan/phases.js'
import { endpointUrl } from '../render/endpoint.js'
import type { RunOutcome } from '../run/runner.js'
import type { StepWork } from '../steps/step.js'
import { claimsWork, recordService } from './claims-work.js'
import { type Building, building, planOf, runBuilding } from './engine.js'
import type { Session } from './session.js'

export interface LabPart {
  lab: Lab
  image: () => Promise<LabImage>
}

/** Making machines is one more phase in front of the others, so that the first machine that answers is built on while the last one boots. */
const bootWork = ({ lab, image }: LabPart, signal: AbortSignal | undefined): StepWork => ({
  observe: async (_, machine) => ((await lab.isRunning(machine)) ? { state: 'done' } : { state: 'todo', reason: 'does not run' }),
  run: async (_, machine) => lab.boot(machine, await image(), signal),
})

export interface Built {
  outcome: RunOutcome
  checks: CheckResult[]
  kubeconfigPath: string
}

const bind = (session: Session, labPart: LabPart | undefined, changed: () => boolean, hold: (r: CheckResult[]) => void): Building => {
  const extra: Record<string, StepWork> = { 'claims/hold': claimsWork(session, changed, hold) }
  if (labPart) extra['lab/boot'] = bootWork(labPart, session.ctx.signal)
  const before: Stage[] = labPart ? [labStage] : []
  return building(session, extra, before)
}

/** What would be done, without doing it. */
export const planCluster = (session: Session, labPart: LabPart | undefined): Promise<Plan> =>
  planOf(
    session,
    bind(
      session,
      labPart,
      () => false,
      () => {},
    ),
  )

/** Does what is missing, until the claims hold. */
export const buildCluster = async (session: Session, labPart: LabPart | undefined, emit: Emit, verb = 'apply'): Promise<Built> => {
  let changed = false
  let checks: CheckResult[] = []
  const listen: Emit = (body) => {
    if (body.type === 'step.done' && body.changed) changed = true
    emit(body)
  }
  const work = bind(
    session,
    labPart,
    () => changed,
    (results) => {
      checks = results
    },
  )
  // Keys are made while the machines boot: that is waiting time of the processor here.
  for (const machine of session.cluster.machines) session.ctx.desired(machine.name).catch(() => undefined)
  const outcome = await runBuilding(session, work, listen, verb)
  await recordService(session)
  await writeApplied(session.cluster, session.state.cluster)
  return { outcome, checks, kubeconfigPath: await writeKubeconfig(session, await labPart?.lab.relayPort()) }
}

const replaceFile = async (path: string, content: string): Promise<void> => {
  await writeFile(`${path}.new`, content, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

const writeApplied = (cluster: Cluster, path: string): Promise<void> => replaceFile(path, JSON.stringify(cluster, undefined, 2))

/** For people on this computer: through the relay into a lab, straight to the endpoint of real hosts. */
export const writeKubeconfig = async (session: Session, relayPort: number | undefined): Promise<string> => {
  const server = relayPort === undefined ? endpointUrl(session.cluster) : `https://127.0.0.1:${relayPort}`
  const text = await session.pki?.adminKubeconfig(session.cluster, server)
  if (text !== undefined) await replaceFile(session.state.kubeconfig, text)
  return session.state.kubeconfig
}
