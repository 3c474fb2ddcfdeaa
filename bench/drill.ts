import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { initText } from '../src/config/init.js'
import { judgeRecorded } from '../src/drill/judge-fault.js'
import { readRun } from '../src/history/store.js'
import type { EventBody } from '../src/model/event.js'
import { type Moves, watchMoves } from '../src/operate/watch-moves.js'
import type { FaultReport, ProbeResult } from '../src/report/drill-report.js'
import { median, report } from './support/figures.js'

// Outages of the profile `fast`, and of what the field's guides copy (`guide`), by the same faults in the same run; and whether `fast` stays still under load.
//   --repeat N         runs of each fault on fast; default 5        --guide-repeat N   on guide; default as many
//   --faults a,b       other faults than those that goals exist for --no-guide         only fast
//   --keep DIR         records and reports of every run stay there
//   --saturate MIN     instead: both cores saturated for so long, nothing may move
const { values: given } = parseArgs({
  options: {
    repeat: { type: 'string', default: '5' },
    'guide-repeat': { type: 'string' },
    faults: { type: 'string' },
    'no-guide': { type: 'boolean', default: false },
    keep: { type: 'string' },
    saturate: { type: 'string' },
  },
})

interface Goal {
  /** Milliseconds, median of the span from first to last failure. */
  ms: number
  probe?: string
  /** Times shorter than on guide. */
  ratio?: number
  /** Nothing may fail after one retry. */
  retry?: true
}

/** What a drill must show on this kind of computer; the table of faults has more. */
const goals: Readonly<Record<string, Goal>> = {
  'apiserver-kill': { ms: 100, retry: true },
  'proxy-kill': { ms: 100, retry: true },
  'keepalived-kill': { ms: 100, retry: true },
  'apiserver-freeze': { ms: 800 },
  'proxy-freeze': { ms: 800 },
  'etcd-leader-kill': { ms: 600 },
  'etcd-leader-freeze': { ms: 600 },
  'etcd-leader-handover': { ms: 50 },
  'holder-power': { ms: 400, ratio: 8 },
  'control-plane-power': { ms: 800, ratio: 8 },
  'zone-power': { ms: 1000, ratio: 8 },
  'controller-manager-kill': { ms: 6000, probe: 'controller-manager at work' },
  'scheduler-kill': { ms: 6000, probe: 'scheduler at work' },
}

const faults = given.faults?.split(',') ?? Object.keys(goals)
const root = mkdtempSync('/var/tmp/quorate-bench-drill-')
process.env.QUORATE_STATE = join(root, 'state')

const tell = (event: EventBody): void => {
  if (event.type === 'drill.fault.done')
    console.error(
      `  ${event.n}/${event.of} ${event.fault}: ${Math.round(event.spanMs)} ms, longest ${Math.round(event.longestMs)} ms, ${event.verdict}`,
    )
  else if (event.type === 'note' && event.level === 'warning') console.error(`  ! ${event.text}`)
}

/** The program as it is shipped, compiled by scripts/prepare; this file runs from .quorate/build/bench. */
const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))

/** Runs quorate as users do; tells of its events. Throws unless it ends with one of these. */
const quorate = async (args: readonly string[], expected: readonly number[] = [0]): Promise<void> => {
  const child = spawn(process.execPath, [main, ...args], { env: process.env, stdio: ['ignore', 'pipe', 'pipe'] })
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

// Also when somebody ends this: a cluster that is left behind goes on using the computer.
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    for (const profile of ['fast', 'guide']) spawnSync(process.execPath, [main, 'down', `bench-${profile}`], { env: process.env })
    rmSync(root, { recursive: true, force: true })
    process.exit(130)
  })

/** A cluster on one profile while `work` runs. */
const withCluster = async <T>(profile: 'fast' | 'guide', work: (file: string) => Promise<T>): Promise<T> => {
  const file = join(root, `bench-${profile}.yaml`)
  const text = initText({ name: `bench-${profile}`, controlPlanes: 3, workers: 2, balancers: 2, zones: 3 })
  writeFileSync(file, text.replace('timing: fast', `timing: ${profile}`))
  try {
    console.error(`${profile}: building the cluster`)
    await quorate(['up', file])
    return await work(file)
  } finally {
    await quorate(['down', file])
  }
}

/** Every single run of every fault, judged from its records. */
const drillProfile = (profile: 'fast' | 'guide', repeat: number): Promise<FaultReport[]> =>
  withCluster(profile, async (file) => {
    console.error(`${profile}: ${faults.length} faults, ${repeat} times each`)
    const out = join(given.keep ?? root, profile)
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
  })

const worstOf = (fault: FaultReport, probe: string): ProbeResult | undefined =>
  fault.measured.filter((one) => one.probe === probe || one.probe.startsWith(`${probe}: `)).sort((a, b) => b.spanMs - a.spanMs)[0]

interface Row {
  fault: string
  probe: string
  n: number
  span: { median: number; min: number; max: number }
  longest: { median: number; min: number; max: number }
  failedAfterRetry: number
  verdicts: Record<string, number>
}

const spread = (values: readonly number[]): Row['span'] => ({ median: median(values), min: Math.min(...values), max: Math.max(...values) })

const rowOf = (fault: string, runs: readonly FaultReport[]): Row | undefined => {
  const probe = goals[fault]?.probe ?? 'new connection'
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

const ms = (value: number): string => `${Math.round(value)}`
const columns = (rows: readonly (readonly string[])[]): void => {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length))) ?? []
  for (const row of rows)
    console.error(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

const compare = (): Promise<void> =>
  (async () => {
    const fast = await drillProfile('fast', Number(given.repeat))
    const guide = given['no-guide'] ? [] : await drillProfile('guide', Number(given['guide-repeat'] ?? given.repeat))
    const rows = faults.map((fault) => {
      const [now, then] = [rowOf(fault, fast), rowOf(fault, guide)]
      const goal = goals[fault]
      // Below the interval of the probe a ratio says nothing: 20 ms stands for all of it.
      const ratio = now && then ? Math.max(then.span.median, 20) / Math.max(now.span.median, 20) : undefined
      const met =
        now && goal
          ? now.span.median <= goal.ms &&
            (!goal.retry || now.failedAfterRetry === 0) &&
            (!goal.ratio || ratio === undefined || ratio >= goal.ratio)
          : undefined
      return { fault, fast: now, guide: then, ratio, goal, met }
    })
    console.error('\nOutage in milliseconds: span from first to last failure, and longest run of failures; median (min..max)')
    columns([
      ['fault', 'n', 'fast span', 'fast longest', 'after retry', 'guide span', 'guide longest', 'ratio', 'goal'],
      ...rows.map(({ fault, fast: a, guide: b, ratio, goal, met }) => [
        fault,
        `${a?.n ?? 0}/${b?.n ?? 0}`,
        a ? `${ms(a.span.median)} (${ms(a.span.min)}..${ms(a.span.max)})` : '-',
        a ? `${ms(a.longest.median)} (${ms(a.longest.min)}..${ms(a.longest.max)})` : '-',
        a ? String(a.failedAfterRetry) : '-',
        b ? `${ms(b.span.median)} (${ms(b.span.min)}..${ms(b.span.max)})` : '-',
        b ? `${ms(b.longest.median)} (${ms(b.longest.min)}..${ms(b.longest.max)})` : '-',
        ratio === undefined ? '-' : ratio.toFixed(1),
        goal ? `${goal.ms}${goal.ratio ? `, x${goal.ratio}` : ''} ${met === undefined ? '?' : met ? 'met' : 'MISSED'}` : '',
      ]),
    ])
    console.log(JSON.stringify({ title: 'Outages, fast against guide', at: new Date().toISOString(), ...computer(), rows }, undefined, 2))
  })()

const computer = (): Record<string, unknown> => ({
  cpus: cpus().length,
  cpuModel: cpus()[0]?.model ?? '',
  kernel: release(),
  load: loadavg()[0] ?? 0,
})

/** Busy loops, two for each core, at the priority of everybody else. */
const saturate = (): ChildProcess[] =>
  Array.from({ length: cpus().length * 2 }, () => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }))

const still = (minutes: number): Promise<void> =>
  withCluster('fast', async (file) => {
    console.error(`fast: ${cpus().length} cores saturated for ${minutes} minutes`)
    const loops = saturate()
    let moves: Moves
    try {
      moves = await watchMoves(file, minutes * 60_000, { emit: tell, signal: new AbortController().signal })
    } finally {
      for (const loop of loops) loop.kill('SIGKILL')
    }
    const one = (name: string, value: number) => ({ name, unit: '', values: [value], goal: { at: 'most' as const, value: 0 } })
    report(
      `Moves of the profile fast within ${minutes} minutes of saturated cores`,
      [one('moves of the virtual IP', moves.virtualIp), one('elections of etcd', moves.etcdLeader)],
      { ...moves, ...computer() },
    )
  })

try {
  if (given.saturate === undefined) await compare()
  else await still(Number(given.saturate))
} finally {
  rmSync(root, { recursive: true, force: true })
}
