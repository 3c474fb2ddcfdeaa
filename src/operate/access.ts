import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { pasteable } from '../machine/process.js'
import { SshMachine } from '../machine/ssh.js'
import { fault } from '../model/problem.js'
import { writeKubeconfig } from './build.js'
import { bundleFor } from './bundle.js'
import type { VerbOptions } from './options.js'
import { findTarget, withReader } from './target.js'

/** The kubeconfig for people on this computer, written anew. Throws Fault Q4031 when the cluster was never built from here. */
export const kubeconfig = (file: string | undefined, options: VerbOptions): Promise<{ path: string; text: string }> =>
  withReader(file, options, async (session, target) => {
    if (!session.pki) throw fault('Q4031', { cluster: session.cluster.name })
    const path = await writeKubeconfig(session, await target.lab?.relayPort())
    return { path, text: await readFile(path, 'utf8') }
  })

/** A shell on a machine, or one command there: a single word is shell text, as with ssh; of several, each stays one argument. Returns its exit status. */
export const ssh = async (file: string | undefined, name: string, command: readonly string[], { emit }: VerbOptions): Promise<number> => {
  const target = await findTarget(file, emit)
  const machine = target.fleet.machine(name)
  if (!(machine instanceof SshMachine)) throw new Error('only machines over SSH have a shell')
  const terminal = process.stdin.isTTY && process.stdout.isTTY
  const argv = machine.argv(terminal ? ['-t'] : [])
  const [text = ''] = command
  if (command.length === 0) return handOver(argv)
  return handOver([...argv, command.length === 1 ? text : pasteable(command)])
}

/** kubectl of the cluster's own version against it. Returns its exit status. */
export const kubectl = async (file: string | undefined, args: readonly string[], options: VerbOptions): Promise<number> => {
  const { path } = await kubeconfig(file, options)
  const { cluster } = await findTarget(file, () => {})
  const { binaries } = await bundleFor(cluster, { ...options, source: 'auto' })
  return handOver([binaries.kubectl ?? 'kubectl', ...args], { KUBECONFIG: path })
}

/** Gives the terminal to a program until it ends. Signals from the keyboard reach it by themselves: it is in our process group. */
const handOver = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const [program = '', ...rest] = argv
    const child = spawn(program, rest, { stdio: 'inherit', env: { ...process.env, ...env } })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
