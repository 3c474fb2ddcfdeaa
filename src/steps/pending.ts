import { hasVirtualIp } from '../model/cluster.js'
import type { MachineFacts } from '../model/observed.js'
import { nodeEndpointUrl } from '../render/endpoint.js'
import type { StepContext } from './context.js'
import { requireOthers } from './etcd-members.js'
import { stampPath } from './stamp.js'
import { isOfEntry, turnOf, type UnitAction } from './units.js'

/**
 * Units that were to be told about a changed file and may not have been, none if none of them runs: written before the files,
 * removed after the last was told. Without it, a kill between the two would leave a program on its old configuration, and nobody would see a
 * difference any more.
 */
export const pendingPath = stampPath('pending-units')

export const formatPending = (actions: ReadonlyMap<string, UnitAction>): string =>
  [...actions].map(([unit, action]) => `${unit} ${action}\n`).join('')

export const parsePending = (text: string): { unit: string; action: UnitAction }[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [unit = '', action] = line.split(' ')
      return { unit, action: action === 'reload' ? 'reload' : 'restart' }
    })

/** Does this machine serve a virtual IP that its cluster is to do without? Its proxy then waits for the clients, who are still told to go there. */
export const leavesVirtualIp = ({ cluster }: StepContext, facts: MachineFacts): boolean =>
  !hasVirtualIp(cluster) && facts.units['keepalived.service'] === 'active'

/** Tells the entry of a machine about its new files, if that was put off. */
export const tellEntry = async (ctx: StepContext, machine: string): Promise<void> => {
  const facts = await ctx.facts(machine)
  if (facts.files[pendingPath] === undefined) return
  const target = ctx.fleet.machine(machine)
  const pending = parsePending((await target.read(pendingPath)) ?? '')
  for (const { unit, action } of pending.filter(({ unit }) => isOfEntry(unit))) await tellUnit(ctx, machine, unit, action)
  await keepPending(ctx, machine, new Map(pending.filter(({ unit }) => !isOfEntry(unit)).map(({ unit, action }) => [unit, action])))
  ctx.forget(machine)
}

/** What is still to be told; nothing any more takes the note away. */
export const keepPending = async (ctx: StepContext, machine: string, actions: ReadonlyMap<string, UnitAction>): Promise<void> => {
  const target = ctx.fleet.machine(machine)
  if (actions.size === 0) await target.sh(`rm -f ${pendingPath}`)
  else await target.write([{ path: pendingPath, content: formatPending(actions), mode: 0o600 }])
}

/** Restarts or reloads one unit, in turn where users would feel it. */
export const tellUnit = async (ctx: StepContext, machine: string, unit: string, action: UnitAction): Promise<void> => {
  const tell = async (): Promise<void> => {
    if (unit === 'etcd.service') await requireOthers(ctx, machine)
    const first = unit === 'kubelet.service' ? awaitEntry(ctx, machine) : ''
    await ctx.fleet.machine(machine).sh(`${first}systemctl ${action} ${unit}`, { timeoutMs: 120_000 })
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
  const elsewhere = spec && !spec.roles.includes('control-plane') && !spec.roles.includes('balancer') && cluster.balancer !== 'node-local'
  if (!elsewhere) return ''
  return `n=0; until curl -sk -o /dev/null --max-time 1 ${nodeEndpointUrl(cluster)}/livez; do n=$((n + 1)); [ $n -lt 40 ] || break; sleep 0.5; done; `
}
