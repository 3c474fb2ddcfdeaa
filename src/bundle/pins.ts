import { readdir, readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { packageFile } from '../package.js'

/** bundle/bundle.yaml as it is written: the one place where versions are pinned. */
export interface Pins {
  kubernetesVersion: string
  modules: ModulePin[]
  releases: ReleasePin[]
  install: Record<string, string[]>
  images: ImagePin[]
  debian: { suite: string; packages: string[]; disable: string[]; mask: string[] }
}

export interface ModulePin {
  name: string
  /** Folder with go.mod and go.sum below bundle/. */
  module: string
  cgo?: boolean
  tags?: string[]
  ldflags?: string[]
  /** Built only for a cluster that asks for it. */
  only?: 'metallb'
  programs: ProgramPin[]
}

export interface ProgramPin {
  tool: string
  as: string
  /** Name that `go build` gives it, where that is another. */
  output?: string
  version: string
  /** Module whose version that is, where the main package is one of ours. */
  of?: string
}

/** Files that decide what a module gives: versions, digests of sources, and main packages of ours. */
export const moduleFiles = async (dir: string): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name === 'go.mod' || name === 'go.sum' || name.endsWith('.go')).sort()

/** Where a project publishes programs: one file each, an archive (`unpack`), or an image. */
export interface ReleasePin {
  name: string
  url?: string
  /** Published list of digests. */
  checksum?: string
  /** Digest by architecture, believed instead of the list. */
  sha256?: Record<string, string>
  image?: string
  unpack?: string
  only?: 'metallb'
  programs: string[]
}

export interface ImagePin {
  reference: string
  program: string
  /** Path of the program inside the image. */
  path: string
  also?: string[]
  /** Files of the Debian root file system that the image needs; programs come with their libraries. */
  debian?: string[]
  entrypoint?: string[]
  user?: string
  only?: 'metallb'
}

export interface Wanted {
  metallb: boolean
}

/** Folder of the pins. */
export const pinsDir = packageFile('bundle/')

export const readPins = async (dir: string = pinsDir): Promise<Pins> => parse(await readFile(`${dir}/bundle.yaml`, 'utf8')) as Pins

const isWanted = (pin: { only?: 'metallb' }, wanted: Wanted): boolean => pin.only === undefined || wanted.metallb

/** What this cluster needs and nothing else: the rest is not compiled. */
export const select = (pins: Pins, wanted: Wanted): Pins => ({
  ...pins,
  modules: pins.modules.filter((m) => isWanted(m, wanted)),
  releases: pins.releases.filter((r) => isWanted(r, wanted)),
  images: pins.images.filter((i) => isWanted(i, wanted)),
})

/** The name that Go and most projects use for this computer's processor. */
export const goArch = (): string => (process.arch === 'x64' ? 'amd64' : process.arch)
