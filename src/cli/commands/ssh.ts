import { clusterFile } from '../cluster-file.js'
import { defineCommand } from '../command.js'

export const ssh = defineCommand({
  path: 'ssh',
  summary: 'Open a shell on a machine, or run one command there',
  about:
    'The machine is reached at its own address with the key and the known host keys that quorate uses itself. Everything after the name is the command.',
  arguments: [
    { name: 'machine', about: 'Name of a machine in the cluster file', required: true, completes: 'machine' },
    { name: 'command', about: 'Command and its arguments; without it, a shell', variadic: true },
  ],
  flags: [{ flags: '-f, --file <file>', about: 'Cluster file; as for status when left out' }],
  examples: [
    { run: 'quorate ssh cp-1', why: 'a root shell on cp-1' },
    { run: 'quorate ssh cp-1 systemctl status kubelet', why: 'one command; its exit status becomes ours' },
    { run: 'quorate ssh --file prod.yaml lb-1 journalctl -u keepalived -n 20', why: 'a machine of another cluster' },
  ],
  changes: 'Whatever you do there. quorate puts it right again on the next up or apply.',
  exits: [0, 1, 5, 130],
  passThrough: true,
  run: async (given, context) => {
    const verbs = await context.load.verbs()
    const [machine = '', ...rest] = given.args
    // As problems tell it and kubectl exec has it; ssh itself would take it for an option.
    const command = rest[0] === '--' ? rest.slice(1) : rest
    const file = clusterFile(given.flags.file as string | undefined, context)
    return verbs.ssh(file, machine, command, { emit: () => {}, signal: context.signal })
  },
})
