import { fault, problem } from '../model/problem.js'
import type { ManagedFile } from '../render/managed-file.js'
import { sha256, stampPath } from './stamp.js'
import type { Seen } from './step.js'
import type { StepWork } from './work.js'

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

/** All files of the machine in one round trip. Units that run already and read a changed file are reloaded or restarted. */
export const configureMachine: StepWork = {
  observe: async (ctx, machine) => {
    const [facts, files] = await Promise.all([ctx.facts(machine), ctx.desired(machine)])
    if (!files) return { state: 'todo', reason: 'certificates are not issued yet' }
    const differs = files.filter((f) => facts.files[f.path] !== sha256(f.content))
    if (differs.length === 0) return { state: 'done' }
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
    const changed = new Set(await target.write(files))
    const commands = new Set<string>()
    for (const file of files) {
      if (!changed.has(file.path)) continue
      if (file.path.startsWith('/etc/systemd/system/')) commands.add('systemctl daemon-reload')
      if (file.path.startsWith('/etc/sysctl.d/')) commands.add(`sysctl -q -e -p ${file.path}`)
    }
    for (const [unit, action] of unitActions(files.filter((f) => changed.has(f.path)))) {
      if (facts.units[unit] === 'active') commands.add(`systemctl ${action} ${unit}`)
    }
    if (commands.size > 0) await target.sh(`set -e\n${[...commands].join('\n')}\n`, { timeoutMs: 30_000 })
    ctx.forget(machine)
  },
}

/** One action for each unit whose files changed: a restart reads everything again, so it stands for a reload too. */
const unitActions = (changed: readonly ManagedFile[]): Map<string, 'restart' | 'reload'> => {
  const actions = new Map<string, 'restart' | 'reload'>()
  for (const { unit, action = 'restart' } of changed) {
    if (unit && actions.get(unit) !== 'restart') actions.set(unit, action)
  }
  return actions
}
