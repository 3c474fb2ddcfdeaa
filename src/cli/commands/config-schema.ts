import { defineCommand } from '../command.js'

export const configSchema = defineCommand({
  path: 'config schema',
  summary: 'Print the JSON Schema of the cluster file, for editors',
  examples: [
    {
      run: 'quorate config schema > cluster.schema.json',
      why: 'name it in the first line of the file: # yaml-language-server: $schema=cluster.schema.json',
    },
  ],
  changes: 'Nothing.',
  exits: [0],
  run: async (_given, context) => {
    const config = await context.load.config()
    context.out.write(`${JSON.stringify(await config.schema(), null, 2)}\n`)
    return 0
  },
})
