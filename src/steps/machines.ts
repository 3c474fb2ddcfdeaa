import { fault, problem } from '../model/problem.js'
import { leavesVirtualIp, nothingPending, parsePending, pendingFile, pendingPath, tellUnit } from './pending.js'
import { sha256, stampPath } from './stamp.js'
import type { Seen, StepWork } from './step.js'
import { isOfEntry, unitActions } from './units.js'

const minimumDiskBytes = 4 * 1024 ** 3

/** Done as soon as the machine tells its facts; every later step of the machine builds on them. */
export const reachMachine: StepWork = {
  observe: async (ctx, machine): Promise<Seen> => {
    const facts = await ctx.facts(machine)
    if (!facts.reachable) return { state: 'todo', reason: facts.error ?? 'does not answer' }
    if (facts.diskFreeBytes < minimumDiskBytes) {
      return {
        state: 'blocked',
        problem: problem(
          'Q4011',
          { freeMiB: Math.round(facts.diskFreeBytes / 1024 ** 2), needMiB: minimumDiskBytes / 1024 ** 2 },
          { machine },
        ),
      }
    }
    return { state: 'done' }
  },
  run: async (ctx, machine) => {
    ctx.forget(machine)
    // Throws the fault that names the cause: refused, a key that is not the known one, no such user.
    await ctx.fleet.machine(machine).exec(['true'], { timeoutMs: 30_000 })
    const facts = await ctx.facts(machine)
    if (!facts.reachable)
      throw fault('Q4012', { address: ctx.fleet.machine(machine).address, reason: facts.error ?? 'no answer' }, { machine })
  },
}

/** Programs and images: baked into a lab's machines, uploaded to hosts. The stamp carries the digest of the bundle. */
export const installPrograms: StepWork = {
  observe: async (ctx, machine) => {
    const facts = await ctx.facts(machine)
    const stamp = facts.files[stampPath('bundle')]
    if (stamp === sha256(`${ctx.bundleDigest}\n`)) return { state: 'done' }
    return { state: 'todo', reason: stamp ? 'another bundle is installed' : 'nothing is installed yet' }
  },
  run: async (ctx, machine) => {
    if (!ctx.install) throw fault('Q4013', {}, { machine })
    await ctx.install(machine)
    await ctx.fleet.machine(machine).write([{ path: stampPath('bundle'), content: `${ctx.bundleDigest}\n`, mode: 0o600 }])
    ctx.forget(machine)
  },
}

const isUnitFile = (path: string): boolean => path.startsWith('/etc/systemd/system/')
const isSysctlFile = (path: string): boolean => path.startsWith('/etc/sysctl.d/')

/** All files of the machine in one round trip; then the units that run already and read a changed file are told, in turn where users would feel it. */
export const configureMachine: StepWork = {
  observe: async (ctx, machine) => {
    const [facts, files] = await Promise.all([ctx.facts(machine), ctx.desired(machine)])
    if (!files) return { state: 'todo', reason: 'certificates are not issued yet' }
    const differs = files.filter((f) => facts.files[f.path] !== sha256(f.content))
    if (differs.length === 0) {
      return facts.files[pendingPath] === undefined
        ? { state: 'done' }
        : { state: 'todo', reason: 'services are not told about new files yet' }
    }
    const missing = differs.filter((f) => facts.files[f.path] === undefined).length
    const changed = differs.length - missing
    const names = differs
      .slice(0, 3)
      .map((f) => f.path)
      .join(', ')
    const more = differs.length > 3 ? ` and ${differs.length - 3} more` : ''
    return { state: 'todo', reason: `${missing} missing, ${changed} different: ${names}${more}` }
  },
  run: async (ctx, machine) => {
    const [facts, files] = await Promise.all([ctx.facts(machine), ctx.desired(machine)])
    if (!files) throw fault('Q4001', { reason: 'no certificates were issued' }, { machine })
    const target = ctx.fleet.machine(machine)
    const differs = files.filter((f) => facts.files[f.path] !== sha256(f.content))
    const actions = unitActions(differs)
    for (const unit of actions.keys()) if (facts.units[unit] !== 'active') actions.delete(unit)
    const wasCut = facts.files[pendingPath] !== undefined
    const before = wasCut ? ((await target.read(pendingPath)) ?? '') : ''
    for (const [unit, action] of parsePending(before)) if (actions.get(unit) !== 'restart') actions.set(unit, action)
    const written = await target.write([pendingFile(actions), ...files])
    // A run that was cut off may have written any of them, and told nobody.
    const changed = wasCut ? files.map(({ path }) => path) : written
    const reread = changed.some(isUnitFile) ? ['systemctl daemon-reload'] : []
    const sysctl = changed.filter(isSysctlFile).map((path) => `sysctl -q -e -p ${path}`)
    const tell = actions.size > 0 ? [...reread, ...sysctl] : [...reread, ...sysctl, nothingPending]
    if (tell.length > 0) await target.sh(`set -e\n${tell.join('\n')}\n`, { timeoutMs: 30_000 })
    if (actions.size === 0 && !wasCut)
      return ctx.learn(machine, { files: Object.fromEntries(files.map((f) => [f.path, sha256(f.content)])) })
    const later = new Map([...actions].filter(([unit]) => isOfEntry(unit) && leavesVirtualIp(ctx, facts)))
    for (const [unit, action] of actions) if (!later.has(unit)) await tellUnit(ctx, machine, unit, action)
    if (later.size > 0) await target.write([pendingFile(later)])
    else if (actions.size > 0) await target.sh(nothingPending)
    ctx.forget(machine)
  },
}
