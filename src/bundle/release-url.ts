import { goArch } from './pins.js'

/** Writes a program's name and this computer's processor into a pinned address or path. */
export const filled = (template: string, program: string): string =>
  template.replaceAll('{arch}', goArch()).replaceAll('{program}', program)

/** QUORATE_RELEASES_URL stands before the host: a mirror keeps https://HOST/PATH as MIRROR/HOST/PATH. */
export const mirrored = (url: string, mirror: string | undefined = process.env.QUORATE_RELEASES_URL): string =>
  mirror ? `${mirror.replace(/\/+$/, '')}/${url.replace(/^https:\/\//, '')}` : url

const hex = /^[0-9a-f]{64}$/i

/** The digest of a file in a published list: `HEX  NAME` lines of sha256sum, or nothing but one digest. Undefined when it is not there. */
export const digestInList = (list: string, file: string): string | undefined => {
  const rows = list
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([digest]) => hex.test(digest ?? ''))
  const named = rows.find(([, name]) => name?.replace(/^[*]?(.*\/)?/, '') === file)
  const only = rows.length === 1 && rows[0]?.length === 1 ? rows[0] : undefined
  return (named ?? only)?.[0]?.toLowerCase()
}
