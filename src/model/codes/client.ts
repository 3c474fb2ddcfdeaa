import type { CodeEntry } from '../problem.js'

export const clientCodes: Record<string, CodeEntry> = {}
