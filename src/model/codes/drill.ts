import type { CodeEntry } from '../problem.js'

export const drillCodes: Record<string, CodeEntry> = {
  Q6001: {
    title: 'No such fault',
    message: 'no fault is called {name}',
    remedy: 'quorate drill --list shows every fault and category',
    explain: `A drill can be limited to some faults by their ids, such as etcd-leader-kill, or by category: process, machine, network,
storage. Both controls always come along, since without them nothing is proven.`,
    exit: 2,
  },
  Q6010: {
    title: 'A fault could not be prepared',
    message: '{fault}: the machine could not be prepared: {said}',
    remedy: 'quorate heal takes away what was begun; then look at the machine and drill again',
    explain: `Before a fault is made, its undo is stored on the victim in /var/lib/quorate/drill and armed as a timer of systemd, or, where
a machine is broken from outside, written down in the lab's directory and watched by a process of its own. Some faults also move the
etcd member onto a small disk first. One of these steps failed, so nothing was broken.

How to see it:
  quorate ssh MACHINE systemctl list-timers 'quorate-undo-*'

How to fix it: run quorate heal. The machine needs systemd, nft, flock and curl, which quorate installs in a lab.`,
    exit: 1,
  },
  Q6011: {
    title: 'A fault could not be made',
    message: '{fault}: it could not be made: {said}',
    remedy: 'quorate heal takes away what was begun',
    explain: `The victim plays the role that the fault looks for, but the attempt to break it failed: often the program does not run there
at that moment, or the kernel lacks what the fault needs (nftables with netdev egress, loop devices).

How to see it: the reason above is what the machine said.

How to fix it: run quorate check first; a drill of a cluster that is not healthy proves little.`,
    exit: 1,
  },
  Q6013: {
    title: 'A fault could not be undone',
    message: '{fault}: undoing it failed: {said}',
    remedy: 'quorate heal tries again; the timer on the machine does so too',
    explain: `The undo of a fault may need others: an etcd member can be joined again only while a majority of members serves. The script
that undoes it is /var/lib/quorate/drill/ID/end.sh on the victim; a timer of systemd runs it, and it tries again for about twenty minutes.

How to see it:
  quorate ssh MACHINE journalctl -u 'quorate-undo-*'

How to fix it: run quorate heal once the other machines are well.`,
    exit: 1,
  },
  Q6015: {
    title: 'Only machines of a lab',
    message: '{fault}: this can be done only to machines that quorate made on this computer',
    remedy: 'leave it out, or rehearse the same file in a lab: a lab is made when the file gives no ssh access',
    explain: `Taking a machine's power, or halting all of its processors, needs somebody outside of it. quorate is that for the machines it
made itself. For hosts a drill leaves these faults out and says so in its report.`,
    exit: 2,
  },
  Q6016: {
    title: 'Two machines of one name on the ground of a drill',
    message: 'a machine of {cluster} and a node of {host} are both called {machine}: a drill could not tell which of them it breaks',
    remedy: 'give machines of {cluster} names that {host} does not use, as the examples do (m-1 there, g-1 here)',
    explain: `A drill of a cluster whose control plane runs in another one breaks machines of both: its own, and the nodes of the host that carry its
API servers. Reports, plans and undo name machines by their names alone. Nothing was changed.`,
    exit: 2,
  },
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
