import type { Cluster, MachineSpec } from '../../model/cluster.js'
import { etcdDataDir } from '../../render/etcd.js'
import type { MachineScripts } from '../faults/fault.js'
import { etcdDb, etcdFunctionsOf, memberServes } from './etcdctl.js'
import { script } from './prelude.js'

/** On a real disk also in a lab, where /var/lib/etcd is one of three such places. */
const image = '/var/lib/kubelet/quorate-drill.img'
const imageMegabytes = 512
const aside = '/mnt/quorate-drill'

/**
 * Gives the member a file system of its own, so that filling or freezing it hits nobody else. Its data moves there and is not left
 * behind: a copy that came back after a power loss would be a member that forgot what it had voted for. A plain file takes its place, so that
 * etcd does not begin a new store there either.
 */
const ownDisk = `
on_image() { grep -q "^/dev/loop[0-9]* ${etcdDataDir} " /proc/mounts; }
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for i in 0 1 2 3 4 5 6 7; do [ -e /dev/loop$i ] || mknod /dev/loop$i b 7 $i; done
to_image() {
  on_image && return 0
  rm -f ${image}
  truncate -s ${imageMegabytes}M ${image} && mkfs.ext4 -q -m 0 -F ${image} || return 1
  mkdir -p ${aside} && mount -o loop ${image} ${aside} || return 1
  etcd_down || return 1
  cp -a ${etcdDataDir}/. ${aside}/ && sync && rm -rf ${etcdDataDir}/member && : > ${etcdDataDir}/member || return 1
  umount ${aside} && mount -o loop ${image} ${etcdDataDir} || return 1
  etcd_up
}
from_image() {
  on_image || [ -e ${image} ] || return 0
  etcd_down || return 1
  # More than one layer, if a mount was repeated.
  while on_image; do umount ${etcdDataDir} || umount -l ${etcdDataDir} || break; done
  if [ -e ${image} ]; then
    mkdir -p ${aside}
    grep -q " ${aside} " /proc/mounts || mount -o loop ${image} ${aside} || return 1
    # Nothing is taken back when the data never left.
    if [ ! -e ${etcdDb} ] && [ -e ${aside}/member/snap/db ]; then
      rm -rf ${etcdDataDir}/member.new
      cp -a ${aside}/member ${etcdDataDir}/member.new && sync && rm -rf ${etcdDataDir}/member && mv ${etcdDataDir}/member.new ${etcdDataDir}/member || return 1
    fi
    umount ${aside} && rm -f ${image}
  fi
  etcd_up
}
`

const inPlace = `
on_image && { echo "the member is still on the disk of the drill"; exit 1; }
${memberServes}
`

/** No byte is left for the member. */
export const fillDisk = (cluster: Cluster, machine: MachineSpec, id: string): MachineScripts => {
  const functions = etcdFunctionsOf(cluster, machine) + ownDisk
  const ballast = `${etcdDataDir}/ballast`
  return {
    prepare: script(id, `${functions}\nto_image && settled && wait_for 100 lead`),
    inject: script(
      id,
      `${functions}
on_image || { echo "the member has no disk of its own" >&2; exit 1; }
fallocate -l ${imageMegabytes}M ${ballast} 2>/dev/null
dd if=/dev/zero of=${ballast}.2 bs=64k 2>/dev/null
dd if=/dev/zero of=${ballast}.3 bs=512 2>/dev/null
true
`,
    ),
    effect: script(
      id,
      `${functions}
on_image || { echo "the member has no disk of its own"; exit 1; }
if dd if=/dev/zero of=${etcdDataDir}/probe bs=4096 count=1 2>/dev/null; then rm -f ${etcdDataDir}/probe; echo "there is room yet"; exit 1; fi
rm -f ${etcdDataDir}/probe
echo "a write of 4 KiB is refused: $(df -k --output=avail ${etcdDataDir} | tail -n 1 | tr -d ' ') KiB left; etcd $(pids etcd | head -n 1 | grep . || echo 'has ended')"
`,
    ),
    undo: script(
      id,
      `${functions}
on_image && rm -f ${ballast} ${ballast}.2 ${ballast}.3
from_image || exit 1
etcd_up_again
`,
    ),
    undone: script(id, `${functions}\n${inPlace}`),
  }
}

/** Every write to the member's disk waits for ever. */
export const hangDisk = (cluster: Cluster, machine: MachineSpec, id: string): MachineScripts => {
  const functions = etcdFunctionsOf(cluster, machine) + ownDisk
  return {
    prepare: script(id, `${functions}\nto_image && settled && wait_for 100 lead`),
    inject: script(
      id,
      `${functions}
on_image || { echo "the member has no disk of its own" >&2; exit 1; }
fsfreeze -f ${etcdDataDir}
`,
    ),
    effect: script(
      id,
      `
rm -f $D/written
(echo x > ${etcdDataDir}/probe; : > $D/written) > /dev/null 2>&1 &
sleep 0.4
[ ! -e $D/written ] || { echo "a write went through"; exit 1; }
echo "a write blocks"
`,
    ),
    undo: script(
      id,
      `${functions}
on_image && fsfreeze -u ${etcdDataDir} 2>/dev/null
rm -f ${etcdDataDir}/probe
from_image || exit 1
etcd_up_again
`,
    ),
    undone: script(id, `${functions}\n${inPlace}`),
  }
}
