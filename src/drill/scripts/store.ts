import { type Cluster, etcdMachines, type MachineSpec } from '../../model/cluster.js'
import { etcdConfigPath, etcdDataDir } from '../../render/etcd.js'
import type { MachineScripts } from '../faults/fault.js'
import { etcdDb, etcdFunctions, etcdManifest, memberServes, parked } from './etcdctl.js'
import { script } from './prelude.js'

const functionsFor = (cluster: Cluster, machine: MachineSpec): string =>
  etcdFunctions(
    machine,
    etcdMachines(cluster).filter((m) => m.name !== machine.name),
  )

/** On a real disk also in a lab, where /var/lib/etcd is one of three such places. */
const image = '/var/lib/kubelet/quorate-drill.img'
const imageMegabytes = 512
const aside = '/mnt/quorate-drill'

/**
 * Gives the member a file system of its own, so that filling or freezing it hits nobody else. Its data moves there and is not left
 * behind: a copy that came back after a power loss would be a member that forgot what it had voted for.
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
  etcd_down
  cp -a ${etcdDataDir}/. ${aside}/ && sync && rm -rf ${etcdDataDir}/member && umount ${aside} && mount -o loop ${image} ${etcdDataDir} || return 1
  etcd_up
}
from_image() {
  on_image || [ -e ${image} ] || return 0
  etcd_down
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
  const functions = functionsFor(cluster, machine) + ownDisk
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
from_image
`,
    ),
    undone: script(id, `${functions}\n${inPlace}`),
  }
}

/** Every write to the member's disk waits for ever. */
export const hangDisk = (cluster: Cluster, machine: MachineSpec, id: string): MachineScripts => {
  const functions = functionsFor(cluster, machine) + ownDisk
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
from_image
`,
    ),
    undone: script(id, `${functions}\n${inPlace}`),
  }
}

/** The data directory is gone under the running member; it is mended by removing it and joining it again as a learner. */
export const wipeStore = (cluster: Cluster, machine: MachineSpec, id: string): MachineScripts => {
  const functions = functionsFor(cluster, machine)
  const mark = '$D/wiped'
  return {
    inject: script(
      id,
      `${functions}
etcd_down || exit 1
du -sk ${etcdDataDir}/member | cut -f1 > ${mark}
rm -rf ${etcdDataDir}/member
etcd_up
`,
    ),
    effect: script(
      id,
      `${functions}
[ -s ${mark} ] || { echo "not begun"; exit 1; }
etcd_ready && { echo "the member serves"; exit 1; }
echo "$(cat ${mark}) KiB gone; the member does not serve"
`,
    ),
    undo: script(
      id,
      `${functions}
[ -e ${mark} ] || exit 0
etcd_ready || replace_member || exit 1
rm -f ${mark}
`,
    ),
    undone: script(id, `${functions}\n${memberServes}`),
  }
}

/** One bit of a value differs on one member. etcd's pages carry no sums: only comparing members finds it. */
export const flipBit = (cluster: Cluster, machine: MachineSpec, id: string): MachineScripts => {
  const functions = functionsFor(cluster, machine)
  const mark = '$D/flipped'
  // The two texts differ in the lowest bit of the first letter: q = 0x71, p = 0x70.
  const tail = 'uorate-drill-canary-0123456789abcdefghijklmnopqrstuvwxyz'
  return {
    inject: script(
      id,
      `${functions}
ctl $LOCAL put quorate-drill/canary q${tail} > /dev/null || exit 1
sleep 0.3
etcd_down || exit 1
: > ${mark}
LC_ALL=C grep -abo q${tail} ${etcdDb} | cut -d: -f1 | while read -r at; do
  printf p | dd of=${etcdDb} bs=1 seek="$at" conv=notrunc 2>/dev/null && echo "$at" >> ${mark}
done
sync
etcd_up
[ -s ${mark} ]
`,
    ),
    effect: script(
      id,
      `${functions}
[ -s ${mark} ] || { echo "not begun"; exit 1; }
at=$(tail -n 1 ${mark})
[ "$(dd if=${etcdDb} bs=1 skip="$at" count=1 2>/dev/null)" = p ] || { echo "the bit is as it was"; exit 1; }
etcd_ready && { echo "the member serves, nobody has noticed yet"; exit 1; }
echo "bit 0 of byte $at of snap/db flipped; the member refuses to serve"
`,
    ),
    undo: script(
      id,
      `${functions}
[ -e ${mark} ] || exit 0
replace_member_now() { etcd_down; line=$(own_member); id=\${line%%,*}; [ -z "$id" ] || ctl "$OTHERS" member remove "$id" || return 1; replace_member; }
replace_member_now || exit 1
ctl "$OTHERS" del quorate-drill/canary > /dev/null
rm -f ${mark}
`,
    ),
    undone: script(id, `${functions}\n${memberServes}`),
  }
}

/** Bytes that the store may still grow before its quota is reached. */
const roomBytes = 6 * 1024 * 1024

/**
 * The store of one member reaches its quota, which raises an alarm for all: etcd refuses writes until space was freed and the alarm was
 * taken down (etcd documentation, maintenance, space quota).
 */
export const exceedQuota = (cluster: Cluster, machine: MachineSpec, id: string): MachineScripts => {
  const functions = functionsFor(cluster, machine)
  const kept = '$D/quota-settings'
  const quotaFunctions = `${functions}
settings() { if [ -e ${etcdManifest} ]; then echo ${etcdManifest}; else echo ${etcdConfigPath}; fi; }
# kubelet waits up to a minute before it runs another manifest of a pod that it has not yet forgotten, so it is given time to forget.
forgotten() { ! ls -d /var/lib/kubelet/pods/*/containers/etcd > /dev/null 2>&1; }
put_settings() {
  etcd_down
  if [ -e ${parked} ]; then to=${parked}; else to=${etcdConfigPath}; fi
  cp -p "$1" "$to.new" && mv "$to.new" "$to"
  [ "$to" = ${etcdConfigPath} ] || wait_for 200 forgotten
  etcd_up
}
limit() { tr '\\0' '\\n' < "/proc/$(pids etcd | head -n 1)/cmdline" | cat - "$(settings)" | sed -n 's/.*quota-backend-bytes[=:] *//p' | head -n 1; }
limited() { [ "$(limit)" = "$quota" ] && etcd_ready; }
`
  return {
    prepare: script(
      id,
      `${quotaFunctions}
[ -e ${kept} ] || cp -p "$(settings)" ${kept}
quota=$(($(stat -c %s ${etcdDb}) + ${roomBytes}))
sed "s/\\(quota-backend-bytes[=:] *\\)[0-9]*/\\1$quota/" ${kept} > $D/settings.new && put_settings $D/settings.new
wait_for 600 limited && settled
`,
    ),
    inject: script(
      id,
      `${quotaFunctions}
for i in $(seq 40); do
  head -c 1000000 /dev/zero | tr '\\0' x | ctl $LOCAL put quorate-drill/ballast/$i > /dev/null 2>&1 || break
done
true
`,
    ),
    effect: script(
      id,
      `${quotaFunctions}
alarm=$(ctl "$LOCAL,$OTHERS" alarm list 2>/dev/null | grep NOSPACE) || { echo "no alarm"; exit 1; }
said=$(echo x | ctl "$LOCAL" put quorate-drill/ballast/last 2>&1) && { echo "a write is accepted"; exit 1; }
case $said in *'space exceeded'*) echo "$alarm; a write is refused: database space exceeded" ;; *) echo "$said"; exit 1 ;; esac
`,
    ),
    undo: script(
      id,
      `${quotaFunctions}
[ -e ${kept} ] || exit 0
e=$LOCAL
etcd_ready || e=$OTHERS
ctl "$e" del --prefix quorate-drill/ballast/ > /dev/null || exit 1
rev=$(ctl "$e" get quorate-drill/none -w fields | sed -n 's/^"Revision" : //p')
ctl "$e" compact --physical "$rev" > /dev/null 2>&1
ctl "$LOCAL" --command-timeout=60s defrag > /dev/null
ctl "$e" alarm disarm > /dev/null || exit 1
put_settings ${kept} && rm -f ${kept}
wait_for 600 etcd_ready
`,
    ),
    undone: script(
      id,
      `${quotaFunctions}
[ ! -e ${kept} ] || { echo "the small quota is in force"; exit 1; }
ctl "$LOCAL" alarm list | grep NOSPACE && exit 1
${memberServes}
`,
    ),
  }
}
