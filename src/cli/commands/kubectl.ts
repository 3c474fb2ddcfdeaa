import { clusterFile } from '../cluster-file.js'
import { defineCommand } from '../command.js'

export const kubectl = defineCommand({
  path: 'kubectl',
  summary: "Run the bundle's kubectl against the cluster",
  about:
    'Works from this computer, also when the cluster lives in a network of its own, and always in the version of the cluster. Flags of quorate go before the first word for kubectl.',
  arguments: [{ name: 'args', about: 'Arguments for kubectl, as they are', variadic: true }],
  flags: [{ flags: '--file <file>', about: 'Cluster file; as for status when left out' }],
  examples: [
    { run: 'quorate kubectl get nodes -o wide', why: 'the nodes' },
    { run: 'quorate kubectl apply -f app.yaml', why: 'something to run' },
    { run: 'quorate kubectl --file prod.yaml get pods -A', why: 'another cluster' },
  ],
  changes: 'What the kubectl command changes in the cluster.',
  exits: [0, 1, 130],
  passThrough: true,
  run: async (given, context) => {
    const verbs = await context.load.verbs()
    const file = clusterFile(given.flags.file as string | undefined, context)
    return verbs.kubectl(file, given.args, { emit: () => {}, signal: context.signal })
  },
})
