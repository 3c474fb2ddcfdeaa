import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { rootCertificates } from 'node:tls'
import { parse } from 'yaml'
import type { TlsIdentity } from '../client/transport.js'
import { fault } from '../model/problem.js'

/** How to reach an API server, and as whom. */
export interface KubernetesAccess {
  host: string
  port: number
  serverName?: string
  tls?: TlsIdentity
  /** Asked for each request. */
  bearer?: () => string
  /** Namespace that the context names. */
  namespace?: string
}

interface Named<T> {
  name: string
  cluster?: T
  user?: T
  context?: T
}
type Fields = Record<string, unknown>

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw fault('Q7903', { path, reason: (cause as Error).message }, { cause })
  }
}

const pick = (list: unknown, name: unknown, part: 'cluster' | 'user' | 'context', path: string): Fields => {
  const found = Array.isArray(list) ? (list as Named<Fields>[]).find((one) => one.name === name)?.[part] : undefined
  if (!found) throw fault('Q7903', { path, reason: `it has no ${part} "${name ?? ''}"` })
  return found
}

/** PEM text of a field: inline as base64, or from a file named relative to the kubeconfig. */
const pemOf = (fields: Fields, name: string, directory: string): string | undefined => {
  const inline = fields[`${name}-data`]
  if (typeof inline === 'string' && inline) return Buffer.from(inline, 'base64').toString('utf8')
  const file = fields[name]
  return typeof file === 'string' && file ? read(resolve(directory, file)) : undefined
}

/** Host and port of a URL such as https://10.0.0.10:6443. Throws Fault Q7901. */
export const serverOf = (url: string, standardPort: number): { host: string; port: number; secure: boolean } => {
  try {
    const { protocol, hostname, port } = new URL(url)
    if ((protocol !== 'https:' && protocol !== 'http:') || !hostname) throw new Error('not http or https')
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || standardPort, secure: protocol === 'https:' }
  } catch (cause) {
    throw fault('Q7901', { what: `"${url}" is no address such as https://10.0.0.10:${standardPort}` }, { cause })
  }
}

const bearerOf = (user: Fields, directory: string): (() => string) | undefined => {
  const { token, tokenFile } = user
  if (typeof tokenFile === 'string' && tokenFile) return () => read(resolve(directory, tokenFile)).trim()
  return typeof token === 'string' && token ? () => token : undefined
}

/**
 * Reads a kubeconfig: certificates inline or in files, or a bearer token. Throws Fault Q7903 for one that cannot be read, that needs a
 * program to log in, or that asks not to check whom it talks to: a lock that anybody on the path can hand out is none.
 */
export const readKubeconfig = (path: string, context?: string): KubernetesAccess => {
  let config: Fields
  try {
    config = (parse(read(path)) ?? {}) as Fields
  } catch (cause) {
    if ((cause as { problem?: unknown }).problem) throw cause
    throw fault('Q7903', { path, reason: (cause as Error).message.split('\n')[0] ?? '' }, { cause })
  }
  const chosen = pick(config.contexts, context ?? config['current-context'], 'context', path)
  const cluster = pick(config.clusters, chosen.cluster, 'cluster', path)
  const user = pick(config.users, chosen.user, 'user', path)
  if (cluster['insecure-skip-tls-verify']) throw fault('Q7903', { path, reason: 'it says insecure-skip-tls-verify' })
  if (user.exec || user['auth-provider']) throw fault('Q7903', { path, reason: 'its user logs in through another program' })
  const directory = dirname(resolve(path))
  const server = serverOf(String(cluster.server ?? ''), 443)
  const cert = pemOf(user, 'client-certificate', directory)
  const key = pemOf(user, 'client-key', directory)
  const ca = pemOf(cluster, 'certificate-authority', directory) ?? rootCertificates.join('\n')
  const bearer = bearerOf(user, directory)
  const serverName = cluster['tls-server-name']
  return {
    host: server.host,
    port: server.port,
    ...(typeof serverName === 'string' && serverName ? { serverName } : {}),
    ...(server.secure ? { tls: { ca, ...(cert && key ? { cert, key } : {}) } } : {}),
    ...(bearer ? { bearer } : {}),
    ...(typeof chosen.namespace === 'string' ? { namespace: chosen.namespace } : {}),
  }
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Access of a pod to its own cluster, by its service account; undefined outside of a pod. */
export const podAccess = (env: Readonly<Record<string, string | undefined>>): KubernetesAccess | undefined => {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host) return undefined
  return {
    host,
    port: Number(port ?? 443),
    tls: { ca: read(`${account}/ca.crt`) },
    bearer: () => read(`${account}/token`).trim(),
    namespace: read(`${account}/namespace`).trim(),
  }
}
