import type { CodeEntry } from '../problem.js'

export const drillCodes: Record<string, CodeEntry> = {
  Q6501: {
    title: 'The prober does not start',
    message: 'the process that measures what clients feel did not start: {reason}',
    remedy: 'see the reason; in a lab it needs nsenter (package util-linux) and root, elsewhere only Node',
    explain: `A drill measures from a process of its own, so that nothing else the drill does delays a measurement. In a lab that process
lives in the lab's network namespace, which takes nsenter and root to enter.

How to see it:
  ls /run/netns              shows the namespace of a lab that is up

How to fix it: bring the lab up, or run as root.`,
    exit: 1,
  },
  Q6502: {
    title: 'The prober ended',
    message: 'the process that measures what clients feel is gone: {reason}',
    remedy: 'run the drill again; the fault that was under way is undone by its timer, or at once by quorate heal',
    explain: `Without its prober a drill sees nothing, so it stops and calls nothing proven. A reason of SIGKILL mostly means that memory
ran out on this computer.

How to see it:
  journalctl -k | grep -i 'out of memory'

How to fix it: run quorate heal, then drill again with fewer other programs running.`,
    exit: 1,
  },
}
