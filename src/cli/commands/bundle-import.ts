import { defineCommand } from '../command.js'

export const bundleImport = defineCommand({
  path: 'bundle import',
  summary: 'Take an exported archive into the cache of this computer',
  about: 'Every digest is checked before a part counts as present.',
  arguments: [{ name: 'archive', about: 'File that bundle export wrote', required: true, completes: 'file' }],
  examples: [{ run: 'quorate bundle import quorate-bundle.tar && quorate up', why: 'build a cluster without a network' }],
  changes: 'The cache of this computer.',
  exits: [0, 1, 130],
  run: async (given, context) => {
    const [{ withProgress }, bundle] = await Promise.all([import('../progress/stream.js'), context.load.bundle()])
    const [file = ''] = given.args
    const options = { signal: context.signal }
    const result = await withProgress('bundle import', context, undefined, (emit) => bundle.importFrom(file, { ...options, emit }))
    context.out.write(`bundle imported: ${result.items} parts\n`)
    return 0
  },
})
