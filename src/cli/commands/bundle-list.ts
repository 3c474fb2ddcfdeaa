import { defineCommand } from '../command.js'
import { outputFlag, printStructured } from '../output/format.js'

const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '<unknown>' : `${(bytes / 1e6).toFixed(1)}M`)

export const bundleList = defineCommand({
  path: 'bundle list',
  summary: 'List the parts of the bundle, their versions and where they come from',
  flags: [outputFlag(['table', 'wide', 'json', 'yaml', 'name'], 'One row a part, or data')],
  examples: [
    { run: 'quorate bundle list', why: 'what would be installed?' },
    { run: 'quorate bundle list -o wide', why: 'with digests' },
  ],
  changes: 'Nothing.',
  exits: [0],
  run: async (given, context) => {
    const [bundle, { table }] = await Promise.all([context.load.bundle(), import('../output/table.js')])
    const rows = await bundle.list()
    const { output } = given.flags
    if (await printStructured(rows, output, context)) return 0
    if (output === 'name') {
      for (const row of rows) context.out.write(`${row.kind}/${row.name}\n`)
      return 0
    }
    const wide = output === 'wide'
    const titles = ['NAME', 'STATUS', 'VERSION', 'KIND', 'SOURCE', 'SIZE', ...(wide ? ['DIGEST'] : [])]
    const cells = rows.map((row) => [
      row.name,
      row.present ? 'Present' : 'Missing',
      row.version,
      row.kind,
      row.source,
      row.present ? megabytes(row.sizeBytes) : '<none>',
      ...(wide ? [row.digest] : []),
    ])
    context.out.write(table(titles, cells))
    return 0
  },
})
