import { applyFlags, finishApply } from '../apply-result.js'
import { ownClusterFile, ownFileArgument } from '../cluster-file.js'
import { defineCommand } from '../command.js'

export const apply = defineCommand({
  path: 'apply',
  summary: 'Build the cluster on hosts that exist, over SSH',
  about:
    'Looks first, then does what is missing and no more. Every step is journaled; a lock on the machines keeps a second operator out. Stopped anywhere, the same command carries on.',
  arguments: [ownFileArgument],
  flags: applyFlags,
  examples: [
    { run: 'quorate apply prod.yaml', why: 'build, or bring back to what the file says' },
    { run: 'quorate plan prod.yaml && quorate apply prod.yaml', why: 'look at it first' },
  ],
  changes: 'The machines that the file names: programs, configuration, certificates, services. On this computer only state and journal.',
  exits: [0, 1, 4, 5, 130],
  run: async (given, context) => {
    const file = ownClusterFile(given.args[0], context, 'apply')
    return finishApply('apply', file, given, context, (verbs, options) => verbs.apply(file, options))
  },
})
