import type { Cluster } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { proxyAlivePath, proxyAlivePort } from './haproxy.js'
import { prefixLength } from './subnet.js'

/** keepalived's last word, one of MASTER, BACKUP, FAULT, STOP; written by our notify script. */
export const vrrpStatePath = '/run/keepalived-state'

const decimal = (ms: number): string => (ms / 1000).toFixed(3)

/** Looks within one run: keepalived starts a check once a second at most often. The last look of one and the first of the next keep the distance. */
const looksOf = ({ vrrpCheck: { intervalMs } }: Timing): number => Math.max(1, Math.floor(1000 / intervalMs))

/**
 * Is the proxy of this machine alive? Exit 0 when it answers, 1 when it failed `fall` times in a row within this run, or is not there
 * and nobody starts it again. Plain bash with its own /dev/tcp: no program is started for a look, so it may look four times a second.
 * keepalived ends it when it hangs.
 */
export const renderProxyAlive = (timing: Timing, unit: 'haproxy' | 'nginx'): string => {
  const check = timing.vrrpCheck
  const quick = check.intervalMs < 1000
  return `#!/bin/bash
# Written by quorate. Asks the proxy on this machine for its own sign of life, not for anything behind it.
trap '' PIPE   # a proxy that closes early is a failure to be counted, not the end of this script
look() {       # 0 it answers, 1 it does not, 2 nobody listens
  exec 3<>/dev/tcp/127.0.0.1/${proxyAlivePort} || return 2
  printf 'GET ${proxyAlivePath} HTTP/1.0\\r\\n\\r\\n' >&3
  local line=
  IFS= read -r -t ${decimal(check.timeoutMs)} line <&3
  exec 3>&-
  [[ $line == HTTP/1.?' 200'* ]]
} 2>/dev/null

exec 4<> <(:)   # never readable: reading from it with a limit is a pause without starting a program
now() { us=\${EPOCHREALTIME/[.,]/}; }
pause_until() {
  now
  (($1 <= us)) || { printf -v us '%d.%06d' $((($1 - us) / 1000000)) $((($1 - us) % 1000000)); read -r -t "$us" -u 4; }
}

# Killed, it is started again at once, and an address that moved meanwhile would strand the connections that wait for it. Stopped, it
# is not waited for.
back() {
  now
  local until=$((us + ${check.restartMs * 1000}))
  while ((us < until)); do
    case $(systemctl is-active ${unit}.service) in inactive | failed) return 1 ;; esac
    read -r -t 0.050 -u 4
    look
    (($? == 2)) || return 0
    now
  done
  return 1
}

now
begin=$us failed=0
for ((n = 0; n < ${looksOf(timing)}; n++)); do
  # In step with the clock: a look that waited in vain has been the pause already.
  pause_until $((begin + n * ${check.intervalMs * 1000}))
  look
  case $? in
    0) failed=0 ;;
    2) back || exit 1 ;;
    *) ((++failed < ${quick ? check.fall : 1})) || exit 1 ;;
  esac
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
