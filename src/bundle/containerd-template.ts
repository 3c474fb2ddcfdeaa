import { spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProcess } from '../machine/process.js'
import { contained } from './contained.js'
import type { Amount } from './progress.js'

/**
 * A /var/lib/containerd in which every image is imported and unpacked, made by a containerd of its own. A machine of a lab links it instead of
 * unpacking 900 MB by itself: milliseconds instead of seconds, and the same pages in memory for all machines.
 */
export const makeContainerdTemplate = async (
  dir: string,
  bin: string,
  images: readonly { reference: string; archive: string }[],
  amount: Amount,
  signal?: AbortSignal,
): Promise<void> => {
  const root = join(dir, 'root')
  const run = await mkdtemp(join(tmpdir(), 'quorate-containerd-'))
  const socket = join(run, 'c.sock')
  await mkdir(root, { recursive: true })
  const config = join(run, 'config.toml')
  // Only what importing needs: the CRI plugin would look for a network, others for file systems that are not there.
  await writeFile(
    config,
    `version = 3\nroot = "${root}"\nstate = "${run}/state"\ndisabled_plugins = ["io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "${socket}"\n`,
  )
  const log = openSync(join(run, 'log'), 'a')
  // Mounts of its own: unpacking mounts each layer for a moment, and a killed build must not leave one.
  const [command, ...args] = contained(['unshare', '--mount', '--', join(bin, 'containerd'), '--config', config])
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` },
  })
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done())
    child.once('error', () => done())
  })
  try {
    for (let n = 0; n < 200 && !existsSync(socket); n++) {
      signal?.throwIfAborted()
      await sleep(50)
    }
    const ctr: [string, ...string[]] = [join(bin, 'ctr'), '--address', socket, '--namespace', 'k8s.io']
    for (const [at, { reference, archive }] of images.entries()) {
      amount(at, images.length, 'images', reference)
      await runProcess([...ctr, 'images', 'import', '--local', archive], { timeoutMs: 180_000, ...(signal ? { signal } : {}) })
    }
    amount(images.length, images.length, 'images')
  } finally {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(timer)
    await rm(run, { recursive: true, force: true })
  }
}
