import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBundle } from '../../src/bundle/ensure.js'

export interface Programs {
  /** Root file system with haproxy, keepalived and nginx; `/` stands for this computer. */
  root: string
  /** Directory with kubeadm, etcd, etcdctl and containerd. */
  bin?: string
}

/**
 * Where the published programs are: in the bundle, which `npm test` makes before these checks, or where two variables say. Checks
 * without their program are skipped aloud.
 */
export const findPrograms = async (): Promise<Programs> => {
  const bin = process.env.QUORATE_TEST_PROGRAMS
  const root = process.env.QUORATE_TEST_ROOTFS
  if (bin || root) return { root: root ?? '/', ...(bin && existsSync(bin) ? { bin } : {}) }
  if (process.getuid?.() !== 0) return { root: '/' }
  const bundle = await ensureBundle({ kubernetesVersion: 'v1.36.3', source: 'auto', emit: () => undefined })
  return { root: bundle.rootfs, bin: join(bundle.layer, 'usr/local/bin') }
}
