import { defineCommand } from '../command.js'
import { duration } from '../duration.js'
import { outputFlag, printStructured } from '../output/format.js'

export const bundleBuild = defineCommand({
  path: 'bundle build',
  summary: 'Build or fetch everything that is installed on machines',
  about:
    'Every component is pinned with its digest. It is built from Go modules, or taken from the official releases by checksum, and kept by content: what is there is not made again, and a killed build carries on.',
  flags: [
    { flags: '--source <kind>', about: 'Where components come from', choices: ['auto', 'modules', 'releases'], default: 'auto' },
    outputFlag(['text', 'json', 'yaml', 'events'], 'What was made'),
  ],
  examples: [
    { run: 'quorate bundle build', why: 'ahead of the first up' },
    { run: 'quorate bundle build --source releases', why: 'download instead of compiling' },
  ],
  changes: 'The cache of this computer; Debian packages that building needs. No machine is touched.',
  exits: [0, 1, 5, 130],
  run: async (given, context) => {
    const [{ withProgress }, bundle] = await Promise.all([import('../progress/stream.js'), context.load.bundle()])
    const { output } = given.flags
    const source = given.flags.source as 'auto' | 'modules' | 'releases'
    const result = await withProgress('bundle build', context, output, (emit) => bundle.build({ emit, signal: context.signal, source }))
    if (output === 'events' || (await printStructured(result, output, context))) return 0
    const what = result.built === 0 ? 'nothing to do' : `${result.built} made`
    context.out.write(`bundle ready: ${result.items.length} parts, ${what}, ${duration(result.ms)}\n`)
    return 0
  },
})
