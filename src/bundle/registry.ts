import { fault } from '../model/problem.js'
import { sha256 } from './digest.js'
import { getText, type HttpOptions } from './http.js'
import { goArch } from './pins.js'
import { mirrored } from './release-url.js'

/** A layer of an image, where it is, and how to ask for it. */
export interface LayerSource {
  url: string
  sha256: string
  size: number
  headers: Record<string, string>
}

const accepted = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

interface Descriptor {
  digest: string
  size: number
  platform?: { os: string; architecture: string }
}

/** "registry.k8s.io/e2e-test-images/agnhost:2.63.0" in its three parts. */
export const parseReference = (reference: string): { host: string; name: string; tag: string } => {
  const [, host, name, tag] = /^([^/]+)\/(.+):([^:/]+)$/.exec(reference) ?? []
  if (!host || !name || !tag) throw new Error(`not an image reference: ${reference}`)
  return { host, name, tag }
}

/** An anonymous token, when the registry's answer asks for one (Bearer realm="...",service="...",scope="..."). */
const tokenFor = async (challenge: string, options: HttpOptions): Promise<string | undefined> => {
  const given = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]))
  if (!/^bearer /i.test(challenge) || !given.realm) return undefined
  const url = new URL(given.realm)
  for (const key of ['service', 'scope']) if (given[key]) url.searchParams.set(key, given[key])
  const answer = JSON.parse((await getText(url.href, options)).text) as { token?: string; access_token?: string }
  return answer.token ?? answer.access_token
}

/**
 * Layers of an image for this computer's processor, the last first: programs are mostly in the last. Each manifest asked for by digest is compared
 * with it. Throws Faults Q2006, Q2007.
 */
export const imageLayers = async (reference: string, options: HttpOptions = {}): Promise<LayerSource[]> => {
  const { host, name, tag } = parseReference(reference)
  const base = mirrored(`https://${host}/v2/${name}`)
  const headers: Record<string, string> = { accept: accepted }
  const manifest = async (which: string): Promise<{ manifests?: Descriptor[]; layers?: Descriptor[] }> => {
    const url = `${base}/manifests/${which}`
    let answer = await getText(url, { ...options, headers })
    if (answer.status === 401) {
      const token = await tokenFor(answer.headers.get('www-authenticate') ?? '', options)
      if (token) headers.authorization = `Bearer ${token}`
      answer = await getText(url, { ...options, headers })
    }
    if (answer.status !== 200) throw fault('Q2007', { url, reason: `the server answers ${answer.status}` })
    const found = `sha256:${sha256(answer.text)}`
    if (which.startsWith('sha256:') && found !== which) throw fault('Q2006', { name: `${reference} from ${url}`, found, expected: which })
    return JSON.parse(answer.text)
  }
  let top = await manifest(tag)
  if (top.manifests) {
    const mine = top.manifests.find((m) => m.platform?.os === 'linux' && m.platform.architecture === goArch())
    if (!mine) throw fault('Q2007', { url: `${base}/manifests/${tag}`, reason: `no image for linux/${goArch()}` })
    top = await manifest(mine.digest)
  }
  const { accept: _, ...rest } = headers
  return (top.layers ?? []).reverse().map((layer) => {
    const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(layer.digest) ?? []
    if (!hex) throw fault('Q2007', { url: `${base}/manifests/${tag}`, reason: `a layer with the digest "${layer.digest}"` })
    return { url: `${base}/blobs/${layer.digest}`, sha256: hex, size: layer.size, headers: rest }
  })
}
