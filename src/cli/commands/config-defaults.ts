import { clusterFile } from '../cluster-file.js'
import { defineCommand } from '../command.js'

export const configDefaults = defineCommand({
  path: 'config defaults',
  summary: 'Print a cluster file with every default written out',
  about: 'Nothing that quorate assumes is hidden: what a file leaves out is shown with the value that will be used.',
  arguments: [{ name: 'file', about: 'Cluster file; without one: $QUORATE_FILE, ./cluster.yaml, the built-in cluster', completes: 'file' }],
  examples: [
    { run: 'quorate config defaults prod.yaml', why: 'what is really used' },
    { run: 'quorate config defaults', why: 'without a file, the built-in cluster that up makes' },
  ],
  changes: 'Nothing.',
  exits: [0],
  run: async (given, context) => {
    const config = await context.load.config()
    context.out.write(await config.defaults(clusterFile(given.args[0], context)))
    return 0
  },
})
