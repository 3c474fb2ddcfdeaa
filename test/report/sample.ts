import { judgeHistory } from '../../src/history/judge.js'
import type { CheckResult } from '../../src/model/check.js'
import { assembleReport } from '../../src/report/assemble.js'
import type { DrillReport, FaultReport, Lane, ProbeResult, Segment } from '../../src/report/drill-report.js'
import { judgeFault, type Unjudged } from '../../src/report/verdict.js'
import { randomOf, simulate } from '../history/simulate.js'
import { cluster, type Felt, machine, type Plan, plans, probes, timing, zone } from './sample-plans.js'

const laneOf = (
  name: string,
  windows: Felt['windows'],
  fromMs: number,
  toMs: number,
  hz: number,
  random: () => number,
): { lane: Lane; probe: ProbeResult } => {
  const stepMs = 1000 / hz
  const failedAt: number[] = []
  let total = 0
  for (let at = fromMs; at < toMs; at += stepMs) {
    total++
    const hit = windows.find(([from, to]) => at >= from && at <= to)
    if (hit && random() < hit[2]) failedAt.push(at)
  }
  const segments: Segment[] = []
  let cursor = fromMs
  for (const at of failedAt) {
    const last = segments[segments.length - 1]
    if (last?.kind === 'failing' && at - last.toMs <= stepMs * 1.5) {
      last.toMs = at + stepMs
    } else {
      if (at > cursor) segments.push({ fromMs: cursor, toMs: at, kind: 'ok' })
      segments.push({ fromMs: at, toMs: at + stepMs, kind: 'failing' })
    }
    cursor = at + stepMs
  }
  segments.push({ fromMs: cursor, toMs, kind: 'ok' })
  const failing = segments.filter((one) => one.kind === 'failing')
  const first = failedAt[0]
  const last = failedAt[failedAt.length - 1]
  const spanMs = first === undefined || last === undefined ? 0 : last - first + stepMs
  const slow = name === 'DNS' ? 1.2 : name === 'writes' ? 9 : 4
  return {
    lane: {
      group: name === 'watch' ? 'watch' : 'probe',
      name,
      segments:
        name === 'watch'
          ? segments.map((one) => (one.kind === 'ok' ? { ...one, kind: 'open' as const } : { ...one, kind: 'missing' as const }))
          : segments,
      points: name === 'watch' ? [] : failedAt.map((atMs) => ({ atMs, kind: 'failed' as const, label: 'connect timeout' })),
    },
    probe: {
      probe: name,
      longestMs: Math.max(0, ...failing.map((one) => one.toMs - one.fromMs)),
      spanMs,
      count: failing.length,
      failed: failedAt.length,
      total,
      voided: 0,
      ...(last === undefined ? {} : { returnedMs: last + stepMs }),
      errors: (failedAt.length > 0
        ? {
            'connect timeout': Math.ceil(failedAt.length * 0.7),
            ...(failedAt.length > 1 ? { 'connection reset': Math.floor(failedAt.length * 0.3) } : {}),
          }
        : {}) as Record<string, number>,
      latency: {
        before: { p50: slow, p95: slow * 1.8, p99: slow * 3.1 },
        during: { p50: slow * 1.3, p95: slow * 9, p99: failedAt.length > 0 ? 300 + slow * 20 : slow * 12 },
        after: { p50: slow, p95: slow * 1.9, p99: slow * 3.4 },
      },
      uncertaintyMs: stepMs + 5,
    },
  }
}

const safe = (seed: number, unsafe: boolean): FaultReport['safety'] => {
  const history = simulate({ seed, operations: 400, clients: 5, registers: 3, revisions: true, lost: 0.03, refused: 0.03 })
  if (unsafe) {
    const lost = history.operations.find(
      (op) => op.kind === 'create' && op.outcome === 'ok' && history.finals[3]?.items[op.key]?.value === op.value,
    )
    if (lost) delete history.finals[3]?.items[lost.key]
  }
  const verdict = judgeHistory(history, { now: () => 0 })
  return { verdict: verdict.verdict, properties: verdict.properties, acknowledgedWrites: verdict.counts.acknowledgedWrites * 9 }
}

const faultOf = (plan: Plan, index: number): FaultReport => {
  const random = randomOf(1000 + index)
  const fromMs = -5000
  const toMs = plan.inForceMs + (plan.redundancyMs ?? 20_000) + 4000
  const effective = plan.category === 'control' && plan.control === 'must-hold' ? undefined : 0
  const lanes: Lane[] = []
  const measured: ProbeResult[] = []
  for (const name of probes) {
    const { lane, probe } = laneOf(name, plan.felt[name]?.windows ?? [], fromMs, toMs, name === 'writes' ? 20 : 50, random)
    lanes.push(lane)
    measured.push(probe)
  }
  const gap = plan.vip?.gapMs ?? 0
  const split = plan.vip?.splitMs ?? 0
  const moves = plan.vip !== undefined
  lanes.push(
    { group: 'virtual-ip', name: 'VIP on lb-1', segments: [{ fromMs, toMs: moves ? split : toMs, kind: 'owner' }], points: [] },
    { group: 'virtual-ip', name: 'VIP on lb-2', segments: moves ? [{ fromMs: split > 0 ? 0 : gap, toMs, kind: 'owner' }] : [], points: [] },
  )
  const leader = plan.leader ?? { from: 'cp-2', to: 'cp-2', gapMs: 0 }
  lanes.push({
    group: 'leader',
    name: 'etcd leader',
    segments:
      leader.gapMs > 0
        ? [
            { fromMs, toMs: 5, kind: 'holder', label: leader.from },
            { fromMs: leader.gapMs, toMs, kind: 'holder', label: leader.to },
          ]
        : [{ fromMs, toMs, kind: 'holder', label: leader.from }],
    points: [],
  })
  lanes.push({ group: 'leader', name: 'controller-manager', segments: [{ fromMs, toMs, kind: 'holder', label: 'cp-3' }], points: [] })
  lanes.push({
    group: 'leader',
    name: 'scheduler',
    segments: plan.machines.includes('cp-1')
      ? [
          { fromMs, toMs: 0, kind: 'holder', label: 'cp-1' },
          { fromMs: 5400, toMs, kind: 'holder', label: 'cp-2' },
        ]
      : [{ fromMs, toMs, kind: 'holder', label: 'cp-1' }],
    points: [],
  })
  const healedMs = plan.inForceMs
  const back = plan.redundancyMs
  lanes.push({
    group: 'redundancy',
    name: 'all claims true',
    segments: back === null ? [] : [{ fromMs: effective ?? 0, toMs: healedMs + back, kind: 'missing', label: 'degraded' }],
    points: [],
  })
  const headline = measured[0]
  const unjudged: Unjudged = {
    id: plan.id,
    title: plan.title,
    category: plan.category,
    ...(plan.control ? { control: plan.control } : {}),
    victim: { role: plan.role, machines: plan.machines },
    domains: plan.domains ?? [],
    predicted: { probe: 'new connection', worstMs: plan.predictedMs, formula: plan.formula },
    measured,
    times: {
      plannedMs: -4000,
      armedMs: -900,
      ...(effective === undefined ? {} : { effectiveMs: effective, healedMs }),
      ...(back === null ? {} : { redundancyBackMs: healedMs + back }),
    },
    effectProof: { proven: !plan.ineffective, says: plan.effect },
    undoProof: { proven: true, says: 'as before the fault: processes, rules and links compared' },
    safety: safe(100 + index, plan.unsafe ?? false),
    ...(plan.vip ? { virtualIp: plan.vip } : {}),
    redundancy: {
      back: back !== null,
      ...(back === null ? {} : { tookMs: back }),
      limitMs: 60_000,
      claims: [
        {
          id: 'etcd/all-voting',
          claim: 'every etcd member votes in one cluster',
          verdict: back === null ? 'False' : 'True',
          evidence: back === null ? 'cp-3 does not answer' : 'cp-1, cp-2, cp-3 name one leader',
        },
      ],
    },
    timeline: { fromMs, toMs, lanes },
    repeats: (plan.repeats ?? []).map((spanMs) => ({
      victim: plan.machines.join(', '),
      spanMs,
      longestMs: spanMs,
      failed: Math.round(spanMs / 20),
      total: headline?.total ?? 0,
      verdict: plan.predictedMs !== null && spanMs > plan.predictedMs + 25 ? ('fail' as const) : ('pass' as const),
    })),
  }
  return { ...unjudged, ...judgeFault(unjudged) }
}

const claims: CheckResult[] = [
  'every etcd member votes in one cluster',
  'every API server is ready at its own address',
  'the virtual IP is on exactly one machine',
  'every balancer sees every backend up',
].map((claim, i) => ({ id: `claim/${i}`, claim, verdict: 'True', evidence: 'seen' }))

export interface SampleOptions {
  /** Without the faults that fail or could not be judged, and with every machine lost once. */
  clean?: boolean
  unsafe?: boolean
  /** Beside an earlier run in which elections took three times as long. */
  compared?: boolean
  change?: (plans: Plan[]) => Plan[]
}

const startedAt = '2026-11-21T04:10:00Z'

const base = (chosen: Plan[], against?: { report: DrillReport; name: string }): DrillReport =>
  assembleReport(
    {
      quorate: '0.1.0',
      cluster,
      timing,
      computer: {
        lab: true,
        cpus: 2,
        cpuModel: 'Intel Xeon 2.8 GHz',
        memoryBytes: 24 * 2 ** 30,
        kernel: '6.1.0-30-amd64',
        os: 'Debian GNU/Linux 12',
        node: 'v20.20.2',
      },
      startedAt,
      tookMs: 1_180_000,
      seed: 42,
      faults: chosen.map(faultOf),
      claims,
      components: ['etcd member', 'API server', 'haproxy', 'keepalived'],
    },
    { now: Date.parse(startedAt) + 3_600_000, ...(against ? { against } : {}) },
  )

/** A realistic report: three repeats and more, one broken limit, one fault that could not be judged, two machines never lost. */
export const sampleReport = ({
  clean = false,
  unsafe = false,
  compared = true,
  change = (all) => all,
}: SampleOptions = {}): DrillReport => {
  let chosen = plans.map((one) => ({ ...one }))
  if (clean) {
    chosen = chosen.filter((one) => one.id !== 'network-vrrp-drop' && one.id !== 'network-mtu')
    for (const [id, name, machines] of [
      ['b', 'Zone b loses power', ['lb-2', 'cp-2', 'w-2']],
      ['c', 'Zone c loses power', ['cp-3']],
    ] as const) {
      const like = plans.find((one) => one.id === 'zone-power-loss')
      if (like)
        chosen.push({
          ...like,
          id: `zone-power-loss-${id}`,
          title: name,
          role: `zone ${id}`,
          machines: [...machines],
          domains: [zone(id), ...machines.map(machine)],
        })
    }
  }
  if (unsafe) for (const one of chosen) if (one.id === 'machine-power-loss-etcd') one.unsafe = true
  const before = plans
    .filter((one) => one.id !== 'etcd-data-wiped')
    .map((one) => ({
      ...one,
      ...(one.repeats ? { repeats: one.repeats.map((ms) => ms * (one.id === 'etcd-leader-kill' ? 3.1 : 1.05)) } : {}),
    }))
  const picked = change(chosen)
  return compared ? base(picked, { report: { ...base(before), quorate: '0.0.9' }, name: 'the run of 2026-11-14' }) : base(picked)
}
