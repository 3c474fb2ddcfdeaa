import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ensureBundle } from '../../src/bundle/ensure.js'
import { defaults } from '../../src/config/defaults.js'
import type { LabImage } from '../../src/lab/image.js'
import type { Cluster } from '../../src/model/cluster.js'

/** Machines named m-1, m-2 ... at .11, .12 ... of a /24: enough of a cluster to make machines from. */
export const machinesOnly = (name: string, count: number, subnet = '10.97.5.0/24'): Cluster => {
  const base = subnet.split('.').slice(0, 3).join('.')
  return {
    name,
    kubernetesVersion: defaults.kubernetesVersion,
    endpoint: { address: `${base}.10`, port: 6443 },
    balancer: 'haproxy-keepalived',
    timing: 'fast',
    network: {
      podSubnet: '10.244.0.0/16',
      serviceSubnet: '10.96.0.0/16',
      machineSubnet: subnet,
      dnsDomain: 'cluster.local',
      plugin: { kind: 'routed' },
    },
    virtualRouterId: 7,
    etcd: {},
    dns: { replicas: 2 },
    machines: Array.from({ length: count }, (_, i) => ({ name: `m-${i + 1}`, address: `${base}.${11 + i}`, roles: ['worker'] })),
  }
}

/** What machines are made of: the bundle, which an earlier stage of the tests has made. */
export const labImage = async (): Promise<LabImage> => {
  const { rootfs, layer, containerd, digest } = await ensureBundle({
    kubernetesVersion: defaults.kubernetesVersion,
    metallb: false,
    source: 'auto',
    emit: () => undefined,
  })
  return { rootfs, layer, containerd, digest }
}

/** A state directory on a real disk, and a janitor that removes it and the labs named here even when the tests are killed. Call the function at the end. */
export const labState = (...labs: string[]): { root: string; clean: () => Promise<void> } => {
  const root = mkdtempSync('/var/tmp/quorate-lab-')
  const janitor = spawn(process.execPath, [fileURLToPath(new URL('./janitor.mjs', import.meta.url)), root, ...labs], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  })
  const ended = new Promise<void>((resolve) => janitor.once('exit', () => resolve()))
  return {
    root,
    clean: async () => {
      janitor.stdin.end()
      await ended
    },
  }
}
