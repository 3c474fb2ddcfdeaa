import { defineCommand } from '../command.js'
import { outputFlag, printStructured } from '../output/format.js'

export const version = defineCommand({
  path: 'version',
  summary: 'Print the version of quorate',
  flags: [outputFlag(['text', 'json', 'yaml'], 'The version')],
  examples: [
    { run: 'quorate version', why: 'one line' },
    { run: 'quorate version -o json', why: 'with the versions of Node and the platform' },
  ],
  changes: 'Nothing.',
  exits: [0],
  run: async (given, context) => {
    const { packageVersion } = await import('../../package.js')
    const value = { quorate: packageVersion, node: process.versions.node, platform: `${process.platform}/${process.arch}` }
    if (!(await printStructured(value, given.flags.output, context))) context.out.write(`quorate ${packageVersion}\n`)
    return 0
  },
})
