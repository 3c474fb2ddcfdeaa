import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../model/problem.js'
import type { DrillReport } from '../report/drill-report.js'
import { reportHtml } from '../report/html.js'
import { reportJson } from '../report/json.js'
import { reportJunit } from '../report/junit.js'
import { reportMarkdown } from '../report/markdown.js'

/** Whole or not at all, also after a power loss. */
const writeText = async (path: string, text: string): Promise<void> => {
  const beside = `${path}.${randomBytes(4).toString('hex')}`
  try {
    const handle = await open(beside, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw fault('Q6904', { file: path, reason: error instanceof Error ? error.message : String(error) }, { cause: error })
  }
}

export interface ReportFiles {
  html: string
  markdown: string
  junit: string
  json: string
}

/** Writes report.html, report.md, junit.xml and report.json into a run directory. Throws Q6904. */
export const writeReports = async (directory: string, report: DrillReport): Promise<ReportFiles> => {
  const files: ReportFiles = {
    html: join(directory, 'report.html'),
    markdown: join(directory, 'report.md'),
    junit: join(directory, 'junit.xml'),
    json: join(directory, 'report.json'),
  }
  await writeText(files.html, reportHtml(report))
  await writeText(files.markdown, reportMarkdown(report))
  await writeText(files.junit, reportJunit(report))
  await writeText(files.json, reportJson(report))
  return files
}
