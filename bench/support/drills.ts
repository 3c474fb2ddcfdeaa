import { createInterface } from 'node:readline'
import { judgeRecorded } from '../../src/drill/judge-fault.js'
import { readRun } from '../../src/history/store.js'
import type { EventBody } from '../../src/model/event.js'
import type { FaultReport, ProbeResult } from '../../src/report/drill-report.js'
import { start } from './command.js'
import { median } from './figures.js'

/** One line on standard error for each fault that is done, and for each warning. */
export const tell = (event: EventBody): void => {
  if (event.type === 'drill.fault.done')
    console.error(
      `  ${event.n}/${event.of} ${event.fault}: ${Math.round(event.spanMs)} ms, longest ${Math.round(event.longestMs)} ms, ${event.verdict}`,
    )
  else if (event.type === 'note' && event.level === 'warning') console.error(`  ! ${event.text}`)
}

/** Runs quorate as users do, with the state of this process's environment; tells of its events. Throws unless it ends with one of these. */
export const quorate = async (args: readonly string[], expected: readonly number[] = [0]): Promise<void> => {
  const child = start(args)
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => {
    err = (err + chunk.toString('utf8')).slice(-4000)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{"v":1')) tell(JSON.parse(line) as EventBody)
  })
  const exit = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 137)))
  if (!expected.includes(exit)) throw new Error(`quorate ${args.join(' ')} ended with ${exit}\n${err}`)
}

/** Drills a cluster that is up. Every single run of every fault, judged from its records, which stay in `out`. */
export const drill = async (file: string, faults: readonly string[], repeat: number, out: string): Promise<FaultReport[]> => {
  const words = ['drill', file, '--only', faults.join(','), '--repeat', String(repeat), '--zone', 'a', '--seed', '1', '--out', out]
  // 4 = a limit was broken, which is what is measured.
  await quorate([...words, '-o', 'events'], [0, 4])
  const found = await readRun(out)
  const judged: FaultReport[] = []
  for (const one of found.faults) {
    const fault = await judgeRecorded(one)
    if (fault) judged.push(fault)
  }
  return judged
}

const worstOf = (fault: FaultReport, probe: string): ProbeResult | undefined =>
  fault.measured.filter((one) => one.probe === probe || one.probe.startsWith(`${probe}: `)).sort((a, b) => b.spanMs - a.spanMs)[0]

/** What the runs of one fault cost one class of clients, in milliseconds. */
export interface Row {
  fault: string
  probe: string
  n: number
  /** From the first to the last request that failed. */
  span: { median: number; min: number; max: number }
  /** Longest run of failed requests. */
  longest: { median: number; min: number; max: number }
  /** Requests on new connections, of all runs, that failed again when they were repeated once. */
  failedAfterRetry: number
  verdicts: Record<string, number>
}

const spread = (values: readonly number[]): Row['span'] => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) })

/** Undefined where no run was measured. */
export const rowOf = (fault: string, runs: readonly FaultReport[], probe = 'new connection'): Row | undefined => {
  // A fault that was not seen in force measured nothing.
  const own = runs.filter((one) => one.id === fault && one.effectProof.proven)
  const seen = own.flatMap((one) => worstOf(one, probe) ?? [])
  if (seen.length === 0) return undefined
  const verdicts: Record<string, number> = {}
  for (const { verdict } of own) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1
  return {
    fault,
    probe,
    n: seen.length,
    span: spread(seen.map((one) => one.spanMs)),
    longest: spread(seen.map((one) => one.longestMs)),
    failedAfterRetry: own.reduce((sum, one) => sum + (worstOf(one, 'new connection, one retry')?.failed ?? 0), 0),
    verdicts,
  }
}

/** `1060 (880..2360)`. */
export const inWords = (one: Row['span']): string => {
  const ms = (value: number): string => `${Math.round(value)}`
  return one.min === one.max ? ms(one.median) : `${ms(one.median)} (${ms(one.min)}..${ms(one.max)})`
}
