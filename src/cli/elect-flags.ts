import type { LockPlace } from '../elect/open-lock.js'
import { fault } from '../model/problem.js'
import type { FlagSpec, Given } from './command.js'

/** Flags that say which lock, and where it is kept: the same for every command about elections. */
export const lockFlags: readonly FlagSpec[] = [
  { flags: '--lock <name>', about: 'Name of the lock; the same on every machine' },
  { flags: '--etcd <urls>', about: 'Keep the lock in etcd: client addresses, comma-separated' },
  { flags: '--cacert <file>', about: "Certificate of the authority of etcd's servers" },
  { flags: '--cert <file>', about: 'Our client certificate for etcd' },
  { flags: '--key <file>', about: 'Its key' },
  { flags: '--prefix <text>', about: 'What keys of locks in etcd begin with', default: '/quorate/elect/' },
  { flags: '--kubeconfig <file>', about: 'Keep the lock as a Lease of Kubernetes; in a pod its service account is used without this' },
  { flags: '--context <name>', about: 'Context of the kubeconfig; its current one when left out' },
  { flags: '--namespace <name>', about: 'Namespace of the Lease; that of the context when left out' },
]

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** The lock that the flags name. Throws Fault Q7901 without --lock. */
export const lockPlace = (flags: Given['flags']): LockPlace => {
  const name = text(flags.lock)
  if (!name) throw fault('Q7901', { what: '--lock NAME is missing' })
  const fields = ['etcd', 'cacert', 'cert', 'key', 'prefix', 'kubeconfig', 'context', 'namespace'] as const
  const given = fields.flatMap((field) => {
    const value = text(flags[field])
    return value === undefined ? [] : [[field, value] as const]
  })
  return { name, ...Object.fromEntries(given) }
}
