import { defineCommand } from '../command.js'

export const explain = defineCommand({
  path: 'explain',
  summary: 'Explain a problem code: why, how to see it, how to fix it',
  arguments: [{ name: 'code', about: 'A code as printed with a problem, for example Q4901; without it, all codes', completes: 'code' }],
  examples: [
    { run: 'quorate explain Q4901', why: 'the page of one code' },
    { run: 'quorate explain', why: 'every code with its title' },
  ],
  changes: 'Nothing.',
  exits: [0],
  run: async (given, context) => {
    const { codes } = await import('../../model/codes.js')
    const [asked] = given.args
    if (!asked) {
      const { table } = await import('../output/table.js')
      const rows = Object.entries(codes).sort(([a], [b]) => a.localeCompare(b))
      context.out.write(
        table(
          ['CODE', 'EXIT', 'TITLE'],
          rows.map(([code, entry]) => [code, String(entry.exit), entry.title]),
        ),
      )
      return 0
    }
    const code = asked.toUpperCase()
    const entry = codes[code]
    if (!entry) {
      const [{ fault }, { nearest }] = await Promise.all([import('../../model/problem.js'), import('../suggest.js')])
      const near = nearest(code, Object.keys(codes))
      throw fault('Q4904', {
        code: asked,
        remedy: near ? `did you mean ${near}? quorate explain lists all` : 'quorate explain lists all codes',
      })
    }
    const paint = context.outPalette
    const blank = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => paint.cyan(`<${name}>`))
    context.out.write(
      [
        `${paint.bold(code)}  ${paint.bold(entry.title)}`,
        '',
        `  ${blank(entry.message)}`,
        `  ${paint.dim('next:')} ${blank(entry.remedy)}`,
        '',
        entry.explain.trim(),
        '',
        `${paint.dim('Exit status:')} ${entry.exit}`,
        '',
      ].join('\n'),
    )
    return 0
  },
})
