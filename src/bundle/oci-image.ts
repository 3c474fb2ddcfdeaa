import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { posix } from 'node:path'

/** A file of an image: where it lies inside, and where its content comes from. */
export interface ImageFile {
  path: string
  source: string
  mode: number
}

export interface ImageSpec {
  reference: string
  files: readonly ImageFile[]
  entrypoint?: readonly string[]
  user?: string
}

const block = 512

/** One ustar header (POSIX.1-1988). Times and owners are zero, so equal content gives equal bytes. */
export const tarHeader = (path: string, size: number, mode: number, type: '0' | '5'): Buffer => {
  const header = Buffer.alloc(block)
  if (Buffer.byteLength(path) > 100) throw new Error(`path too long for an image: ${path}`)
  header.write(path, 0)
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((a, b) => a + b, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

const padding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block)

/** Parents first, each once, sorted: an unpacker needs no directory that it has not seen. */
const parentsOf = (files: readonly ImageFile[]): string[] => {
  const dirs = new Set<string>()
  for (const file of files) for (let d = posix.dirname(file.path); d !== '/'; d = posix.dirname(d)) dirs.add(d)
  return [...dirs].sort()
}

type Write = (chunk: Buffer) => Promise<void>

const writeLayer = async (files: readonly ImageFile[], write: Write): Promise<void> => {
  for (const dir of parentsOf(files)) await write(tarHeader(`${dir.slice(1)}/`, 0, 0o755, '5'))
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const { size } = await stat(file.source)
    await write(tarHeader(file.path.slice(1), size, file.mode, '0'))
    for await (const chunk of createReadStream(file.source, { highWaterMark: 1 << 20 })) await write(chunk as Buffer)
    await write(padding(size))
  }
  await write(Buffer.alloc(2 * block))
}

const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')

/**
 * Writes an image as one archive in the OCI image layout, with the manifest.json of `docker save` beside it for older importers: one uncompressed layer
 * with the files given. The same files give the same bytes. Returns the digest of the manifest.
 */
export const writeImage = async (out: string, spec: ImageSpec): Promise<string> => {
  const measured = { size: 0, hash: createHash('sha256') }
  await writeLayer(spec.files, async (chunk) => {
    measured.size += chunk.length
    measured.hash.update(chunk)
  })
  const layerDigest = measured.hash.digest('hex')
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...(spec.entrypoint ? { Entrypoint: spec.entrypoint } : {}),
      ...(spec.user ? { User: spec.user } : {}),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
    history: [{ created: '1970-01-01T00:00:00Z', created_by: 'quorate' }],
  })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${sha256(config)}`, size: Buffer.byteLength(config) },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${layerDigest}`, size: measured.size }],
  })
  const manifestDigest = `sha256:${sha256(manifest)}`
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: manifestDigest,
        size: Buffer.byteLength(manifest),
        annotations: { 'io.containerd.image.name': spec.reference, 'org.opencontainers.image.ref.name': spec.reference.split(':').at(-1) },
      },
    ],
  })
  const file = await open(out, 'w', 0o644)
  try {
    const write = writerOf(file)
    const small = async (path: string, content: string): Promise<void> => {
      const bytes = Buffer.from(content)
      await write(tarHeader(path, bytes.length, 0o644, '0'))
      await write(bytes)
      await write(padding(bytes.length))
    }
    await small('oci-layout', '{"imageLayoutVersion":"1.0.0"}')
    await small('index.json', index)
    await small(`blobs/sha256/${sha256(manifest)}`, manifest)
    await small(`blobs/sha256/${sha256(config)}`, config)
    await write(tarHeader(`blobs/sha256/${layerDigest}`, measured.size, 0o644, '0'))
    await writeLayer(spec.files, write)
    await write(padding(measured.size))
    await small(
      'manifest.json',
      JSON.stringify([{ Config: `blobs/sha256/${sha256(config)}`, RepoTags: [spec.reference], Layers: [`blobs/sha256/${layerDigest}`] }]),
    )
    await write(Buffer.alloc(2 * block))
  } finally {
    await file.close()
  }
  return manifestDigest
}

const writerOf =
  (file: FileHandle): Write =>
  async (chunk) => {
    for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
  }

/** sha256 of a file in hex. */
export const digestOfFile = async (path: string): Promise<string> => {
  const { size } = await stat(path)
  if (size < 1 << 20) return sha256(await readFile(path))
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
