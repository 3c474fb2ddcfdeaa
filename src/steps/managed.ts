import { memberStamp } from './etcd.js'
import { stampPath } from './stamp.js'

/** Units whose state decides whether a step is done. */
export const managedUnits = [
  'haproxy.service',
  'nginx.service',
  'keepalived.service',
  'etcd.service',
  'containerd.service',
  'kubelet.service',
]

/** Stamps that steps leave, for the facts of a machine. */
export const stampPaths = [memberStamp, stampPath('bundle'), stampPath('control-plane')]
