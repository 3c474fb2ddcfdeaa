import { randomUUID } from 'node:crypto'
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { fault } from '../model/problem.js'
import { dialTcp } from './dial.js'
import { EtcdLock } from './etcd-lock.js'
import { type KubernetesAccess, podAccess, readKubeconfig, serverOf } from './kubeconfig.js'
import { KubernetesLock } from './kubernetes-lock.js'
import type { Claimant, Lock } from './lock.js'

/** Where the lock is kept, in the words of the command line. */
export interface LockPlace {
  name: string
  /** URLs, comma-separated. */
  etcd?: string
  cacert?: string
  cert?: string
  key?: string
  /** Keys of locks in etcd begin with this. Default /quorate/elect/. */
  prefix?: string
  kubeconfig?: string
  context?: string
  namespace?: string
}

/** Host name, process id and chance; two processes never share the instance, whatever identity they are given. */
export const newClaimant = (identity?: string): Claimant => {
  const instance = randomUUID()
  return { identity: identity || `${hostname()}-${process.pid}-${instance.slice(0, 6)}`, instance }
}

const pem = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw fault('Q7903', { path, reason: (cause as Error).message }, { cause })
  }
}

const etcdLock = (place: LockPlace, claimant: Claimant, ttlMs: number): Lock => {
  const servers = (place.etcd ?? '').split(',').flatMap((url) => (url.trim() ? [serverOf(url.trim(), 2379)] : []))
  const secure = servers.some((one) => one.secure)
  if (servers.length === 0) throw fault('Q7901', { what: '--etcd names no address' })
  if (secure && servers.some((one) => !one.secure)) throw fault('Q7901', { what: '--etcd mixes http and https' })
  if (secure && !place.cacert) throw fault('Q7901', { what: '--cacert is missing: without it nobody knows whether it is your etcd' })
  if (!place.cert !== !place.key) throw fault('Q7901', { what: '--cert and --key go together' })
  const tls = { ca: pem(place.cacert ?? '/dev/null'), ...(place.cert && place.key ? { cert: pem(place.cert), key: pem(place.key) } : {}) }
  return new EtcdLock({
    endpoints: servers,
    ...(secure ? { tls } : {}),
    dial: dialTcp,
    key: `${place.prefix ?? '/quorate/elect/'}${place.name}`,
    claimant,
    ttlMs,
  })
}

const kubernetesLock = (place: LockPlace, access: KubernetesAccess, claimant: Claimant, ttlMs: number): Lock =>
  new KubernetesLock({
    ...access,
    dial: dialTcp,
    namespace: place.namespace ?? access.namespace ?? 'default',
    name: place.name,
    claimant,
    ttlMs,
  })

/** Opens the lock; nothing is asked of the store yet. Throws Faults Q7901 (flags), Q7903 (files). */
export const openLock = (
  place: LockPlace,
  claimant: Claimant,
  ttlMs: number,
  env: Readonly<Record<string, string | undefined>> = {},
): Lock => {
  // A name of a Kubernetes object, so that a lock can move from one store to the other.
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(place.name)) {
    throw fault('Q7901', { what: `"${place.name}" is no name for a lock: small letters, digits, "-" and "." inside` })
  }
  if (place.etcd && place.kubeconfig) throw fault('Q7901', { what: '--etcd and --kubeconfig are two places for one lock' })
  if (place.etcd) return etcdLock(place, claimant, ttlMs)
  const access = place.kubeconfig ? readKubeconfig(place.kubeconfig, place.context) : podAccess(env)
  if (!access) throw fault('Q7901', { what: 'no store is named: write --etcd URLS or --kubeconfig FILE' })
  return kubernetesLock(place, access, claimant, ttlMs)
}

/** Makes sure that COMMAND can be started here, before anybody is elected for nothing. Throws Fault Q7904. */
export const findProgram = (program: string, env: Readonly<Record<string, string | undefined>>, cwd: string): string => {
  const places = program.includes('/') ? [resolve(cwd, program)] : (env.PATH ?? '').split(delimiter).map((one) => join(one || '.', program))
  for (const path of places) {
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      // Not here.
    }
  }
  throw fault('Q7904', { command: program, reason: 'there is no such program, or it may not be run' })
}
