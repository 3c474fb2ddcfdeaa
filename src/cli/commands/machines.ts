import { clusterFile, fileArgument } from '../cluster-file.js'
import { defineCommand } from '../command.js'
import { age } from '../duration.js'
import { outputFlag, printStructured } from '../output/format.js'

export const machines = defineCommand({
  path: 'machines',
  summary: 'List the machines of a cluster and whether they run',
  arguments: [fileArgument],
  flags: [outputFlag(['table', 'wide', 'json', 'yaml', 'name'], 'One row a machine, or data')],
  examples: [
    { run: 'quorate machines', why: 'names, zones, addresses, ages' },
    { run: 'quorate machines -o name', why: 'names only, for scripts' },
  ],
  changes: 'Nothing.',
  exits: [0, 1, 5],
  run: async (given, context) => {
    const [verbs, { table }] = await Promise.all([context.load.verbs(), import('../output/table.js')])
    const { output } = given.flags
    const rows = await verbs.machines(clusterFile(given.args[0], context), { emit: () => {}, signal: context.signal })
    if (await printStructured(rows, output, context)) return 0
    if (output === 'name') {
      for (const row of rows) context.out.write(`machine/${row.name}\n`)
      return 0
    }
    const wide = output === 'wide'
    const titles = ['NAME', 'STATUS', 'ROLES', 'ZONE', 'ADDRESS', ...(wide ? ['CLUSTER', 'WHERE'] : []), 'AGE']
    const cells = rows.map((row) => [
      row.name,
      row.status,
      row.roles.join(','),
      row.zone,
      row.address,
      ...(wide ? [row.cluster, row.where] : []),
      row.ageMs === undefined ? '<unknown>' : age(row.ageMs),
    ])
    context.out.write(table(titles, cells))
    return 0
  },
})
