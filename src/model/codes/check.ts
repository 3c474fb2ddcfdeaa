import type { CodeEntry } from '../problem.js'

export const checkCodes: Record<string, CodeEntry> = {}
