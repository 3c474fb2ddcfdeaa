import type { FileSpec } from '../machine/machine.js'
import { hasVirtualIp } from '../model/cluster.js'
import type { MachineFacts } from '../model/observed.js'
import { kubeletServerUrl, proxyPlace } from '../render/endpoint.js'
import type { StepContext } from './context.js'
import { requireOthers } from './etcd-members.js'
import { stampPath } from './stamp.js'
import { turnOf, type UnitAction } from './units.js'

/**
 * Units that were to be told about a changed file and may not have been, none if none of them runs: written before the files,
 * removed after the last was told. Without it, a kill between the two would leave a program on its old configuration, and nobody would see a
 * difference any more.
 */
export const pendingPath = stampPath('pending-units')

export const pendingFile = (actions: ReadonlyMap<string, UnitAction>): FileSpec => ({
  path: pendingPath,
  content: [...actions].map(([unit, action]) => `${unit} ${action}\n`).join(''),
  mode: 0o600,
})

/** Shell that says: all are told. */
export const nothingPending = `rm -f ${pendingPath}`

export const parsePending = (text: string): Map<string, UnitAction> =>
  new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [unit = '', action] = line.split(' ')
        return [unit, action === 'reload' ? 'reload' : 'restart']
      }),
  )

/** Does this machine serve a virtual IP that its cluster is to do without? Its proxy then waits for the clients, who are still told to go there. */
export const leavesVirtualIp = ({ cluster }: StepContext, facts: MachineFacts): boolean =>
  !hasVirtualIp(cluster) && facts.units['keepalived.service'] === 'active'

/** Tells the units for which that was put off. */
export const tellPending = async (ctx: StepContext, machine: string): Promise<void> => {
  const facts = await ctx.facts(machine)
  if (facts.files[pendingPath] === undefined) return
  const target = ctx.fleet.machine(machine)
  for (const [unit, action] of parsePending((await target.read(pendingPath)) ?? '')) await tellUnit(ctx, machine, unit, action)
  await target.sh(nothingPending)
}

/** Restarts or reloads one unit, in turn where users would feel it. */
export const tellUnit = async (ctx: StepContext, machine: string, unit: string, action: UnitAction): Promise<void> => {
  const tell = async (): Promise<void> => {
    if (unit === 'etcd.service') await requireOthers(ctx, machine)
    const first = unit === 'kubelet.service' ? awaitEntry(ctx, machine) : ''
    await ctx.fleet.machine(machine).sh(`${first}systemctl ${action} ${unit}`, { timeoutMs: first ? 120_000 : 60_000 })
  }
  const turn = turnOf(unit)
  await (turn ? ctx.inTurn(turn, tell) : tell())
}

/**
 * A worker is led to another entry only when that is there, or its node would be called lost: for up to a minute, since the API may be away for another
 * reason. Whoever answers will do; kubelet asks for the certificate. Control planes and nodes with a proxy have their own way.
 */
const awaitEntry = ({ cluster }: StepContext, machine: string): string => {
  const spec = cluster.machines.find((m) => m.name === machine)
  if (!spec || spec.roles.includes('control-plane') || proxyPlace(cluster, spec)) return ''
  return `n=0; until curl -sk -o /dev/null --max-time 1 ${kubeletServerUrl(cluster, spec)}/livez; do n=$((n + 1)); [ $n -lt 40 ] || break; sleep 0.5; done; `
}
