import { type ChildProcess, spawn } from 'node:child_process'
import { cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { initText } from '../src/config/init.js'
import { type Moves, watchMoves } from '../src/operate/watch-moves.js'
import type { FaultReport } from '../src/report/drill-report.js'
import { measure } from './support/command.js'
import { drill, inWords, quorate, rowOf, tell } from './support/drills.js'
import { columns, report } from './support/figures.js'
import { type Scratch, withScratch } from './support/scratch.js'

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

/** A cluster on one profile while `work` runs. */
const onProfile = <T>({ withCluster }: Scratch, profile: 'fast' | 'guide', work: (file: string) => Promise<T>): Promise<T> => {
  const text = initText({ name: `bench-${profile}`, controlPlanes: 3, workers: 2, balancers: 2, zones: 3 })
  return withCluster(text.replace('timing: fast', `timing: ${profile}`), async (file) => {
    console.error(`${profile}: building the cluster`)
    await quorate(['up', file])
    return await work(file)
  })
}

const drillProfile = (scratch: Scratch, profile: 'fast' | 'guide', repeat: number): Promise<FaultReport[]> =>
  onProfile(scratch, profile, async (file) => {
    console.error(`${profile}: ${faults.length} faults, ${repeat} times each`)
    return await drill(file, faults, repeat, join(given.keep ?? scratch.root, profile))
  })

const compare = async (scratch: Scratch): Promise<void> => {
  const fast = await drillProfile(scratch, 'fast', Number(given.repeat))
  const guide = given['no-guide'] ? [] : await drillProfile(scratch, 'guide', Number(given['guide-repeat'] ?? given.repeat))
  const rows = faults.map((fault) => {
    const goal = goals[fault]
    const [now, then] = [rowOf(fault, fast, goal?.probe), rowOf(fault, guide, goal?.probe)]
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
      a ? inWords(a.span) : '-',
      a ? inWords(a.longest) : '-',
      a ? String(a.failedAfterRetry) : '-',
      b ? inWords(b.span) : '-',
      b ? inWords(b.longest) : '-',
      ratio === undefined ? '-' : ratio.toFixed(1),
      goal ? `${goal.ms}${goal.ratio ? `, x${goal.ratio}` : ''} ${met === undefined ? '?' : met ? 'met' : 'MISSED'}` : '',
    ]),
  ])
  console.log(JSON.stringify({ title: 'Outages, fast against guide', at: new Date().toISOString(), ...computer(), rows }, undefined, 2))
}

const computer = (): Record<string, unknown> => ({
  cpus: cpus().length,
  cpuModel: cpus()[0]?.model ?? '',
  kernel: release(),
  load: loadavg()[0] ?? 0,
})

/** Busy loops, two for each core, at the priority of everybody else. */
const saturate = (): ChildProcess[] =>
  Array.from({ length: cpus().length * 2 }, () => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }))

/** How often a control plane refused connections to its API server since it booted. */
const doorsShut = async (file: string): Promise<number> => {
  const told = await Promise.all(
    ['cp-1', 'cp-2', 'cp-3'].map((name) =>
      measure(['ssh', '--file', file, name, 'journalctl -u quorate-api-door -o cat | grep -c ^closed; true']),
    ),
  )
  return told.reduce((sum, { out }) => sum + Number(out), 0)
}

const still = (scratch: Scratch, minutes: number): Promise<void> =>
  onProfile(scratch, 'fast', async (file) => {
    console.error(`fast: ${cpus().length} cores saturated for ${minutes} minutes`)
    const before = await doorsShut(file)
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
      [
        one('moves of the virtual IP', moves.virtualIp),
        one('elections of etcd', moves.etcdLeader),
        one('doors of API servers shut', (await doorsShut(file)) - before),
      ],
      { ...moves, ...computer() },
    )
  })

await withScratch('drill', async (scratch) => {
  if (given.saturate === undefined) await compare(scratch)
  else await still(scratch, Number(given.saturate))
})
