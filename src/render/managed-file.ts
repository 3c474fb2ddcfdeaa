import type { FileSpec } from '../machine/machine.js'

/** A file that quorate keeps on a machine, and the unit that reads it: when the file changes and the unit runs, it is told. */
export interface ManagedFile extends FileSpec {
  /** systemd unit with suffix. */
  unit?: string
  /** Default restart. */
  action?: 'restart' | 'reload'
}

/** Programs and scripts of our own on a machine; root-owned, on no search path. */
export const libexec = '/usr/local/libexec/quorate'
/** Certificates and keys, where kubeadm looks for them. */
export const pkiDir = '/etc/kubernetes/pki'
