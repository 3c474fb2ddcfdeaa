import { clusterFile } from '../cluster-file.js'
import { defineCommand } from '../command.js'
import { duration } from '../duration.js'
import { outputFlag, printStructured } from '../output/format.js'

export const down = defineCommand({
  path: 'down',
  summary: 'Take machines made on this computer away, with all that belongs to them',
  about:
    'Ends the machines of one cluster and removes their disks, network and state. The bundle stays in the cache, so the next up is quick. Hosts that exist are never touched.',
  arguments: [{ name: 'file', about: 'Cluster file, or the name of a cluster; as for up when left out', completes: 'file' }],
  flags: [outputFlag(['text', 'json', 'yaml', 'name'], 'What was removed')],
  examples: [
    { run: 'quorate down', why: 'the cluster that quorate up made' },
    { run: 'quorate down demo', why: 'by name, also when the file is gone' },
  ],
  changes: 'Machines, disks, network namespace and state of this cluster on this computer are gone afterwards. Needs root.',
  exits: [0, 1, 130],
  run: async (given, context) => {
    const [{ withProgress }, verbs] = await Promise.all([import('../progress/stream.js'), context.load.verbs()])
    const target = clusterFile(given.args[0], context)
    const { output } = given.flags
    const result = await withProgress('down', context, output, (emit) => verbs.down(target, { emit, signal: context.signal }))
    if (await printStructured(result, output, context)) return 0
    for (const name of result.removed) context.out.write(output === 'name' ? `machine/${name}\n` : `machine/${name} removed\n`)
    if (output !== 'name' && !context.quiet) {
      context.err.write(result.removed.length === 0 ? 'Nothing was there.\n' : `Done in ${duration(result.ms)}.\n`)
    }
    return 0
  },
})
