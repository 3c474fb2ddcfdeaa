import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Fault, fault } from '../model/problem.js'
import { type ArchiveIndex, readArchive } from './archive-index.js'
import type { ReadyBundle } from './bundle.js'
import { type Cache, type ProduceOptions, syncTree } from './cache.js'
import type { ArchiveOptions } from './export.js'
import { shownStep } from './progress.js'
import { digestsOfObjects, pathsOf, possibleNames, storeReady } from './ready.js'
import { asDiskFull, requireSpace } from './space.js'
import { runTar } from './tar-program.js'
import { verifyObjects } from './verify.js'

/** Differences shown at most; the first tell enough. */
const shownProblems = 20

/**
 * Takes an exported archive into the cache. Everything is unpacked aside and compared with its digests first; on one difference nothing is taken. After
 * it, `ensureBundle` finds the bundle ready, without Go and without a network. Throws Faults Q2003, Q2006 (several as an AggregateError), Q2008.
 */
export const importBundle = async (file: string, { cache, pinsDir, emit, signal }: ArchiveOptions): Promise<{ items: number }> => {
  const path = resolve(file)
  const index = await readArchive(path, signal)
  const names = await possibleNames(pinsDir)
  const mine = Object.entries(index.ready).filter(([name]) => names.includes(name))
  if (mine.length === 0) {
    const reason = `it holds Kubernetes ${index.kubernetesVersion} for ${index.arch}, pinned by another version of quorate`
    throw fault('Q2008', { path, reason })
  }
  const bundles = mine.map(([name, content]) => [name, readyIn(content, index, path)] as const)
  const labels = [...new Set(bundles.flatMap(([, bundle]) => Object.keys(bundle.objects)))].sort()
  const { size } = await stat(path)
  await requireSpace(cache.root, size)
  const options: ProduceOptions = {
    ...(signal ? { signal } : {}),
    waiting: (who) => emit({ type: 'note', level: 'info', text: `waiting for another import: ${who}` }),
  }
  try {
    await cache.scratch(
      'import',
      async (aside) => {
        await shownStep(emit, 'bundle/import', 'archive', (amount) =>
          runTar(['--same-owner', '-p', '-xf', path, '-C', aside, 'objects'], size, amount, signal),
        )
        const objects = Object.fromEntries(labels.map((label) => [label, index.objects[label] ?? '']))
        const at = join(aside, 'objects')
        const problems = await verifyObjects({ at, objects, emit, ...(signal ? { signal } : {}) })
        if (problems.length > 0) throw new AggregateError(problems.slice(0, shownProblems).map((p) => new Fault(p)))
        await syncTree(aside)
        await takeOver(cache, at, labels, bundles, options)
      },
      options,
    )
  } catch (error) {
    throw asDiskFull(error, `the bundle in ${cache.root}`)
  }
  return { items: labels.length }
}

/** A ready file of an archive, whose objects it holds and whose paths are below them. */
const readyIn = (content: string, { objects }: ArchiveIndex, path: string): ReadyBundle => {
  const refuse = (reason: string, cause?: unknown): never => {
    throw fault('Q2008', { path, reason }, { cause })
  }
  try {
    const bundle = JSON.parse(content) as ReadyBundle
    const unlisted = Object.keys(bundle.objects).find((label) => !(label in objects))
    if (unlisted) return refuse(`it does not hold ${unlisted}`)
    const leads = pathsOf(bundle).find(
      (p) => !/^objects\/[^/.]+\//.test(p) || p.split('/').includes('..') || !((p.split('/')[1] ?? '') in bundle.objects),
    )
    if (leads) return refuse(`the path "${leads}" in its index`)
    return bundle
  } catch (error) {
    if (error instanceof Fault) throw error
    return refuse('its index is damaged', error)
  }
}

/** Renames only: a kill between two of them leaves finished objects, and no bundle that counts as complete. */
const takeOver = async (
  cache: Cache,
  at: string,
  labels: readonly string[],
  bundles: readonly (readonly [name: string, bundle: ReadyBundle])[],
  options: ProduceOptions,
): Promise<void> => {
  for (const label of labels) await cache.adopt(label, join(at, label), options)
  for (const [name, bundle] of bundles) {
    // An object that was there before, of the same inputs, may differ in its times and so in its digest.
    const objects = await digestsOfObjects(cache.root, Object.keys(bundle.objects))
    await storeReady(cache.root, name, { ...bundle, objects })
  }
}
