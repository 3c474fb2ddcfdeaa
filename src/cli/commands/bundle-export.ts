import { defineCommand } from '../command.js'

export const bundleExport = defineCommand({
  path: 'bundle export',
  summary: 'Write the bundle into one archive that installs a cluster without a network',
  arguments: [{ name: 'archive', about: 'File to write', required: true, completes: 'file' }],
  examples: [{ run: 'quorate bundle export quorate-bundle.tar', why: 'to carry it to a place without a network' }],
  changes: 'Nothing but the archive, which is written whole or not at all.',
  exits: [0, 1, 130],
  run: async (given, context) => {
    const [{ withProgress }, bundle] = await Promise.all([import('../progress/stream.js'), context.load.bundle()])
    const [file = ''] = given.args
    const options = { signal: context.signal }
    const result = await withProgress('bundle export', context, undefined, (emit) => bundle.exportTo(file, { ...options, emit }))
    context.out.write(`bundle exported: ${result.path}, ${(result.sizeBytes / 1e6).toFixed(0)} MB\n`)
    return 0
  },
})
