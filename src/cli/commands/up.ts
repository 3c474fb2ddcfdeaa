import { applyFlags, finishApply } from '../apply-result.js'
import { clusterFile, fileArgument } from '../cluster-file.js'
import { defineCommand } from '../command.js'

export const up = defineCommand({
  path: 'up',
  summary: 'Make the machines on this computer and build the cluster on them',
  about:
    'Makes one machine for each machine in the file (systemd-nspawn, in a network of their own), installs the bundle and builds the cluster. It is up when every claim holds, not when the commands returned. Run again, it does only what is missing.',
  arguments: [fileArgument],
  flags: applyFlags,
  examples: [
    { run: 'quorate up', why: 'three control planes, two balancers, two workers in three zones' },
    { run: 'quorate up prod.yaml', why: 'rehearse a cluster of yours on this computer' },
    { run: 'quorate up --output events > events.jsonl', why: 'every event as a line of JSON' },
  ],
  changes:
    'Machines, a network namespace and state of the cluster on this computer; the bundle in the cache when it is not there yet; Debian packages that making machines needs. Needs root.',
  exits: [0, 1, 4, 5, 130],
  run: async (given, context) => {
    const file = clusterFile(given.args[0], context)
    return finishApply('up', file, given, context, (verbs, options) => verbs.up(file, options))
  },
})
