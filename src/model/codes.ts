import { bundleCodes } from './codes/bundle.js'
import { checkCodes } from './codes/check.js'
import { clientCodes } from './codes/client.js'
import { configCodes } from './codes/config.js'
import { drillCodes } from './codes/drill.js'
import { drillRunCodes } from './codes/drill-run.js'
import { electCodes } from './codes/elect.js'
import { historyCodes } from './codes/history.js'
import { labCodes } from './codes/lab.js'
import { machineCodes } from './codes/machine.js'
import { runCodes } from './codes/run.js'
import { stepCodes } from './codes/steps.js'
import type { CodeEntry, Problem } from './problem.js'

/** Every code that quorate can print: Q1 file, Q2 bundle, Q3 machines and lab, Q4 running, Q5 claims, Q6 drills, Q7 clients and keys. */
export const codes: Readonly<Record<string, CodeEntry>> = {
  ...configCodes,
  ...bundleCodes,
  ...machineCodes,
  ...labCodes,
  ...runCodes,
  ...stepCodes,
  ...checkCodes,
  ...drillCodes,
  ...drillRunCodes,
  ...historyCodes,
  ...clientCodes,
  ...electCodes,
}

const fill = (template: string, data: Problem['data']): string =>
  template.replace(/\{(\w+)\}/g, (whole, key: string) => (key in data ? String(data[key]) : whole))

/** A problem in words, for cli/ and report/ only. */
export const describe = (problem: Problem): { title: string; message: string; remedy: string; exit: number } => {
  const entry = codes[problem.code]
  if (!entry) return { title: problem.code, message: JSON.stringify(problem.data), remedy: '', exit: 1 }
  return {
    title: entry.title,
    message: fill(entry.message, problem.data),
    remedy: fill(entry.remedy, problem.data),
    exit: entry.exit,
  }
}
