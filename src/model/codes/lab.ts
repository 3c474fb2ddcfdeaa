import type { CodeEntry } from '../problem.js'

export const labCodes: Record<string, CodeEntry> = {}
