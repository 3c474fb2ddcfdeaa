import type { CodeEntry } from '../problem.js'

export const stepCodes: Record<string, CodeEntry> = {
  Q4001: {
    title: 'Unexpected failure',
    message: 'something failed that quorate has no name for: {reason}',
    remedy: 'run the same command again; it continues where it stopped. If it fails the same way, report it with the journal',
    explain: `This is a fault of quorate or of the computer, not of your file. Every step looks first at what is there, so the same
command may be typed again at any time: it does what is missing and nothing else.

The journal of what was done is journal.ndjson in the cluster's state directory (quorate status -o wide names it).`,
    exit: 1,
  },
  Q4002: {
    title: 'Somebody is at work on this cluster',
    message: '{user}@{host} is running "quorate {verb}" on this cluster (process {pid}) since {ageS} s',
    remedy: 'wait for it, or stop it with Ctrl-C where it runs: kill -INT {pid}',
    explain: `Two operators changing one cluster at the same time can take away its quorum, so each change holds a lock.
On this computer the kernel frees the lock when its process ends, however it ends: a lock that is held has a living owner. On hosts over
SSH the owner refreshes it, and it is free 90 seconds after the last sign of life.

Reading is always allowed: quorate status, check and plan take no lock.`,
    exit: 1,
  },
  Q4003: {
    title: 'Stopped on request',
    message: 'stopped at a safe point after {done} of {total} steps',
    remedy: 'type the same command again to continue',
    explain: `The first Ctrl-C lets the steps that run come to their end and starts no new one; the second stops at once.
Both are safe: steps look at what is there before they act, so the same command continues.`,
    exit: 1,
  },
  Q4004: {
    title: 'Steps failed',
    message: '{failed} of {total} steps failed, {notRun} were not run because they need them',
    remedy: 'fix what is named above and type the same command again; it continues where it stopped',
    explain: `Each failed step is shown with its own code, machine and remedy. Steps that need nothing of a failed one were done all the same.`,
    exit: 1,
  },
  Q4011: {
    title: 'Too little disk',
    message: 'only {freeMiB} MiB are free below /var/lib, {needMiB} MiB are needed',
    remedy: 'free or add disk space on {machine}, then type the same command again',
    explain: `etcd stops a member that cannot write, and kubelet evicts pods below its own threshold. A control plane that starts on a full disk
takes the others with it when they wait for it. See what uses it: df -h /var/lib; du -xh --max-depth=2 /var/lib | sort -h | tail.`,
    exit: 1,
  },
  Q4012: {
    title: 'Machine does not answer',
    message: 'it does not answer over SSH at {address}: {reason}',
    remedy: 'see that it is switched on and that this works: ssh root@{address} true',
    explain: `quorate reaches every machine at its own address, never through the virtual IP, so that it can repair a cluster whose entry is down.
It uses the system's OpenSSH: your ssh_config, agent and jump hosts apply.`,
    exit: 5,
  },
  Q4013: {
    title: 'Programs are missing',
    message: 'the machine lacks the programs of this bundle',
    remedy: 'for machines of a lab: quorate down, then quorate up; for hosts: quorate apply installs them',
    explain: `A lab's machines are made from the bundle, so they can only lack it when they were made from an older one.`,
    exit: 1,
  },
  Q4014: {
    title: 'Balancer does not start',
    message: '{units} did not start: {stderr}',
    remedy: 'look at its log on the machine: journalctl -u haproxy -u keepalived -n 50',
    explain: `haproxy refuses a configuration that it cannot bind or read; keepalived refuses an interface that is not there.
The usual cause is another program on the port of the endpoint, on the balancer machine.`,
    exit: 1,
  },
  Q4015: {
    title: 'etcd member lost its data',
    message: 'this member has held data before, and {dataDir} is empty now',
    remedy: 'look at the other members first: quorate check. Then replace this one: quorate member replace MACHINE',
    explain: `A member that comes back empty under its old name has forgotten its votes and acknowledged writes; started as new it would
even serve an empty cluster. So quorate never initialises a member twice. It has to be removed from the member list and
added again as a learner, which copies the data from the others.`,
    exit: 1,
  },
  Q4016: {
    title: 'kubeadm failed',
    message: '{what} failed: {output}',
    remedy: 'look at kubelet on that machine: journalctl -u kubelet -n 50, then type the same command again',
    explain: `quorate lets kubeadm write the static pods and the settings of kubelet from /etc/kubernetes/quorate/kubeadm.yaml.
The output above is kubeadm's own.`,
    exit: 1,
  },
  Q4017: {
    title: 'No API server answers',
    message: 'no API server answered /readyz at its own address within {seconds} s',
    remedy: 'look at a control plane: quorate ssh MACHINE -- crictl ps -a, or: quorate ssh MACHINE -- journalctl -u kubelet -n 50',
    explain: `An API server needs a majority of etcd members. If etcd has no leader, none becomes ready: compare the members with
quorate status -o wide. On a slow computer the images may still be unpacked; the same command continues to wait.`,
    exit: 5,
  },
  Q4018: {
    title: 'Claims do not hold',
    message: '{failed} of {total} claims about the cluster do not hold after {seconds} s',
    remedy: 'see which, and why: quorate check',
    explain: `Every step was done, and still the cluster is not what the file promises. A cluster counts as up when the claims hold, not when
commands returned. Each claim that does not hold names the machine, what was seen, and what to type next.`,
    exit: 4,
  },
  Q4020: {
    title: 'Quorum would be lost',
    message:
      'this step stops the etcd member on {machine}; only {healthy} of {members} members are healthy, {quorum} are needed without it',
    remedy: 'bring the other members back first: quorate check names them',
    explain: `A cluster of n members needs floor(n/2)+1 of them. The engine refuses every step that could leave fewer, whatever command asked for it.`,
    exit: 1,
  },
  Q4021: {
    title: 'etcd membership did not change',
    message: '{what} did not succeed within {seconds} s: {reason}',
    remedy: 'look at the members: quorate check, and type the same command again; it continues where it stopped',
    explain: `A new etcd member comes as a learner: it copies the store and has no vote until it has what the others have. Members come and go one at a
time, and etcd refuses each change that could cost the quorum: "unhealthy cluster" means that a member is away or has been connected for less than 5 s,
"too many learner members" that another one is still copying.

How to see it:
  quorate check
  quorate ssh NAME -- journalctl -u quorate-etcd-join -u etcd -n 50`,
    exit: 1,
  },
  Q4022: {
    title: 'No majority to join',
    message: 'this member is new, and no majority of the etcd members answers that could take it in',
    remedy: 'bring the other members back first: quorate check names them',
    explain: `Who is a member is decided by a majority of the members. This cluster was in service before, so a machine without data must join it, and not
begin a cluster of its own.`,
    exit: 1,
  },
  Q4023: {
    title: 'Your balancer does not lead to an API server',
    message: 'no API server was reached through your balancer at {endpoint} within {seconds} s: {reason}',
    remedy: 'set it up as the note above says, then type the same command again; it continues where it stopped',
    explain: `With balancer: external the endpoint is yours. quorate does not touch it; it says what the balancer must do and then checks what can be
checked: that the API answers through it, that every machine reaches it each time (a control plane also when it is sent back to itself), and that it
leads to every API server. How long it leaves an idle connection alone cannot be asked in a moment; look it up where you configured it.

Typical causes: the check asks plain HTTP or /healthz, TLS ends at the balancer (client certificates are lost then), the address of the client is kept
so that a control plane cannot reach itself.`,
    exit: 5,
  },
  Q4024: {
    title: 'Your etcd does not answer',
    message: 'the etcd member at {endpoint} did not answer over TLS with your certificate: {reason}',
    remedy: 'try it: etcdctl --endpoints https://{endpoint} --cacert CA --cert CERT --key KEY endpoint status',
    explain: `Every endpoint in spec.etcd.external.endpoints is asked before anything is changed, with caFile, certFile and keyFile of the file. An unknown
authority or a name that the member's certificate lacks is a fault of TLS; a refused or silent connection one of the network or of the member.
With authentication switched on in etcd, its JSON gateway refuses certificates that carry a common name; use one without for quorate.`,
    exit: 5,
  },
  Q4025: {
    title: 'Your etcd is too old',
    message: 'the etcd member at {endpoint} runs {version}; Kubernetes needs {minimum} or newer',
    remedy: 'upgrade etcd one minor version at a time, then type the same command again',
    explain: `kubeadm of this version refuses older ones. 3.5 before 3.5.24 and 3.6 before 3.6.11 have known faults that lose or resurrect members and
data; take the newest patch of your minor version.`,
    exit: 1,
  },
  Q4026: {
    title: 'Your etcd has an alarm',
    message: 'the etcd member at {endpoint} tells of the alarm {alarm} of member {member}',
    remedy: 'clear its cause first: etcdctl alarm list; for NOSPACE compact, defragment, then etcdctl alarm disarm',
    explain: `With NOSPACE etcd takes no writes, with CORRUPT its members hold different data. A cluster built on it would not come up, or come up wrong.`,
    exit: 1,
  },
  Q4027: {
    title: 'Your etcd has no quorum',
    message: 'the etcd member at {endpoint} cannot be used: {why} ({members} members, {quorum} are needed)',
    remedy: 'look at all members: etcdctl endpoint status --cluster -w table',
    explain: `Nothing is written without a majority of the members. All endpoints of the file must be members of one and the same cluster.`,
    exit: 1,
  },
  Q4030: {
    title: 'Unknown machine',
    message: 'this cluster has no machine called {machine}; it has {names}',
    remedy: 'quorate machines lists them',
    explain: `Machines are named in the cluster file under spec.machines. Nothing was changed.`,
    exit: 2,
  },
  Q4031: {
    title: 'Not built here',
    message: 'there is no cluster {cluster} on this computer yet',
    remedy: 'quorate up makes it',
    explain: `Certificates and keys of a cluster are kept in its state directory on the computer that built it. Without them nothing can be asked
of its API servers. Run the command on that computer, or copy the state directory (it holds the authorities: treat it as a secret).`,
    exit: 1,
  },
  Q4040: {
    title: 'The host cluster does not answer',
    message: 'no API server of the host cluster {host} answered /readyz within {seconds} s',
    remedy: 'bring the host cluster up first: quorate status {host}',
    explain: `The control plane of this cluster runs as pods of its host, so nothing of it can be built or changed while the host's own API is away.
API servers that run already go on. Nothing was changed.`,
    exit: 1,
  },
  Q4041: {
    title: 'The host cluster was not built here',
    message: 'there are no keys of the host cluster {host} on this computer',
    remedy: 'quorate up {file}, or run this on the computer that built it',
    explain: `The pods of the control plane are declared through the API of the host cluster, for which its keys are needed. They are in its state
directory on the computer that built it. Nothing was changed.`,
    exit: 1,
  },
  Q4042: {
    title: 'The host cluster refuses the Service',
    message: 'the host cluster {host} refuses the Service of the API servers: {message}',
    remedy:
      'choose another port or address under spec.controlPlane.hosted.service: kubectl get services -A in the host cluster shows those taken',
    explain: `A node port belongs to one Service of a cluster, and must be in the range with which its API servers were started: where
spec.network.nodePortRange of the host's file was changed, that file must be applied first.`,
    exit: 1,
  },
  Q4043: {
    title: 'The last control plane is still leaving',
    message: 'the namespace {namespace} of {host} is being deleted and was not gone within {seconds} s',
    remedy: 'see what holds it in the host cluster: kubectl get all,pdb,secrets -n {namespace}; then run the command again',
    explain: `A cluster of this name was taken down, and its pods in the host cluster have not ended yet: mostly because they run on a node that does
not answer. Nothing can be declared in a namespace that is being deleted.`,
    exit: 1,
  },
  Q4044: {
    title: 'Something of a guest is left in its host',
    message: '{guest} could not be taken out of its host cluster {host} in full: {reason}',
    remedy: 'if {host} is still in use: kubectl delete namespace {namespace} there',
    explain: `A hosted control plane lives in a namespace of its host, and the host's nodes have routes to its pods. A host that does not answer, or
of which a node is down, keeps them. They do no harm but take memory and a node port; quorate up of a guest of the same name uses them
again.`,
    exit: 1,
  },
}
