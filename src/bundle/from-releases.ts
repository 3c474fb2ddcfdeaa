import type { Emit } from '../model/event.js'
import { fault } from '../model/problem.js'
import type { Cache, ProduceOptions } from './cache.js'
import type { ReleasePin } from './pins.js'

export const programsFromReleases = async (
  _cache: Cache,
  _pins: readonly ReleasePin[],
  _emit: Emit,
  _options: ProduceOptions,
): Promise<Record<string, string>> => {
  throw fault('Q2001')
}
