import type { Cluster, MachineSpec } from '../../model/cluster.js'
import { etcdConfigPath } from '../../render/etcd.js'
import type { MachineScripts } from '../faults/fault.js'
import { etcdFunctionsOf, memberServes } from './etcdctl.js'
import { script } from './prelude.js'

/** Bytes that the store may still grow before its quota is reached. */
const roomBytes = 2 * 1024 * 1024

/**
 * The store of one member reaches its quota, which raises an alarm for all: etcd refuses writes until space was freed and the alarm was taken down (etcd
 * documentation, maintenance, space quota). To get there soon the member runs with a small quota, out of the hands of its keeper, which stands still
 * meanwhile: to give kubelet another manifest costs more than a minute, in which it asks the API server beside it, which has no member.
 */
export const exceedQuota = (cluster: Cluster, machine: MachineSpec, id: string): MachineScripts => {
  const functions = `${etcdFunctionsOf(cluster, machine)}
UNIT=quorate-fault-${id}.service
free_space() {
  e=$LOCAL
  etcd_ready || e=$OTHERS
  ctl "$e" del --prefix quorate-drill/ballast/ > /dev/null || return 1
  rev=$(ctl "$e" get quorate-drill/none -w fields | sed -n 's/^"Revision" : //p')
  ctl "$e" compact --physical "$rev" > /dev/null 2>&1
  [ "$e" = "$OTHERS" ] || ctl "$e" --command-timeout=60s defrag > /dev/null
  ctl "$e" alarm disarm > /dev/null
}
`
  return {
    prepare: script(
      id,
      `${functions}
p=$(pids etcd | head -n 1)
[ -n "$p" ] || { echo "no etcd runs here" >&2; exit 1; }
size=$(ctl "$LOCAL" endpoint status -w fields | sed -n 's/^"DBSize" : //p')
quota=$((size + ${roomBytes}))
tr '\\0' '\\n' < "/proc/$p/cmdline" | tail -n +2 | grep -v '^--quota-backend-bytes=' > $D/args
if grep -q '^--config-file=' $D/args; then
  sed "s/^quota-backend-bytes: .*/quota-backend-bytes: $quota/" ${etcdConfigPath} > $D/etcd.yaml
  echo "--config-file=$D/etcd.yaml" > $D/args
else
  echo "--quota-backend-bytes=$quota" >> $D/args
fi
cp "/proc/$p/exe" $D/etcd.new && mv $D/etcd.new $D/etcd || exit 1
etcd_down || exit 1
set -f
systemd-run --quiet --collect --unit=$UNIT -p Restart=on-failure -p RestartSec=200ms $D/etcd $(cat $D/args) && settled
`,
    ),
    inject: script(
      id,
      `${functions}
for i in $(seq 40); do
  head -c 1000000 /dev/zero | tr '\\0' x | ctl "$LOCAL" put quorate-drill/ballast/$i > /dev/null 2>&1 || break
done
true
`,
    ),
    effect: script(
      id,
      `${functions}
alarm=$(ctl "$LOCAL,$OTHERS" alarm list 2>/dev/null | grep NOSPACE) || { echo "no alarm"; exit 1; }
said=$(echo x | ctl "$LOCAL" put quorate-drill/ballast/last 2>&1) && { echo "a write is accepted"; exit 1; }
case $said in *'space exceeded'*) echo "alarm NOSPACE is up; a write is refused: database space exceeded" ;; *) echo "$said"; exit 1 ;; esac
`,
    ),
    undo: script(
      id,
      `${functions}
[ -e $D/etcd ] || exit 0
free_space
freed=$?
systemctl stop $UNIT 2>/dev/null
etcd_up
[ $freed = 0 ] || { wait_for 300 etcd_ready && free_space; } || exit 1
rm -f $D/etcd
`,
    ),
    undone: script(
      id,
      `${functions}
[ ! -e $D/etcd ] || { echo "the small quota is in force"; exit 1; }
ctl "$LOCAL" alarm list 2>/dev/null | grep NOSPACE && exit 1
${memberServes}
`,
    ),
  }
}
