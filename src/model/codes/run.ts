import type { CodeEntry } from '../problem.js'

export const runCodes: Record<string, CodeEntry> = {}
