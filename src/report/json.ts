import { fault } from '../model/problem.js'
import type { DrillReport } from './drill-report.js'

/** The version of the report format that this quorate writes and reads. */
export const reportVersion = 1

/** The report as JSON with a version, two spaces deep, ending in a newline. */
export const reportJson = (report: DrillReport): string => `${JSON.stringify(report, null, 2)}\n`

/** Reads what reportJson wrote. Throws Q6902 for text that is no report, Q6903 for another version. */
export const parseReport = (text: string, file: string): DrillReport => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw fault('Q6902', { file, line: 1, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
  const { v, faults } = (value ?? {}) as { v?: unknown; faults?: unknown }
  if (v !== reportVersion) throw fault('Q6903', { file, found: String(v), known: reportVersion })
  if (!Array.isArray(faults)) throw fault('Q6902', { file, line: 1, reason: 'it lists no faults' })
  return value as DrillReport
}
