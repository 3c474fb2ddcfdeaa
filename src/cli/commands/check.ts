import { clusterFile, fileArgument } from '../cluster-file.js'
import { defineCommand } from '../command.js'
import { outputFlag, printStructured } from '../output/format.js'

export const check = defineCommand({
  path: 'check',
  summary: 'Put every claim about the live cluster to the test',
  about:
    'A claim is a sentence that is true, false, or could not be seen: every member of etcd agrees on one leader; the virtual IP is on exactly one machine; a pod on each worker reaches a Service. Each comes with what was seen; what does not hold is looked at twice, a second apart, before it is told. Only true counts as held.',
  arguments: [fileArgument],
  flags: [
    outputFlag(['text', 'wide', 'json', 'yaml', 'name'], 'Broken claims and a count, every claim, or data'),
    { flags: '-w, --watch', about: 'Put them again and again until Ctrl-C' },
    { flags: '--interval <seconds>', about: 'Time between two rounds of --watch', kind: 'seconds', default: 5 },
  ],
  examples: [
    { run: 'quorate check', why: 'does everything hold?' },
    { run: 'quorate check -o wide', why: 'every claim with its evidence' },
    { run: 'quorate check -o name', why: 'only the names of claims that do not hold' },
  ],
  changes: 'Nothing that stays: claims about pods may start small test pods and take them away.',
  exits: [0, 1, 4, 5, 130],
  run: async (given, context) => {
    const [verbs, { outPen }, { brokenClaims, claimsLine }, { table }] = await Promise.all([
      context.load.verbs(),
      import('../draw/pen.js'),
      import('../draw/claims.js'),
      import('../output/table.js'),
    ])
    const file = clusterFile(given.args[0], context)
    const { output } = given.flags
    const ask = () => verbs.check(file, { emit: () => {}, signal: context.signal })
    const lines = (results: Awaited<ReturnType<typeof ask>>): string[] => {
      const broken = results.filter((one) => one.verdict !== 'True')
      if (output === 'name') return broken.map((one) => `claim/${one.id}`)
      const rows = results.map((one) => [one.id, one.verdict, one.machine, one.evidence])
      if (output === 'wide') return table(['NAME', 'STATUS', 'MACHINE', 'EVIDENCE'], rows).trimEnd().split('\n')
      return [...brokenClaims(results, outPen(context)), claimsLine(results, outPen(context))]
    }
    if (given.flags.watch) {
      const { watch } = await import('../watch.js')
      const asJson = output === 'json' || output === 'yaml'
      return watch(async () => (asJson ? [JSON.stringify(await ask())] : lines(await ask())), {
        context,
        intervalMs: Number(given.flags.interval) * 1000,
        inPlace: context.out.isTTY === true && !asJson,
      })
    }
    const results = await ask()
    if (!(await printStructured(results, output, context))) {
      const text = lines(results).join('\n')
      if (text) context.out.write(`${text}\n`)
    }
    return results.every((one) => one.verdict === 'True') ? 0 : 4
  },
})
