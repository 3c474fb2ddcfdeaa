import { clusterFile, fileArgument } from '../cluster-file.js'
import { defineCommand } from '../command.js'
import type { Context } from '../context.js'
import type { Look } from '../draw/status.js'
import { outputFlag, printStructured } from '../output/format.js'

const print = async (look: Look, output: unknown, context: Context): Promise<string[]> => {
  const { statusLines, statusTable } = await import('../draw/status.js')
  const { outPen } = await import('../draw/pen.js')
  if (output === 'name') return look.cluster.machines.map((machine) => `machine/${machine.name}`)
  if (output === 'wide') return statusTable(look).trimEnd().split('\n')
  return statusLines(look, outPen(context))
}

export const status = defineCommand({
  path: 'status',
  summary: 'Show how the cluster is, at a glance',
  about:
    'Asks every machine at its own address, never through the virtual IP, so it also answers when half of the cluster is down. What could not be seen is marked as not seen, not as good.',
  arguments: [fileArgument],
  flags: [
    outputFlag(['text', 'wide', 'json', 'yaml', 'name'], 'The picture, one row a machine, or all facts'),
    { flags: '-w, --watch', about: 'Look again and again until Ctrl-C' },
    { flags: '--interval <seconds>', about: 'Time between two looks of --watch', kind: 'seconds', default: 2 },
  ],
  examples: [
    { run: 'quorate status', why: 'the picture with live marks' },
    { run: 'quorate status -w', why: 'watch a failover happen' },
    { run: 'quorate status -o json | jq .observed.virtualIpHolders', why: 'who has the virtual IP?' },
  ],
  changes: 'Nothing.',
  exits: [0, 1, 5, 130],
  run: async (given, context) => {
    const verbs = await context.load.verbs()
    const file = clusterFile(given.args[0], context)
    const { output } = given.flags
    const look = () => verbs.status(file, { emit: () => {}, signal: context.signal })
    if (given.flags.watch) {
      const { watch } = await import('../watch.js')
      const asJson = output === 'json' || output === 'yaml'
      return watch(async () => (asJson ? [JSON.stringify(await look())] : print(await look(), output, context)), {
        context,
        intervalMs: Number(given.flags.interval) * 1000,
        inPlace: context.out.isTTY === true && !asJson,
      })
    }
    const seen = await look()
    if (!(await printStructured(seen, output, context))) context.out.write(`${(await print(seen, output, context)).join('\n')}\n`)
    return 0
  },
})
