import { defineCommand } from '../command.js'
import { outputFlag, printStructured } from '../output/format.js'

export const judge = defineCommand({
  path: 'judge',
  summary: 'Judge a recorded drill again, from its records alone',
  about:
    'A drill records every request, every answer, every watch event and what each API server and etcd member held at the end. This reads them and works out all verdicts anew: whether a write that was acknowledged is missing, whether a read was stale, how long which clients were cut off. It needs no cluster, so it can be done years later or by somebody who was not there.',
  arguments: [{ name: 'directory', about: 'Run directory that quorate drill printed', required: true, completes: 'file' }],
  flags: [
    outputFlag(['text', 'wide', 'json', 'yaml', 'junit', 'markdown'], 'The verdict, with reasons, or a report'),
    { flags: '--write', about: 'Write report.html, report.md, junit.xml and report.json into the directory anew' },
    { flags: '--compare <directory>', about: 'Run directory of another drill, to show what is better or worse' },
  ],
  examples: [
    { run: 'quorate judge ./drill-1', why: 'the verdicts again' },
    { run: 'quorate judge ./drill-2 --compare ./drill-1', why: 'what changed between two drills' },
    { run: 'quorate judge ./drill-1 -o junit > junit.xml', why: 'for continuous integration' },
  ],
  changes: 'Nothing; with --write the reports in the directory.',
  exits: [0, 1, 4],
  run: async (given, context) => {
    const [verbs, { outPen }, { drillSummary }] = await Promise.all([
      context.load.verbs(),
      import('../draw/pen.js'),
      import('../draw/drill-summary.js'),
    ])
    const { output, write, compare } = given.flags
    const judged = await verbs.judge(given.args[0] ?? '', {
      ...(write ? { write: true } : {}),
      ...(typeof compare === 'string' ? { compare } : {}),
    })
    const { exitStatusOf } = await import('../../report/verdict.js')
    const status = judged.complete ? exitStatusOf(judged.report) : 4
    if (output === 'junit') context.out.write((await import('../../report/junit.js')).reportJunit(judged.report))
    else if (output === 'markdown') context.out.write((await import('../../report/markdown.js')).reportMarkdown(judged.report))
    else if (!(await printStructured(judged.report, output, context)))
      context.out.write(`${drillSummary(judged, outPen(context), { wide: output === 'wide' }).join('\n')}\n`)
    return status
  },
})
