import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProcess } from '../machine/process.js'
import { fault } from '../model/problem.js'
import type { LabPaths } from './paths.js'

const marker = (paths: LabPaths): string => join(paths.dir, 'namespace')

/**
 * A network namespace with one bridge and nothing else: no link to the computer's own network and no route out, so an address of the
 * lab can neither collide with one outside nor leak to it. The bridge answers at the last address of the subnet: that is the machines' default
 * gateway and name server, and it refuses both at once (a query that hangs costs kubeadm 10 s, keepalived 6 s).
 */
export const makeNetwork = async (paths: LabPaths, gateway: string, prefixLength: number): Promise<void> => {
  const ns = paths.namespace
  if (existsSync(`/run/netns/${ns}`)) {
    if (existsSync(marker(paths))) return
    throw fault('Q3504', { namespace: ns })
  }
  await mkdir(paths.dir, { recursive: true, mode: 0o700 })
  await writeFile(marker(paths), `${ns}\n`, { mode: 0o600 })
  const script = `set -e
ip netns add ${ns}
ip -n ${ns} link set lo up
ip -n ${ns} link add ${paths.bridge} type bridge
ip -n ${ns} addr add ${gateway}/${prefixLength} dev ${paths.bridge}
ip -n ${ns} link set ${paths.bridge} up
nsenter --net=/run/netns/${ns} sysctl -qw net.ipv4.ip_forward=0
`
  await runProcess(['sh', '-c', script], { timeoutMs: 10_000 })
}

/** Also ends what half a `makeNetwork` left behind. */
export const removeNetwork = async (paths: LabPaths): Promise<void> => {
  if (!existsSync(marker(paths)) || !existsSync(`/run/netns/${paths.namespace}`)) return
  await runProcess(['ip', 'netns', 'delete', paths.namespace], { timeoutMs: 10_000, allowFailure: true })
}

export const inNamespace = (paths: LabPaths): readonly string[] => ['nsenter', `--net=/run/netns/${paths.namespace}`, '--']
