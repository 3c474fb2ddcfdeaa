import { openCache } from '../../bundle/cache.js'
import { prepareBundle } from '../../bundle/ensure.js'
import { exportBundle } from '../../bundle/export.js'
import { importBundle } from '../../bundle/import.js'
import { listBundle } from '../../bundle/list.js'
import { readPins } from '../../bundle/pins.js'
import { readyBundles } from '../../bundle/ready.js'
import { verifyObjects } from '../../bundle/verify.js'
import { problem } from '../../model/problem.js'
import type { BundleVerbs } from '../load.js'

const verbs: BundleVerbs = {
  build: async (options) => {
    const startedMs = performance.now()
    const cache = openCache()
    const { kubernetesVersion } = await readPins()
    const { made } = await prepareBundle({ ...options, kubernetesVersion, cache })
    return { path: cache.root, items: await listBundle(cache), ms: performance.now() - startedMs, built: made }
  },
  list: () => listBundle(openCache()),
  verify: async ({ emit, signal }) => {
    const cache = openCache()
    const ready = await readyBundles(cache.root)
    if (ready.length === 0) return { checked: 0, problems: [problem('Q2011')] }
    const objects: Record<string, string> = Object.assign({}, ...ready.map((r) => r.bundle.objects))
    const problems = await verifyObjects({ at: `${cache.root}/objects`, objects, emit, signal })
    return { checked: Object.keys(objects).length, problems }
  },
  exportTo: (file, options) => exportBundle(file, { ...options, cache: openCache() }),
  importFrom: (file, options) => importBundle(file, { ...options, cache: openCache() }),
}

export const { build, exportTo, importFrom, list, verify } = verbs
