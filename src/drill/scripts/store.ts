import type { Cluster, MachineSpec } from '../../model/cluster.js'
import { etcdDataDir } from '../../render/etcd.js'
import type { MachineScripts } from '../faults/fault.js'
import { etcdDb, etcdFunctionsOf, memberServes } from './etcdctl.js'
import { script } from './prelude.js'

/** The data directory is gone under the running member; it is mended by removing it and joining it again as a learner. */
export const wipeStore = (cluster: Cluster, machine: MachineSpec, id: string): MachineScripts => {
  const functions = etcdFunctionsOf(cluster, machine)
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
  const functions = etcdFunctionsOf(cluster, machine)
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
