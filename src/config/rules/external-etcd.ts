import { doubtful, type FieldPath, type Finding, pathText, wrong } from '../finding.js'
import type { Rule } from './rule.js'

const urlFault = (text: string): string | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url?.hostname) return 'not a URL'
  if (url.protocol === 'http:') return 'http is not encrypted'
  if (url.protocol !== 'https:') return 'not a URL of https'
  if (url.username || url.password) return 'clients are known by their certificate, not by a password'
  if (url.pathname !== '/' || url.search || url.hash) return 'nothing may follow the port'
  return /:\d+\/?$/.test(text) ? undefined : 'the port is missing'
}

const externalPath: FieldPath = ['spec', 'etcd', 'external']

export const etcdEndpoints: Rule = ({ cluster }): Finding[] => {
  const endpoints = cluster.etcd.external?.endpoints
  if (!endpoints) return []
  const findings = endpoints.flatMap((found, i): Finding[] => {
    const path = [...externalPath, 'endpoints', i]
    const why = urlFault(found)
    if (why) return [wrong('Q1801', path, { field: pathText(path), found, why })]
    return endpoints.indexOf(found) < i ? [wrong('Q1803', path, { found })] : []
  })
  const [only] = endpoints
  const single = endpoints.length === 1 && only && findings.length === 0
  return single ? [doubtful('Q1804', [...externalPath, 'endpoints'], { found: only })] : findings
}

export const etcdPrefix: Rule = ({ cluster }) => {
  const found = cluster.etcd.external?.prefix
  if (found === undefined) return []
  const why = !found.startsWith('/')
    ? 'it must start with /'
    : found === '/' || found.endsWith('/')
      ? 'a name must stand at its end'
      : /^[\w./-]+$/.test(found)
        ? undefined
        : 'letters, digits, dots, hyphens and slashes only'
  return why ? [wrong('Q1805', [...externalPath, 'prefix'], { found, why, name: cluster.name })] : []
}
