import type { CodeEntry } from '../problem.js'

export const bundleCodes: Record<string, CodeEntry> = {}
