import { chmod, copyFile, link, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeEmptySnapshot } from './empty-etcd.js'
import type { Pins } from './pins.js'

/** Where a bundle keeps its snapshot of an empty etcd, below the layer's root: steps restore members from it. */
export const snapshotPath = 'usr/local/share/quorate/empty-etcd.db'

const versionsText = (pins: Pins): string => pins.modules.flatMap((m) => m.programs.map((p) => `${p.as} v${p.version}\n`)).join('')

/**
 * Fills `dir`/root with what is laid over the root file system of a machine: programs where they belong, their versions, and a snapshot of an empty
 * etcd. Programs are hard links to those of the cache, so they cost no space.
 */
export const makeLayer = async (
  dir: string,
  pins: Pins,
  programs: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> => {
  const root = join(dir, 'root')
  for (const [folder, names] of Object.entries(pins.install)) {
    await mkdir(join(root, folder), { recursive: true })
    for (const name of names) {
      const from = programs[name]
      if (!from) throw new Error(`${name} is to be installed, and nothing pinned brings it`)
      const to = join(root, folder, name)
      await link(from, to).catch(() => copyFile(from, to))
      await chmod(to, 0o755)
    }
  }
  const share = join(root, 'usr/local/share/quorate')
  await mkdir(share, { recursive: true })
  await writeFile(join(share, 'versions'), versionsText(pins))
  await makeEmptySnapshot(join(root, snapshotPath), join(root, 'usr/local/bin'), signal)
}
