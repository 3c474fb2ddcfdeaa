import { ownClusterFile, ownFileArgument } from '../cluster-file.js'
import { defineCommand } from '../command.js'
import { outputFlag, printStructured } from '../output/format.js'

export const configValidate = defineCommand({
  path: 'config validate',
  summary: 'Check a cluster file; no machine is contacted',
  about: 'All problems come at once, each with line and column and the next thing to do. Warnings alone do not fail it.',
  arguments: [ownFileArgument],
  flags: [outputFlag(['text', 'json', 'yaml'], 'The problems')],
  examples: [
    { run: 'quorate config validate', why: './cluster.yaml' },
    { run: 'quorate config validate prod.yaml -o json', why: 'for an editor or a pipeline' },
  ],
  changes: 'Nothing.',
  exits: [0],
  run: async (given, context) => {
    const file = ownClusterFile(given.args[0], context, 'config validate')
    const { cluster, problems } = await (await context.load.config()).read(file)
    const { exitOf, problemsText } = await import('../problems.js')
    const status = cluster ? exitOf(problems) : exitOf(problems) || 2
    const { survivesLoss } = await import('../../config/survives.js')
    const survives = cluster ? [survivesLoss(cluster, 'machine'), survivesLoss(cluster, 'zone')] : []
    if (await printStructured({ file, valid: status === 0, problems, survives }, given.flags.output, context)) return status
    if (problems.length > 0) {
      const { lineReader } = await import('../line-reader.js')
      context.err.write(problemsText(problems, context.errPalette, lineReader(context.cwd)))
    }
    if (cluster && status === 0) {
      const { topologyOf } = await import('../../model/cluster.js')
      context.out.write(
        `cluster/${cluster.name} valid: ${cluster.machines.length} machines, ${topologyOf(cluster)}, ${cluster.hosted ? `control plane in ${cluster.hosted.host.name}` : cluster.balancer}\n`,
      )
      // A file without zones does not speak of them.
      for (const { unit, survives: yes, loses } of survives.filter(
        (one) => one.unit === 'machine' || cluster.machines.some((m) => m.zone),
      )) {
        const why = loses.map(({ name, what }) => `${name} (${what})`).join(', ')
        context.out.write(`survives the loss of any one ${unit}: ${yes ? 'yes' : why ? `no, not of ${why}` : 'not known'}\n`)
      }
    }
    return status
  },
})
