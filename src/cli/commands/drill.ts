import type { DrillSelection } from '../../drill/plan-drill.js'
import { clusterFile, fileArgument } from '../cluster-file.js'
import { defineCommand, type Given } from '../command.js'
import type { Context } from '../context.js'
import { outputFlag, printStructured } from '../output/format.js'

const selectionOf = ({ flags }: Given): DrillSelection => ({
  profile: flags.quick ? 'quick' : 'full',
  ...(typeof flags.only === 'string'
    ? {
        only: flags.only
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean),
      }
    : {}),
  ...(typeof flags.zone === 'string' ? { zone: flags.zone } : {}),
  ...(typeof flags.repeat === 'number' ? { repeat: Math.max(1, flags.repeat) } : {}),
})

const list = async (file: string | undefined, given: Given, context: Context): Promise<number> => {
  const [verbs, { table }, { milliseconds }] = await Promise.all([
    context.load.verbs(),
    import('../output/table.js'),
    import('../../report/format.js'),
  ])
  const { plan, cluster } = await verbs.planFaults(file, selectionOf(given), { emit: () => {} })
  const value = { cluster: cluster.name, faults: plan.steps.map((one) => one.planned), leftOut: plan.leftOut }
  if (await printStructured(value, given.flags.output, context)) return 0
  const seconds = plan.steps.reduce((sum, { spec }) => sum + spec.holdMs + spec.settleMs, 0) / 1000
  const rows = plan.steps.map(({ spec, planned: { id, category, control, role, predicted } }) => [
    id,
    control ? `control, ${control}` : category,
    role,
    predicted.worstMs === null ? 'no bound' : milliseconds(predicted.worstMs),
    spec.title,
  ])
  context.out.write(table(['FAULT', 'KIND', 'VICTIM', 'PREDICTED', 'WHAT'], rows))
  context.out.write(`\n${rows.length} faults, in force for ${Math.round(seconds / 60)} minutes in all; healing and waiting come on top.\n`)
  for (const one of plan.leftOut) context.out.write(`left out: ${one.id} (${one.because})\n`)
  return 0
}

/** On hosts that are not a lab, asks for the name of the cluster; undefined on a lab, and where there is nobody to ask. */
const askName = async (file: string | undefined, given: Given, context: Context): Promise<string | undefined> => {
  if (process.stdin.isTTY !== true || context.err.isTTY !== true) return undefined
  const verbs = await context.load.verbs()
  const { cluster, lab } = await verbs.planFaults(file, selectionOf(given), { emit: () => {} })
  if (lab) return undefined
  const { createInterface } = await import('node:readline/promises')
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const machines = cluster.machines.map((m) => `${m.name} ${m.address}`).join(', ')
    const question = `These hosts will be broken: ${machines}\nType the name of the cluster to go on: `
    return (await reader.question(question, { signal: context.signal })).trim()
  } finally {
    reader.close()
  }
}

export const drill = defineCommand({
  path: 'drill',
  summary: 'Break a running cluster on purpose, and prove that it holds and loses no write',
  about:
    'One fault at a time: who is hit is decided by role in that moment (the etcd leader, the holder of the virtual IP), the fault is shown to be in force, held, undone, shown to be gone, and the next one waits until every claim of quorate check holds again. Meanwhile clients of many kinds ask 50 times a second and a workload writes; at the end every acknowledged write must be at every API server and every etcd member. Without proof that a fault was in force it is never called passed. The undo of each fault is armed on the machine before it is made, so it ends even if quorate dies; quorate heal undoes whatever is left.',
  arguments: [fileArgument],
  flags: [
    { flags: '--list', about: 'Show the faults for this cluster and what is predicted of each; break nothing' },
    { flags: '--quick', about: 'A few faults of each kind, some minutes' },
    {
      flags: '--only <faults>',
      about: 'Only these faults or kinds (process, network, machine, storage), with commas; the controls come along',
    },
    { flags: '--zone <name>', about: 'Faults of a whole zone only for this one' },
    { flags: '--repeat <count>', about: 'Drill each fault so often, for distributions', kind: 'count' },
    { flags: '--seed <number>', about: 'Seed of every random choice, to drill the same again', kind: 'count' },
    { flags: '--out <directory>', about: 'Record here; default: drills/<time> in the state directory of the cluster' },
    { flags: '--compare <directory>', about: 'Run directory of an earlier drill, to show what is better or worse' },
    { flags: '--confirm <name>', about: 'Name of the cluster: needed on hosts that are not a lab' },
    { flags: '--force-unhealthy', about: 'Drill although claims do not hold' },
    outputFlag(
      ['text', 'wide', 'json', 'yaml', 'events'],
      'The verdict, every fault, the report as data, or every event as a line of JSON',
    ),
  ],
  examples: [
    { run: 'quorate drill --list', why: 'what would be broken, and what is predicted' },
    { run: 'quorate drill --quick', why: 'nine faults in a few minutes' },
    { run: 'quorate drill', why: 'all of them; the report is a page to show around' },
    { run: 'quorate drill --only etcd-leader-kill,holder-power --repeat 5', why: 'distributions of two faults' },
    { run: 'quorate drill prod.yaml --only process --confirm=prod', why: 'on hosts that exist' },
  ],
  changes:
    'Breaks the cluster, one fault at a time, and mends it again. Records everything in the run directory. Makes a namespace quorate-drill-... in the cluster and removes it.',
  exits: [0, 1, 2, 4, 5, 130],
  run: async (given, context) => {
    const file = clusterFile(given.args[0], context)
    if (given.flags.list) return list(file, given, context)
    const [{ withProgress }, verbs, { outPen }, { drillSummary }, { exitStatusOf }] = await Promise.all([
      import('../progress/stream.js'),
      context.load.verbs(),
      import('../draw/pen.js'),
      import('../draw/drill-summary.js'),
      import('../../report/verdict.js'),
    ])
    const { output, out, seed, confirm, forceUnhealthy, compare } = given.flags
    // Asked before a live view takes the terminal.
    const confirmed = typeof confirm === 'string' ? confirm : await askName(file, given, context)
    const result = await withProgress('drill', context, output, (emit) =>
      verbs.drill(file, {
        emit,
        signal: context.signal,
        select: selectionOf(given),
        ...(typeof out === 'string' ? { out } : {}),
        ...(typeof seed === 'number' ? { seed } : {}),
        ...(confirmed === undefined ? {} : { confirm: confirmed }),
        ...(forceUnhealthy ? { force: true } : {}),
        ...(typeof compare === 'string' ? { compare } : {}),
      }),
    )
    if (output !== 'events' && !(await printStructured(result.report, output, context))) {
      const options = { wide: output === 'wide', html: result.files.html, leftOut: result.head.leftOut }
      context.out.write(`${drillSummary(result, outPen(context), options).join('\n')}\n`)
    }
    if (result.problem) {
      const { problemsText } = await import('../problems.js')
      context.err.write(problemsText([result.problem], context.errPalette, () => undefined))
    }
    return result.complete ? exitStatusOf(result.report) : 4
  },
})
