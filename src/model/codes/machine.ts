import type { CodeEntry } from '../problem.js'

export const machineCodes: Record<string, CodeEntry> = {}
