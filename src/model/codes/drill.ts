import type { CodeEntry } from '../problem.js'

export const drillCodes: Record<string, CodeEntry> = {}
