import { existsSync } from 'node:fs'

export interface Programs {
  /** Root file system with haproxy, keepalived and nginx; `/` stands for this computer. */
  root: string
  /** Directory with kubeadm, etcd, etcdctl and containerd. */
  bin?: string
}

/** Where the published programs are: in the bundle, or where two variables say. Checks without their program are skipped aloud. */
export const findPrograms = async (): Promise<Programs> => {
  const bin = process.env.QUORATE_TEST_PROGRAMS
  return { root: process.env.QUORATE_TEST_ROOTFS ?? '/', ...(bin && existsSync(bin) ? { bin } : {}) }
}
