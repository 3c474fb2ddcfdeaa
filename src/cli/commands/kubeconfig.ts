import { clusterFile, fileArgument } from '../cluster-file.js'
import { defineCommand } from '../command.js'

export const kubeconfig = defineCommand({
  path: 'kubeconfig',
  summary: "Print the administrator's kubeconfig",
  about:
    'It works from this computer: for machines made here it leads through a relay on 127.0.0.1. It holds a private key; keep it to yourself.',
  arguments: [fileArgument],
  flags: [{ flags: '--path', about: 'Print where it is kept instead of what is in it' }],
  examples: [
    { run: 'export KUBECONFIG=$(quorate kubeconfig --path)', why: 'for kubectl, helm and k9s in this shell' },
    { run: '(umask 077; quorate kubeconfig > demo.kubeconfig)', why: 'a copy, readable by you alone' },
  ],
  changes: 'Nothing in the cluster; starts the relay when it does not run.',
  exits: [0, 1],
  run: async (given, context) => {
    const verbs = await context.load.verbs()
    const result = await verbs.kubeconfig(clusterFile(given.args[0], context), { emit: () => {}, signal: context.signal })
    context.out.write(given.flags.path ? `${result.path}\n` : result.text)
    return 0
  },
})
