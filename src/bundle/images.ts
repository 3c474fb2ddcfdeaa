import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Bundle } from './bundle.js'
import { type ImageFile, writeImage } from './oci-image.js'
import type { ImagePin } from './pins.js'
import type { Amount } from './progress.js'
import { libraryClosure } from './rootfs.js'

const listName = 'images.json'

const filesOf = async (pin: ImagePin, programs: Readonly<Record<string, string>>, rootfs: string): Promise<ImageFile[]> => {
  const program = (name: string): string => {
    const at = programs[name]
    if (!at) throw new Error(`image ${pin.reference} wants ${name}, and nothing pinned brings it`)
    return at
  }
  const own = [
    { path: pin.path, source: program(pin.program), mode: 0o755 },
    ...(pin.also ?? []).map((name) => ({ path: join(dirname(pin.path), name), source: program(name), mode: 0o755 })),
  ]
  const debian = await Promise.all((pin.debian ?? []).map((path) => libraryClosure(rootfs, path)))
  const mode = (path: string): number => (path.startsWith('/etc/') ? 0o644 : 0o755)
  const libraries = new Map(debian.flat().map((f) => [f.path, { ...f, mode: mode(f.path) }]))
  return [...own, ...libraries.values()]
}

/** Writes one archive for each pinned image into `dir`, and the list of their digests. */
export const makeImages = async (
  dir: string,
  pins: readonly ImagePin[],
  programs: Readonly<Record<string, string>>,
  rootfs: string,
  amount: Amount,
): Promise<void> => {
  const list: Bundle['images'] = []
  for (const pin of pins) {
    amount(list.length, pins.length, 'images', pin.reference)
    const archive = `${pin.program}.tar`
    const digest = await writeImage(join(dir, archive), {
      reference: pin.reference,
      files: await filesOf(pin, programs, rootfs),
      ...(pin.entrypoint ? { entrypoint: pin.entrypoint } : {}),
      ...(pin.user ? { user: pin.user } : {}),
    })
    list.push({ reference: pin.reference, archive, digest })
  }
  await writeFile(join(dir, listName), JSON.stringify(list, undefined, 2))
  amount(pins.length, pins.length, 'images')
}

/** What `makeImages` wrote, with absolute paths. */
export const readImages = async (dir: string): Promise<Bundle['images']> => {
  const list = JSON.parse(await readFile(join(dir, listName), 'utf8')) as Bundle['images']
  return list.map((image) => ({ ...image, archive: join(dir, image.archive) }))
}
