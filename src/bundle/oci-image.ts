import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { posix } from 'node:path'
import { sha256 } from './digest.js'
import { tarEnd, tarFile, tarHeader, tarPadding, tarText, type Write, writerOf } from './tar-write.js'

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

/** Parents first, each once, sorted: an unpacker needs no directory that it has not seen. */
const parentsOf = (files: readonly ImageFile[]): string[] => {
  const dirs = new Set<string>()
  for (const file of files) for (let d = posix.dirname(file.path); d !== '/'; d = posix.dirname(d)) dirs.add(d)
  return [...dirs].sort()
}

const writeLayer = async (files: readonly ImageFile[], write: Write): Promise<void> => {
  for (const dir of parentsOf(files)) await write(tarHeader(`${dir.slice(1)}/`, 0, 0o755, '5'))
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1)))
    await tarFile(write, file.path.slice(1), file.source, (await stat(file.source)).size, file.mode)
  await write(tarEnd())
}

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
    await tarText(write, 'oci-layout', '{"imageLayoutVersion":"1.0.0"}')
    await tarText(write, 'index.json', index)
    await tarText(write, `blobs/sha256/${sha256(manifest)}`, manifest)
    await tarText(write, `blobs/sha256/${sha256(config)}`, config)
    await write(tarHeader(`blobs/sha256/${layerDigest}`, measured.size, 0o644, '0'))
    await writeLayer(spec.files, write)
    await write(tarPadding(measured.size))
    const legacy = [{ Config: `blobs/sha256/${sha256(config)}`, RepoTags: [spec.reference], Layers: [`blobs/sha256/${layerDigest}`] }]
    await tarText(write, 'manifest.json', JSON.stringify(legacy))
    await write(tarEnd())
  } finally {
    await file.close()
  }
  return manifestDigest
}
