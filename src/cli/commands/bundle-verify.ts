import { defineCommand } from '../command.js'
import { outputFlag, printStructured } from '../output/format.js'

export const bundleVerify = defineCommand({
  path: 'bundle verify',
  summary: 'Read every part of the bundle and compare it with its digest',
  flags: [outputFlag(['text', 'json', 'yaml'], 'The result')],
  examples: [{ run: 'quorate bundle verify', why: 'after a disk that misbehaved, or before an export' }],
  changes: 'Nothing.',
  exits: [0, 1, 130],
  run: async (given, context) => {
    const [{ withProgress }, bundle] = await Promise.all([import('../progress/stream.js'), context.load.bundle()])
    const { output } = given.flags
    const result = await withProgress('bundle verify', context, output, (emit) => bundle.verify({ emit, signal: context.signal }))
    const { exitOf, problemsText } = await import('../problems.js')
    const status = exitOf(result.problems)
    if (await printStructured(result, output, context)) return status
    if (result.problems.length > 0) context.err.write(problemsText(result.problems, context.errPalette, () => undefined))
    else context.out.write(`bundle verified: ${result.checked} parts\n`)
    return status
  },
})
