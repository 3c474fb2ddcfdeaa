import { libexec, type ManagedFile } from './managed-file.js'

const units = '/etc/systemd/system'
export const heldSocket = 'quorate-api.socket'
export const heldSocketHolder = 'quorate-api-held.service'
const endedScript = `${libexec}/proxy-ended`
/** Names the address in haproxy.cfg: the held socket under systemd, the address itself for `haproxy -c` and by hand. */
export const heldVariable = 'QUORATE_API'

/**
 * The listening socket belongs to systemd and outlives haproxy: while a killed haproxy starts again, new connections wait in the
 * socket's queue instead of being refused. Measured on a busy computer, 50 new connections a second, kill -9 of worker, master or
 * both: with a plain restart refused for 0.08 to 0.36 s, this way none but the one that was inside haproxy.
 *
 * A socket unit starts its service at each connection, which would bring a stopped haproxy back. So its service is one that does
 * nothing and counts as running, and haproxy only inherits the socket.
 *
 * Sockets come before the basic target, services after it (systemd.socket(5), implicit dependencies): ordered after the network's service, the two
 * would be a cycle, which systemd breaks at boot by leaving one of them out.
 */
export const heldSocketFiles = (listen: string): ManagedFile[] => [
  {
    path: `${units}/${heldSocket}`,
    unit: heldSocket,
    content: `[Unit]
Description=The API's address, held while the proxy restarts
StartLimitIntervalSec=0

[Socket]
ListenStream=${listen}
# A standby listens before it holds the virtual IP, so a takeover starts no process.
FreeBind=yes
Backlog=4096
Service=${heldSocketHolder}
`,
  },
  {
    path: `${units}/${heldSocketHolder}`,
    content: `[Unit]
Description=Keeps ${heldSocket} from starting anything
BindsTo=${heldSocket}
After=${heldSocket}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
`,
  },
  {
    path: endedScript,
    mode: 0o755,
    content: `#!/bin/sh
# Written by quorate. Stopped on purpose, the proxy takes its socket along, or clients would wait in a queue that nobody serves. Not
# after a crash, nor in the middle of a restart.
[ "$SERVICE_RESULT" = success ] || exit 0
case $(systemctl list-jobs --no-legend haproxy.service) in *restart* | *start*) exit 0 ;; esac
exec systemctl --no-block stop ${heldSocket} ${heldSocketHolder}
`,
  },
]

/** Lines for the units of haproxy. A socket that is made anew, as when the endpoint changes, restarts haproxy. */
export const heldSocketUse = {
  unit: `Wants=${heldSocket} ${heldSocketHolder}
After=${heldSocket} ${heldSocketHolder}
PartOf=${heldSocket}
`,
  service: `Sockets=${heldSocket}
Environment=${heldVariable}=fd@3
# The distribution's check of the file, without the name of a socket that only the running haproxy has.
ExecReload=
ExecReload=/usr/bin/env -u ${heldVariable} /usr/sbin/haproxy -Ws -f $CONFIG -c -q $EXTRAOPTS
ExecReload=/bin/kill -USR2 $MAINPID
ExecStopPost=-${endedScript}
`,
}
