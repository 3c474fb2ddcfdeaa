import { createHash } from 'node:crypto'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Cluster, MachineSpec } from '../model/cluster.js'
import { gatewayOf, prefixLengthOf } from './subnet.js'

/** Runs before everything else on a machine: what an installer, DHCP and a real kernel would have done. */
const labInit = `#!/bin/sh
. /etc/quorate-lab
for c in cpu cpuacct cpuset memory devices freezer blkio pids systemd; do
  mount -o remount,rw,bind /sys/fs/cgroup/$c 2>/dev/null
done
mount --make-rshared /
# The network of a lab is IPv4. With the other family on, kube-proxy keeps a second set of rules and starts nft twice as often.
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
ip -batch - <<END
link set lo up
address add $ADDRESS dev host0
link set host0 up
route add default via $GATEWAY
END
echo 1 > /proc/sys/net/ipv4/ip_forward
exit 0
`

const labInitUnit = `[Unit]
Description=Network and cgroups of a lab machine
DefaultDependencies=no
Before=network-pre.target sysinit.target ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/quorate-lab-init
`

/** Units of Debian's systemd that do nothing for a machine made here, but cost a tenth of a second of processor time at each boot. */
const unusedUnits = [
  'kmod-static-nodes.service',
  'modprobe@.service',
  'proc-sys-fs-binfmt_misc.automount',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-ask-password-console.path',
  'systemd-ask-password-wall.path',
  'systemd-binfmt.service',
  'systemd-firstboot.service',
  'systemd-machine-id-commit.service',
  'systemd-modules-load.service',
  'systemd-random-seed.service',
  'systemd-remount-fs.service',
  'systemd-repart.service',
  'systemd-sysusers.service',
  'systemd-tmpfiles-setup-dev.service',
]

/** Programs that look for what no machine here has (fstab, partitions, kernel command line, old init scripts): at each boot and each daemon-reload. */
const unusedGenerators = ['cryptsetup', 'debug', 'fstab', 'getty', 'gpt-auto', 'hibernate-resume', 'integritysetup']
  .concat(['rc-local', 'run', 'system-update', 'sysv', 'veritysetup'])
  .map((name) => `systemd-${name}-generator`)

const sshdSettings = `PasswordAuthentication no
PermitRootLogin prohibit-password
UseDNS no
PrintMotd no
UsePAM no
MaxSessions 60
HostKey /etc/ssh/ssh_host_ed25519_key
`

/** The kernel is this computer's: its words are kept here already, and each machine would copy thousands of lines of them at its boot. */
const journalSettings = `[Journal]
ReadKMsg=no
`

export interface MachineKeys {
  hostKey: string
  hostKeyPublic: string
  authorizedKey: string
}

/** Writes what differs from machine to machine into its upper directory, before the first boot. */
export const writeMachineRoot = async (
  upper: string,
  cluster: Cluster,
  machine: MachineSpec,
  keys: MachineKeys,
  digest: string,
): Promise<void> => {
  const subnet = cluster.network.machineSubnet
  const gateway = gatewayOf(subnet)
  const hosts = ['127.0.0.1 localhost', ...cluster.machines.map((m) => `${m.address} ${m.name}`)].join('\n')
  const files: [string, string, number][] = [
    ['etc/quorate-lab', `ADDRESS=${machine.address}/${prefixLengthOf(subnet)}\nGATEWAY=${gateway}\n`, 0o644],
    ['usr/local/sbin/quorate-lab-init', labInit, 0o755],
    ['etc/systemd/system/quorate-lab-init.service', labInitUnit, 0o644],
    ['etc/hostname', `${machine.name}\n`, 0o644],
    ['etc/hosts', `${hosts}\n`, 0o644],
    // Not loopback: CoreDNS forwards there and would find itself. The gateway refuses at once.
    ['etc/resolv.conf', `nameserver ${gateway}\noptions timeout:1 attempts:1\n`, 0o644],
    ['etc/machine-id', `${machineId(cluster.name, machine.name)}\n`, 0o444],
    ['etc/ssh/ssh_host_ed25519_key', keys.hostKey, 0o600],
    ['etc/ssh/ssh_host_ed25519_key.pub', keys.hostKeyPublic, 0o644],
    ['etc/ssh/sshd_config.d/quorate-lab.conf', sshdSettings, 0o600],
    ['etc/systemd/journald.conf.d/quorate-lab.conf', journalSettings, 0o644],
    ['root/.ssh/authorized_keys', keys.authorizedKey, 0o600],
    // `systemctl enable` would rebuild the links of old init scripts, and systemd read all units anew for each.
    ['usr/lib/systemd/systemd-sysv-install', '#!/bin/sh\nexit 0\n', 0o755],
    ['var/lib/quorate/stamps/bundle', `${digest}\n`, 0o600],
  ]
  for (const [path, content, mode] of files) {
    const at = join(upper, path)
    await mkdir(dirname(at), { recursive: true })
    await writeFile(at, content)
    await chmod(at, mode)
  }
  await chmod(join(upper, 'root'), 0o700)
  await chmod(join(upper, 'root/.ssh'), 0o700)
  await mkdir(join(upper, 'etc/systemd/system/sysinit.target.wants'), { recursive: true })
  await symlinkOnce(
    '/etc/systemd/system/quorate-lab-init.service',
    join(upper, 'etc/systemd/system/sysinit.target.wants/quorate-lab-init.service'),
  )
  await mkdir(join(upper, 'etc/systemd/system-generators'), { recursive: true })
  for (const unit of unusedUnits) await symlinkOnce('/dev/null', join(upper, 'etc/systemd/system', unit))
  for (const name of unusedGenerators) await symlinkOnce('/dev/null', join(upper, 'etc/systemd/system-generators', name))
}

const symlinkOnce = async (target: string, path: string): Promise<void> => {
  await symlink(target, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

/** Fixed by cluster and machine name, so a machine that is made again is the same machine to those who remember it. */
const machineId = (cluster: string, machine: string): string =>
  createHash('sha256').update(`machine-id/${cluster}/${machine}`).digest('hex').slice(0, 32)
