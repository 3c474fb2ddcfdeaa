import { type Cluster, etcdMachines, type MachineSpec } from '../../model/cluster.js'
import { apiServerUrl } from '../../render/endpoint.js'
import { etcdClientUrl, etcdDataDir, etcdPeerUrl } from '../../render/etcd.js'
import { programs, which } from './processes.js'

/** There while etcd is held down by us: its unit is stopped, or its kubelet is frozen, whose processes stand in it. */
const heldDown = '$D/etcd-down'
const etcdManifest = '/etc/kubernetes/manifests/etcd.yaml'
const joinUnit = 'quorate-etcd-join'
const pki = '/etc/kubernetes/pki/etcd'
export const etcdDb = `${etcdDataDir}/member/snap/db`

/** Functions to stop, start and ask the member of this machine, whether it is a static pod or a unit. */
export const etcdFunctions = (self: MachineSpec, others: readonly MachineSpec[]): string => `
ctl() {
  e=$1
  shift
  etcdctl --endpoints="$e" --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt \\
    --key=/etc/kubernetes/pki/etcd/healthcheck-client.key --dial-timeout=2s --command-timeout=8s "$@"
}
LOCAL=https://127.0.0.1:2379
OTHERS=${others.map(etcdClientUrl).join(',') || 'none'}
PEER=${etcdPeerUrl(self)}
# Its ports outlive a killed process for a moment.
no_etcd() { [ -z "$(pids etcd)" ] && ! ss -Hltn 'sport = :2380' | grep -q .; }
etcd_ready() { [ "$(curl -s -m 1 -o /dev/null -w '%{http_code}' http://127.0.0.1:2381/readyz)" = 200 ]; }
# A kubelet that sees a static pod go, or that starts anew, makes the pod's mirror by way of the API server beside it, which has no etcd by
# then: each try hangs for 34 s, and etcd is not started before. So the kubelet is frozen, and finds nothing but a container that ended.
etcd_down() {
  if [ -e ${etcdManifest} ]; then
    [ -e ${heldDown} ] || remember ${heldDown} kubelet || return 1
    signal_remembered STOP ${heldDown}
  else
    : > ${heldDown}
    systemctl stop --no-block etcd.service 2>/dev/null
  fi
  kill -KILL $(pids etcd) 2>/dev/null
  wait_for 150 no_etcd
}
etcd_up() {
  if [ -e ${etcdManifest} ]; then
    [ ! -e ${heldDown} ] || signal_remembered CONT ${heldDown}
  else systemctl reset-failed etcd.service 2>/dev/null; systemctl start --no-block etcd.service; fi
  rm -f ${heldDown}
}
# The line of this machine's member: id, status, name, peer URL, client URL, learner.
own_member() { ctl "$OTHERS" member list | grep -F "$PEER" | head -n 1; }
# Makes the member of this machine lead: a preparation that restarted it has moved leadership away.
lead() { line=$(own_member); [ -n "$line" ] && ctl "$LOCAL,$OTHERS" move-leader "\${line%%,*}" > /dev/null 2>&1; }
# After a script that was ended in its middle.
etcd_up_again() { [ ! -e ${heldDown} ] || etcd_up; }
# The API server here has lost its member while that was restarted; a second more, and balancers use it again.
api_ready() { [ -z "$(pids ${which(programs.apiserver)})" ] || [ "$(curl -sk -m 1 -o /dev/null -w '%{http_code}' ${apiServerUrl(self)}/readyz)" = 200 ]; }
settled() { wait_for 600 etcd_ready && wait_for 300 api_ready && sleep 1; }
# Removes the member of this machine, wipes its disk, and joins it again as a learner that is promoted once it has caught up.
replace_member() {
  line=$(own_member)
  # Run again after it was ended: a learner whose data is in place only has to start. One without has perhaps taken part, and its log would be expected of it
  # (raft: commit out of range), so it is added anew like everybody else.
  case $line,$(ls -d ${etcdDataDir}/member 2>/dev/null) in
  *', true,'/*) ;;
  *)
    systemctl stop ${joinUnit} 2>/dev/null
    etcd_down
    id=\${line%%,*}
    [ -z "$id" ] || ctl "$OTHERS" member remove "$id" || return 1
    rm -rf ${etcdDataDir}/member
    wait_for 100 learner_added && join_member || return 1
    ;;
  esac
  etcd_up
  wait_for 900 promoted
}
# etcd runs once with the list of members as it is now, until it has copied the store: what is configured for good names only this member.
join_member() {
  list=$(ctl "$OTHERS" member list | awk -F', ' '{ printf "%s%s=%s", (NR > 1 ? "," : ""), ($3 == "" ? "${self.name}" : $3), $4 }')
  systemctl stop ${joinUnit} 2>/dev/null
  systemctl reset-failed ${joinUnit} 2>/dev/null
  rm -rf ${etcdDataDir}/.join
  mkdir -p ${etcdDataDir}
  systemd-run --quiet --unit=${joinUnit} --property=Type=exec /usr/local/bin/etcd --name=${self.name} --data-dir=${etcdDataDir}/.join \\
    --initial-cluster="$list" --initial-cluster-state=existing --initial-advertise-peer-urls="$PEER" --listen-peer-urls="$PEER" \\
    --advertise-client-urls=${etcdClientUrl(self)} --listen-client-urls=${etcdClientUrl(self)} \\
    --client-cert-auth --trusted-ca-file=${pki}/ca.crt --cert-file=${pki}/server.crt --key-file=${pki}/server.key \\
    --peer-client-cert-auth --peer-trusted-ca-file=${pki}/ca.crt --peer-cert-file=${pki}/peer.crt --peer-key-file=${pki}/peer.key || return 1
  wait_for 600 copied
  done=$?
  systemctl stop ${joinUnit} 2>/dev/null
  wait_for 150 no_etcd
  [ $done = 0 ] || return 1
  mv ${etcdDataDir}/.join/member ${etcdDataDir}/member && rm -rf ${etcdDataDir}/.join
}
# It gives its name to the list once it has taken part.
copied() { case $(own_member) in *', started, '*) [ -e ${etcdDataDir}/.join/member/snap/db ] ;; *) return 1 ;; esac; }
# Refused for as long as the others are not all seen healthy for 5 s (strict reconfiguration check).
learner_added() { ctl "$OTHERS" member add ${self.name} --learner --peer-urls="$PEER" > /dev/null 2>&1; }
promoted() {
  line=$(own_member)
  case $line in
  *', started, '*', true') ctl "$OTHERS" member promote "\${line%%,*}" > /dev/null 2>&1 ;;
  *', started, '*', false') return 0 ;;
  *) return 1 ;;
  esac
}
`

export const etcdFunctionsOf = (cluster: Cluster, machine: MachineSpec): string =>
  etcdFunctions(
    machine,
    etcdMachines(cluster).filter((m) => m.name !== machine.name),
  )

/** Exits 0 once the member of this machine serves as a voter. */
export const memberServes = `
etcd_ready || { echo "the member does not serve: $(curl -s -m 1 http://127.0.0.1:2381/readyz | head -c 200 | tr '\\n' ' ')"; exit 1; }
line=$(own_member)
case $line in *', started, '*', false') ;; *) echo "not a voter: \${line:-not a member}"; exit 1 ;; esac
echo "member \${line%%,*} serves and votes"
`
