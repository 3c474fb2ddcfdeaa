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
}
