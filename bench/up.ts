import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { ensureBundle } from '../src/bundle/ensure.js'
import { initText } from '../src/config/init.js'
import { loadCluster } from '../src/config/load.js'
import { removeLab } from '../src/lab/lab.js'
import { measure } from './support/command.js'
import { type Figure, median, report } from './support/figures.js'
import { kubeadmByHand } from './support/kubeadm-by-hand.js'
import { type Scratch, withScratch } from './support/scratch.js'

// The job that quorate is for: from nothing to a cluster whose claims hold, and the same machines brought up by kubeadm as the guides say, in pairs.
const rounds = Number(process.env.QUORATE_BENCH_ROUNDS ?? 3)
const text = (name: string): string => initText({ name, controlPlanes: 3, workers: 2, balancers: 2, zones: 3 })

const values: Record<string, number[]> = {}
const note = (name: string, value: number): void => {
  values[name] = [...(values[name] ?? []), value]
  console.error(`${name}: ${value.toFixed(2)}`)
}

const quorateRound = async (file: string): Promise<void> => {
  const up = await measure(['up', file, '-o', 'json'])
  note('up', up.ms / 1000)
  note('memory', up.peakMiB)
  for (const stage of (JSON.parse(up.out) as { stages: { title: string; ms: number }[] }).stages) note(`  ${stage.title}`, stage.ms / 1000)
  note('second up', (await measure(['up', file, '-o', 'json'])).ms / 1000)
  note('check', (await measure(['check', file, '-o', 'json'])).ms / 1000)
  note('down', (await measure(['down', file])).ms / 1000)
}

const byHandRound = async ({ root }: Scratch): Promise<void> => {
  const { cluster } = loadCluster(text('byhand'), 'byhand.yaml')
  if (!cluster) throw new Error('the file does not load')
  const { rootfs, layer, containerd, digest } = await ensureBundle({
    kubernetesVersion: cluster.kubernetesVersion,
    source: 'auto',
    emit: () => {},
  })
  try {
    const { ms, parts, lab } = await kubeadmByHand(cluster, { rootfs, layer, containerd, digest }, join(root, 'byhand'))
    note('kubeadm one after another', ms / 1000)
    for (const [name, value] of Object.entries(parts)) note(`  by hand: ${name}`, value / 1000)
    await lab.fleet.close()
  } finally {
    await removeLab('byhand', join(root, 'byhand'))
  }
}

await withScratch('up', async (scratch) => {
  for (let n = 0; n < 20; n++) note('--help', (await measure(['--help'])).ms)
  for (let round = 0; round < rounds; round++) {
    const ours = () => scratch.withCluster(text('bench'), (file) => quorateRound(file))
    const byHand = () => byHandRound(scratch)
    // Each leads as often as the other: what the disk and the caches hold favours nobody.
    for (const part of round % 2 === 0 ? [ours, byHand] : [byHand, ours]) await part()
  }
})

const figure = (name: string, unit: string, goal?: Figure['goal']): Figure => ({
  name,
  unit,
  values: values[name] ?? [],
  ...(goal ? { goal } : {}),
})
const pairs = (values['kubeadm one after another'] ?? []).map((ms, i) => ms / (values.up?.[i] ?? Number.NaN))
report(
  'From nothing to a cluster whose claims hold: 3 control planes, 2 balancers, 2 workers',
  [
    figure('up', 's', { at: 'most', value: 18 }),
    ...Object.keys(values)
      .filter((name) => name.startsWith('  ') && !name.includes('by hand'))
      .map((name) => figure(name, 's')),
    figure('kubeadm one after another', 's'),
    ...Object.keys(values)
      .filter((name) => name.includes('by hand'))
      .map((name) => figure(name, 's')),
    { name: 'times faster', unit: 'x', values: pairs, goal: { at: 'least', value: 3 } },
    figure('second up', 's', { at: 'most', value: 3 }),
    figure('check', 's'),
    figure('down', 's', { at: 'most', value: 3 }),
    figure('memory', 'MiB', { at: 'most', value: 200 }),
    figure('--help', 'ms', { at: 'most', value: 150 }),
  ],
  { cpus: cpus().length, cpu: cpus()[0]?.model, kernel: release(), node: process.version, medianUpS: median(values.up ?? []) },
)
