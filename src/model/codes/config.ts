import type { CodeEntry } from '../problem.js'

export const configCodes: Record<string, CodeEntry> = {}
