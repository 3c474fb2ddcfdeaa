import type { FileSpec } from '../../machine/machine.js'
import { shellQuote } from '../../machine/process.js'
import type { MachineScripts } from '../faults/fault.js'
import { drillDir, faultDir } from '../scripts/prelude.js'

/** Timers of systemd that end a fault by themselves; `quorate heal` finds them by this beginning. */
export const unitPrefix = 'quorate-undo-'

/** While a fault is prepared another timer stands guard than while it is in force, so that one is armed before the other is let go. */
export type Watch = 'prepare' | 'fault'
export const unitOf = (id: string, watch: Watch): string => `${unitPrefix}${id}${watch === 'prepare' ? '-prepare' : ''}`

/** Tries again for about 20 minutes: what a fault needs to be mended, such as a quorum, may come later. */
const tries = 60

/**
 * Ends one fault for good, whoever calls it: the timer, `quorate heal`, or a person. Two at the same time wait for each other. The folder goes last,
 * once the fault was seen to be gone; without it there is nothing to end.
 */
const endScript = (id: string): string => `#!/bin/sh
# Written by quorate for a drill. Ends the fault; does nothing once it is gone.
D=${faultDir(id)}
n=0
while [ -d "$D" ] && [ $n -lt ${tries} ]; do
  flock "$D/lock" sh "$D/undo.sh"
  m=0
  while [ -d "$D" ] && [ $m -lt 20 ]; do
    said=$(sh "$D/undone.sh") && { echo "$said"; rm -rf "$D"; exit 0; }
    m=$((m + 1))
    sleep 0.5
  done
  n=$((n + 1))
done
[ ! -d "$D" ] || { echo "$said"; exit 1; }
`

/** What lies on a machine before a fault is made there. */
export const armedFiles = (id: string, title: string, scripts: MachineScripts): FileSpec[] => {
  const dir = faultDir(id)
  return [
    { path: `${dir}/what`, content: `${title}\n`, mode: 0o600 },
    { path: `${dir}/undo.sh`, content: scripts.undo, mode: 0o700 },
    { path: `${dir}/undone.sh`, content: scripts.undone, mode: 0o700 },
    { path: `${dir}/end.sh`, content: endScript(id), mode: 0o700 },
  ]
}

/** Arms the timer. It belongs to the machine: it fires when quorate is dead and when nobody can log in. */
export const armScript = (id: string, watch: Watch, afterMs: number): string => `
chmod 700 ${drillDir} ${faultDir(id)}
systemd-run --quiet --collect --unit=${unitOf(id, watch)} --on-active=${Math.ceil(afterMs)}ms --timer-property=AccuracySec=20ms \\
  /bin/sh ${faultDir(id)}/end.sh
`

/** Lets a timer go. A timer that has fired already is left to end its work. */
export const disarmScript = (id: string, watch: Watch): string => `systemctl stop ${unitOf(id, watch)}.timer 2>/dev/null; true\n`

/** After the fault was seen to be gone. */
export const forgetScript = (id: string): string => `
systemctl stop ${unitOf(id, 'fault')}.timer ${unitOf(id, 'prepare')}.timer 2>/dev/null
rm -rf ${shellQuote(faultDir(id))}
`
