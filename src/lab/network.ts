import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { runProcess } from '../machine/process.js'
import { fault } from '../model/problem.js'
import { runLocked } from './locked.js'
import { endProcessesIn, namespaceAt } from './namespace-processes.js'
import type { LabPaths } from './paths.js'
import { gatewayOf, overlaps, prefixLengthOf } from './subnet.js'

/** The mark that a namespace is this lab's: its name while it is being made, then also its number and the boot of the computer it was made in. */
const markOf = (paths: LabPaths): string => join(paths.dir, 'namespace')
const pathOf = (paths: LabPaths): string => `/run/netns/${paths.namespace}`

const numbered = async (paths: LabPaths): Promise<string | undefined> => {
  const number = await namespaceAt(pathOf(paths))
  return number && `${paths.namespace} ${number} ${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()}`
}

type Owned = 'absent' | 'half' | 'ours' | 'foreign'

const ownership = async (paths: LabPaths): Promise<Owned> => {
  if (!existsSync(pathOf(paths))) return 'absent'
  const mark = (await readFile(markOf(paths), 'utf8').catch(() => '')).trim()
  if (mark === paths.namespace) return 'half'
  return mark !== '' && mark === (await numbered(paths)) ? 'ours' : 'foreign'
}

const writeMark = async (paths: LabPaths, text: string): Promise<void> => {
  await writeFile(`${markOf(paths)}.new`, `${text}\n`, { mode: 0o600 })
  await rename(`${markOf(paths)}.new`, markOf(paths))
}

/**
 * A network namespace with one bridge and nothing else: no link to the computer's own network and no route out, so an address of the
 * lab can neither collide with one outside nor leak to it. The bridge answers at the last address of the subnet, the machines' default gateway and
 * name server, and it takes every address outside for its own (a local default route): nobody listens there, so each connection is refused
 * at once, where silence would cost kubeadm 10 s and keepalived 6 s. It answers no ping, or all the world would seem to be there. Throws
 * Fault Q3504 when there is a namespace of that name that is not this lab's, Q3506 when the computer itself has an address in the subnet.
 */
export const makeNetwork = async (paths: LabPaths, subnet: string): Promise<void> => {
  const owned = await ownership(paths)
  if (owned === 'ours') return
  const ns = paths.namespace
  if (owned === 'foreign') throw fault('Q3504', { namespace: ns })
  refuseOwnSubnet(subnet)
  await mkdir(paths.dir, { recursive: true, mode: 0o700 })
  await writeMark(paths, ns)
  const script = `set -e
nsenter --net=/run/netns/${ns} true 2>/dev/null || { ip netns delete ${ns} 2>/dev/null || true; ip netns add ${ns}; }
ip -n ${ns} link set lo up
ip -n ${ns} link show ${paths.bridge} >/dev/null 2>&1 || ip -n ${ns} link add ${paths.bridge} type bridge
ip -n ${ns} addr replace ${gatewayOf(subnet)}/${prefixLengthOf(subnet)} dev ${paths.bridge}
ip -n ${ns} link set ${paths.bridge} up
ip -n ${ns} route replace local default dev lo
nsenter --net=/run/netns/${ns} sysctl -qw net.ipv4.ip_forward=0 net.ipv4.icmp_echo_ignore_all=1 net.ipv4.icmp_ratelimit=0
`
  await runLocked(paths, 'network', script)
  await writeMark(paths, (await numbered(paths)) ?? ns)
}

/** Is the network of this lab there, so that a guest's machines can join it? */
export const hasNetwork = async (paths: LabPaths): Promise<boolean> => (await ownership(paths)) === 'ours'

/**
 * The lab would work: its network is its own. But a person who types one of its addresses on this computer would reach something else, and a
 * route to real machines would be hidden from whoever reads the file.
 */
const refuseOwnSubnet = (subnet: string): void => {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const own of addresses ?? []) {
      if (own.family === 'IPv4' && own.cidr && overlaps(subnet, own.cidr)) throw fault('Q3506', { subnet, interface: name, own: own.cidr })
    }
  }
}

/** Ends what runs in the lab's namespace, and the namespace; also what half a `makeNetwork` left behind. */
export const removeNetwork = async (paths: LabPaths): Promise<void> => {
  const owned = await ownership(paths)
  if (owned === 'absent' || owned === 'foreign') return
  const number = await namespaceAt(pathOf(paths))
  if (number) await endProcessesIn(number)
  await runProcess(['ip', 'netns', 'delete', paths.namespace], { timeoutMs: 10_000, allowFailure: true })
  // Who was on the way in while we looked has arrived by now; nobody can enter any more.
  if (number) await endProcessesIn(number)
}

export const inNamespace = (paths: LabPaths): readonly string[] => ['nsenter', `--net=${pathOf(paths)}`, '--']
