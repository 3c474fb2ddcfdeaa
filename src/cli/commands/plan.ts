import { clusterFile, fileArgument } from '../cluster-file.js'
import { defineCommand } from '../command.js'
import { outputFlag, printStructured } from '../output/format.js'

export const plan = defineCommand({
  path: 'plan',
  summary: 'Show what is missing, without doing it',
  about:
    'Looks at the machines and compares them with the file. Machines that do not exist yet are planned from nothing. With --exit-code the status tells whether anything is to be done.',
  arguments: [fileArgument],
  flags: [
    outputFlag(['text', 'wide', 'json', 'yaml', 'name'], 'The plan'),
    { flags: '--exit-code', about: 'End with status 3 when something is to be done' },
  ],
  examples: [
    { run: 'quorate plan prod.yaml', why: 'what would apply do?' },
    { run: 'quorate plan -o wide', why: 'every step with its id, lane and risk' },
    { run: 'quorate plan prod.yaml --exit-code --quiet', why: 'in a nightly job: 0 as the file says, 3 drifted' },
  ],
  changes: 'Nothing.',
  exits: [0, 1, 3, 5, 130],
  run: async (given, context) => {
    const [{ withProgress }, verbs] = await Promise.all([import('../progress/stream.js'), context.load.verbs()])
    const file = clusterFile(given.args[0], context)
    const { plan: planned } = await withProgress('plan', context, undefined, (emit) => verbs.plan(file, { emit, signal: context.signal }))
    const { output } = given.flags
    if (!(await printStructured(planned, output, context))) {
      const { planLines, planTable } = await import('../draw/plan.js')
      const { outPen } = await import('../draw/pen.js')
      const open = planned.steps.filter((step) => step.state !== 'done')
      if (output === 'wide') context.out.write(planTable(planned))
      else if (output === 'name') context.out.write(open.map((step) => `step/${step.id}\n`).join(''))
      else context.out.write(`${planLines(planned, outPen(context)).join('\n')}\n`)
    }
    if (planned.steps.some((step) => step.state === 'blocked')) return 1
    return given.flags.exitCode && planned.steps.some((step) => step.state === 'todo') ? 3 : 0
  },
})
