import type { CodeEntry } from '../problem.js'

export const labCodes: Record<string, CodeEntry> = {
  Q3501: {
    title: 'Root is needed',
    message: 'making machines on this computer needs root (network namespaces, mounts, cgroups)',
    remedy: 'run it as root: sudo quorate up',
    explain: `A lab's machines are containers of systemd-nspawn with a network namespace of their own. Making either needs root.
For hosts that exist, quorate apply needs no root here.`,
    exit: 2,
  },
  Q3502: {
    title: 'A tool is missing',
    message: '{tool} is not installed on this computer',
    remedy: 'apt-get install {package}',
    explain: `The lab uses systemd-nspawn, iproute2 and OpenSSH as your distribution ships them.`,
    exit: 2,
  },
  Q3503: {
    title: 'A machine does not boot',
    message: 'the machine did not answer over SSH within {seconds} s; the end of its console: {console}',
    remedy: 'see its console: less {log}; then quorate down and quorate up',
    explain: `The container was started, but its sshd was not reached. Usual causes: too little memory, a full disk, or a kernel feature that
is missing (overlayfs, veth, bridge).`,
    exit: 1,
  },
  Q3504: {
    title: "The network namespace is somebody else's",
    message: 'there is a network namespace {namespace} that this lab did not make',
    remedy: 'if nothing of yours uses it: ip netns delete {namespace}',
    explain: `Each lab lives in a network namespace of its own, named after the cluster. One of that name was there before this lab: quorate
does not take over what it did not make.`,
    exit: 1,
  },
  Q3505: {
    title: 'The lab is not running',
    message: 'the lab of {cluster} is not running',
    remedy: 'quorate up',
    explain: `Machines made on this computer end with it: after a restart of the computer, quorate up starts them again with their disks.`,
    exit: 1,
  },
  Q3506: {
    title: 'Subnet in use',
    message: "the machines' subnet {subnet} overlaps {own}, which this computer has on {interface}",
    remedy: 'choose another subnet for machines and endpoint in the cluster file, for example 10.99.0.0/24; see: ip -4 addr',
    explain: `A lab's network is a namespace of its own and touches nothing outside. But on this computer the same addresses already mean
something else: whoever types one would reach that, and not the machine of the lab. So quorate asks for a subnet that is free here.`,
    exit: 2,
  },
  Q3507: {
    title: 'A limit of this computer is too low',
    message: '{name} is {now}; {machines} machines need {needed}, and it could not be raised',
    remedy: "raise it where this computer's kernel is governed: sysctl -w {name}={wanted}",
    explain: `A lab's machines share the kernel of this computer and with it some limits: inotify instances, keys, processes, neighbours. Short of
them systemd or the kubelet of the last machine fails in ways that are hard to read. quorate raises such a limit by itself, never lowers one,
and says so; inside a container of somebody else's it may not.`,
    exit: 2,
  },
  Q3508: {
    title: 'A machine does not end',
    message: 'processes {pids} did not end within {seconds} s of SIGKILL',
    remedy: 'see what they wait for: cat /proc/PID/stack; a hung or full disk is the usual reason. Then quorate down again',
    explain: `A killed process that is inside the kernel, mostly waiting for a disk, ends only when that wait does. Nothing was removed from under
it: once the disk answers, quorate down removes the rest.`,
    exit: 1,
  },
  Q3509: {
    title: 'The host cluster has no lab',
    message: 'the machines of {cluster} join the lab of its host cluster {host}, which is not there',
    remedy: 'quorate up {file}',
    explain: `A cluster with a hosted control plane is a guest: its machines are plugged into the network of the lab of its host. The lab of the host is
made by its own up, and is there until its own down. Nothing was changed.`,
    exit: 1,
  },
  Q3510: {
    title: 'The lab has guests',
    message: '{cluster} hosts the control plane of {guests}, whose machines are in its lab',
    remedy: 'quorate down {first}, then this again',
    explain: `A guest's API servers run in this cluster and its machines are on the network of this lab: without it they could neither work nor be taken
down in order. Guests go first. Nothing was changed.`,
    exit: 1,
  },
}
