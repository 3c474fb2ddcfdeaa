import { fault } from '../model/problem.js'
import { getText, type HttpOptions, sizeAt } from './http.js'
import { goArch, type ReleasePin } from './pins.js'
import { imageLayers } from './registry.js'
import { digestInList, filled, mirrored } from './release-url.js'

/** One file to be downloaded, and what is known of it before. */
export interface ReleaseFile {
  name: string
  url: string
  /** Hex. */
  sha256: string
  /** Bytes; 0 = the server does not say. */
  size: number
  headers?: Record<string, string>
  /** The program that the file is; absent when programs are inside. */
  program?: string
}

/**
 * Looks up what a release has to be downloaded: its files with their digests and sizes, or the layers of its image, the last first. A digest in the pin
 * is believed more than the published one. Throws Faults Q2006, Q2007.
 */
export const releaseFiles = async (pin: ReleasePin, options: HttpOptions): Promise<ReleaseFile[]> => {
  const { image } = pin
  if (image) return (await imageLayers(image, options)).map((layer) => ({ ...layer, name: image }))
  if (pin.unpack) return [await fileOf(pin, '', options)]
  return Promise.all(pin.programs.map(async (program) => ({ ...(await fileOf(pin, program, options)), program })))
}

const fileOf = async (pin: ReleasePin, program: string, options: HttpOptions): Promise<ReleaseFile> => {
  const official = filled(pin.url ?? '', program)
  const name = official.split('/').at(-1) ?? pin.name
  const url = mirrored(official)
  const [sha256, size] = await Promise.all([
    pin.sha256?.[goArch()] ?? publishedDigest(mirrored(filled(pin.checksum ?? '', program)), name, options),
    sizeAt(url, options),
  ])
  return { name, url, sha256, size }
}

const publishedDigest = async (url: string, file: string, options: HttpOptions): Promise<string> => {
  const { text, status } = await getText(url, options)
  const digest = status === 200 ? digestInList(text, file) : undefined
  if (!digest) throw fault('Q2007', { url, reason: status === 200 ? `no digest of ${file} in it` : `the server answers ${status}` })
  return digest
}
