import { clusterFile, fileArgument } from '../cluster-file.js'
import { defineCommand } from '../command.js'
import { outputFlag, printStructured } from '../output/format.js'

export const heal = defineCommand({
  path: 'heal',
  summary: 'Undo whatever a drill left open on any machine',
  about:
    'Each fault of a drill carries its own undo: a timer on the victim that fires even if quorate dies. This does not wait for it. It looks on every machine for faults that are still open, undoes them, and says what it found. Safe at any time, and to run twice.',
  arguments: [fileArgument],
  flags: [outputFlag(['text', 'json', 'yaml'], 'What was found')],
  examples: [
    { run: 'quorate heal', why: 'after a drill that was killed' },
    { run: 'quorate heal prod.yaml && quorate check prod.yaml', why: 'and see whether every claim holds again' },
  ],
  changes:
    'Ends processes, rules, mounts and timers that a drill made on the machines; powers lab machines on and thaws them. Nothing else.',
  exits: [0, 1, 5, 130],
  run: async (given, context) => {
    const [verbs, { outPen }, { table }] = await Promise.all([context.load.verbs(), import('../draw/pen.js'), import('../output/table.js')])
    const file = clusterFile(given.args[0], context)
    const found = await verbs.heal(file, { emit: () => {}, signal: context.signal })
    const well = found.healed.every((one) => one.ok)
    if (!(await printStructured({ cluster: found.cluster.name, healed: found.healed }, given.flags.output, context))) {
      const { paint, glyphs } = outPen(context)
      if (found.healed.length === 0)
        context.out.write(`${paint.green(glyphs.good)} nothing to undo on ${found.cluster.machines.length} machines\n`)
      else {
        const rows = found.healed.map((one) => [one.machine, one.ok ? paint.green('undone') : paint.red('FAILED'), one.what])
        context.out.write(table(['MACHINE', 'RESULT', 'WHAT'], rows))
        if (!well) context.err.write('Something is still open: run it again, or look at the machine itself\n')
      }
    }
    return well ? 0 : 1
  },
})
