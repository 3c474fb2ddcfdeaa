import type { FlagSpec, Given } from './command.js'
import type { Context } from './context.js'
import { outputFlag, printStructured } from './output/format.js'
import type { ApplyOptions, ApplyResult, Verbs } from './verbs.js'

export const applyFlags: readonly FlagSpec[] = [
  outputFlag(['text', 'json', 'yaml', 'events'], 'The result, or every event as a line of JSON'),
  {
    flags: '--source <kind>',
    about: 'Where the bundle comes from when it is not in the cache yet',
    choices: ['auto', 'modules', 'releases'],
    default: 'auto',
  },
]

/** What up and apply share: progress while they work, then the result as the page, JSON, YAML or nothing but events. */
export const finishApply = async (
  verb: string,
  file: string | undefined,
  given: Given,
  context: Context,
  work: (verbs: Verbs, options: ApplyOptions) => Promise<ApplyResult>,
): Promise<number> => {
  const [{ withProgress }, verbs] = await Promise.all([import('./progress/stream.js'), context.load.verbs()])
  const { output } = given.flags
  const source = given.flags.source as ApplyOptions['source']
  const result = await withProgress(verb, context, output, (emit) => work(verbs, { emit, signal: context.signal, source }))
  const holds = result.checks.every((one) => one.verdict === 'True')
  if (output !== 'events' && !(await printStructured(result, output, context))) {
    const [{ summaryLines }, { outPen }] = await Promise.all([import('./draw/summary.js'), import('./draw/pen.js')])
    context.out.write(`${summaryLines(result, file, outPen(context)).join('\n')}\n`)
  }
  return holds ? 0 : 4
}
