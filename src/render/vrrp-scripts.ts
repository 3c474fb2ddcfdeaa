import type { Cluster } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { proxyAlivePath, proxyAlivePort } from './haproxy.js'
import { prefixLength } from './subnet.js'

/** keepalived's last word, one of MASTER, BACKUP, FAULT, STOP; written by our notify script. */
export const vrrpStatePath = '/run/keepalived-state'

const decimal = (ms: number): string => (ms / 1000).toFixed(3)

/**
 * Is the proxy of this machine alive? Exit 0 when it answers, 1 when it failed `fall` times in a row within this run. Plain bash with
 * its own /dev/tcp: no program is started for a look, so it may look four times a second. keepalived ends it when it hangs.
 */
export const renderProxyAlive = (timing: Timing): string => {
  const check = timing.vrrpCheck
  const quick = check.intervalMs < 1000
  // The run must be over before the next one is due, or keepalived skips that one.
  const looks = quick ? Math.max(1, Math.floor(900 / check.intervalMs)) : 1
  const pauseMs = quick ? check.intervalMs : 0
  return `#!/bin/bash
# Written by quorate. Asks the proxy on this machine for its own sign of life, not for anything behind it.
trap '' PIPE   # a proxy that closes early is a failure to be counted, not the end of this script
look() {
  exec 3<>/dev/tcp/127.0.0.1/${proxyAlivePort} || return 1
  printf 'GET ${proxyAlivePath} HTTP/1.0\\r\\n\\r\\n' >&3
  local line=
  IFS= read -r -t ${decimal(check.timeoutMs)} line <&3
  exec 3>&-
  [[ $line == HTTP/1.?' 200'* ]]
} 2>/dev/null

exec 4<> <(:)   # never readable: reading from it with a limit is a pause without starting a program
failed=0
for ((n = 0; n < ${looks}; n++)); do
  ((n == 0)) || read -r -t ${decimal(pauseMs)} -u 4
  if look; then
    failed=0
  elif ((++failed >= ${quick ? check.fall : 1})); then
    exit 1
  fi
done
# A run that ends with a failure decides by one more look.
((failed == 0)) || look
`
}

/**
 * keepalived's notify script: keeps its last word in a file. systemd calls it too, with ENDED, when keepalived has ended. After a clean
 * end the address is gone already. After a kill it stays until a peer has taken over and keepalived is back, which removes it
 * (systemd.ts). When keepalived ended otherwise, it may never come back, so the address is taken away here.
 */
export const renderVrrpState = (cluster: Cluster, iface: string): string => {
  const address = `${cluster.endpoint.address}/${prefixLength(cluster.network.machineSubnet)}`
  return `#!/bin/sh
# Written by quorate. Called by keepalived with: INSTANCE name state priority; by systemd with ENDED when keepalived has ended.
state=$3
if [ "$state" = ENDED ]; then
  case $SERVICE_RESULT in success | signal) ;; *) ip -4 address del ${address} dev ${iface} 2>/dev/null ;; esac
  state=STOP
fi
echo "$state" > ${vrrpStatePath}.$$ && mv ${vrrpStatePath}.$$ ${vrrpStatePath}
exit 0
`
}
