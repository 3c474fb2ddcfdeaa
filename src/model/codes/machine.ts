import type { CodeEntry } from '../problem.js'

const trySsh = 'try it by hand: ssh -p {port} {user}@{address} true'

export const machineCodes: Record<string, CodeEntry> = {
  Q3001: {
    title: 'A command failed',
    message: '"{command}" exited {exit}: {stderr}',
    remedy: 'run it by hand to see more, then type the same quorate command again',
    explain: `A program that quorate started ended with an error. The command above can be pasted into a shell on the machine that is named.
Nothing is left half done by it: steps look at what is there before they act.`,
    exit: 1,
  },
  Q3002: {
    title: 'A command took too long',
    message: '"{command}" had not ended after {timeoutMs} ms and was stopped',
    remedy: 'see whether the machine is overloaded or its disk hangs: uptime; cat /proc/pressure/io',
    explain: `Every command has a deadline, so that one hung machine cannot hold up the work on the others.`,
    exit: 5,
  },
  Q3003: {
    title: 'Wrong host key',
    message: 'the machine at {address} shows a host key other than the one that is known: {said}',
    remedy: 'if the machine was really reinstalled: ssh-keygen -R {address}; ssh {user}@{address} true',
    explain: `A changed host key means that the machine was reinstalled, or that somebody else answers at its address. quorate never believes an
unknown key by itself: keys of a whole cluster would go to that machine.`,
    exit: 5,
  },
  Q3004: {
    title: 'SSH login refused',
    message: 'the machine at {address} does not let {user} in: {said}',
    remedy: 'put your key there: ssh-copy-id -p {port} {user}@{address}',
    explain: `quorate logs in with keys only and never asks for a password. Users other than root need sudo without a password.
The key is what your ssh_config and agent offer, or spec.machines[].ssh.identityFile.`,
    exit: 5,
  },
  Q3005: {
    title: 'SSH connection refused',
    message: 'nothing listens for SSH at {address} port {port}',
    remedy: trySsh,
    explain: `The host answers, but no sshd listens on that port. Is it installed and running, and is spec.machines[].ssh.port right?`,
    exit: 5,
  },
  Q3006: {
    title: 'SSH connection failed',
    message: 'no SSH connection to {address} port {port}: {said}',
    remedy: trySsh,
    explain: `The machine is off, its address is another one, or a firewall is between. quorate connects to each machine at the address in the file.`,
    exit: 5,
  },
  Q3007: {
    title: 'Unknown host key',
    message: 'the host key of {address} is not known on this computer',
    remedy: 'compare and accept it once: ssh -p {port} {user}@{address} true',
    explain: `quorate never believes a host key by itself: keys of a whole cluster would go to whoever answers. Log in once by hand, compare the
fingerprint that ssh shows with the one on the machine (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and answer yes.`,
    exit: 5,
  },
  Q3008: {
    title: 'SSH connection lost',
    message: 'the SSH connection to {address} broke off during "{command}": {said}',
    remedy: 'see whether the machine still runs, then type the same quorate command again: quorate machines',
    explain: `The connection was there and ended before the command did: the machine lost power or restarted, sshd was stopped, or the network broke.
Whether the command still finished is not known; what is left of it is ended by its own deadline on the machine. Steps look at what is there
before they act, so the same command again goes on where it stopped.`,
    exit: 5,
  },
  Q3009: {
    title: 'The user may not become root',
    message: '{user} at {address} may not use sudo without a password: {said}',
    remedy: "on that machine: echo '{user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/quorate",
    explain: `Installing a cluster needs root on each machine. quorate logs in as spec.machines[].ssh.user and uses sudo -n, which never asks; the
password of a user is neither wanted nor kept.`,
    exit: 5,
  },
  Q3010: {
    title: 'No connection',
    message: 'no connection to {host} port {port}: {reason}',
    remedy: 'see whether that machine runs: quorate machines',
    explain: `A TCP connection from this computer, or from inside the lab's network, was not answered.`,
    exit: 5,
  },
  Q3011: {
    title: 'Upload failed',
    message: 'the upload to {path} did not arrive whole: {stderr}',
    remedy: 'see the disk of the machine: df -h; then type the same command again',
    explain: `A file is written beside its place, its size compared, and only then renamed: what arrived in part is never used.`,
    exit: 1,
  },
  Q3012: {
    title: 'Disk full',
    message: 'no space is left for "{command}": {said}',
    remedy: 'make room there, then type the same quorate command again: df -h',
    explain: `A file could not be written because its file system is full, or a quota is used up. Files are written beside their place and renamed
when they are whole, so the old ones are as they were.`,
    exit: 1,
  },
  Q3013: {
    title: 'The folder for SSH connections is not private',
    message: '{dir} belongs to somebody else, or others may enter it',
    remedy: 'see what it is (ls -ld {dir}), then remove it',
    explain: `quorate keeps one SSH connection per machine open and reaches it by a socket in this folder. Whoever can write there could put a
connection of his own in its place, so quorate does not use it.`,
    exit: 2,
  },
}
