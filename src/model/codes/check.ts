import type { CodeEntry } from '../problem.js'

/** All claims say it the same way: the claim, then what was seen. */
const message = '{claim}: not so. {evidence}'

const entry = (title: string, remedy: string, explain: string): CodeEntry => ({ title, message, remedy, explain, exit: 4 })

/** Claims about a live cluster. Each is False for the reason told under `evidence`. */
export const checkCodes: Record<string, CodeEntry> = {
  Q5001: {
    title: 'Could not be seen',
    message: '{claim}: could not be seen. {evidence}',
    remedy: 'quorate machines',
    explain: `The claim is neither held nor seen to be untrue: what it speaks of could not be asked. A claim that cannot be seen never counts as
held, so the check as a whole does not pass.

How to see why:
  quorate machines                     is the machine running, does it answer?
  quorate check                        other claims of the same machine, if any is False, tell more

It also happens for a moment while something restarts. Then look again.`,
    exit: 4,
  },
  Q5101: entry(
    'etcd members differ from the file',
    'quorate ssh {machine} -- journalctl -u kubelet -u etcd -n 50',
    `Every machine with the role etcd must be a member of one and the same etcd cluster, started and serving, and nobody else may be a
member. A member that is down costs no data, but with one of three down the next failure stops the cluster. Two different cluster ids
are worse: a member that lost its disk has started a cluster of its own and serves an empty store.

How to see it:
  quorate status -o wide
  quorate ssh NAME -- journalctl -u kubelet -n 50          where etcd is a static pod
  quorate ssh NAME -- journalctl -u etcd -n 50             where etcd has machines of its own

How to fix it: a member whose disk is intact comes back by starting it. One that lost its disk must be removed and added again; its
machine refuses to start it as an empty member, on purpose.`,
  ),
  Q5102: entry(
    'etcd has no agreed leader',
    'quorate status -o wide',
    `Members that name different leaders, or none, are in an election or cut off from each other. For a moment this is normal after a
failure. When it lasts, writes fail and the API servers report not ready.

How to see it:
  quorate status -o wide                                   leader and term of every member
  quorate ssh NAME -- ss -tn state established '( sport = :2380 or dport = :2380 )'

Usual causes: fewer than half of the members plus one are alive; the network between machines is cut; a disk or a machine is so slow
that heartbeats come late.`,
  ),
  Q5103: entry(
    'An etcd member does not vote',
    'quorate apply',
    `New members join as learners, which receive everything and have no vote, and are promoted when they have caught up. One that is
left as a learner adds no safety, and blocks the next change of members.

How to see it:
  quorate status -o wide

Running quorate apply again promotes a learner that has caught up.`,
  ),
  Q5104: entry(
    'etcd has raised an alarm',
    'quorate status -o wide',
    `NOSPACE: a store has reached its quota. Reads go on, writes are refused, and so controllers lose their leases. Compact the history,
defragment every member one after another, then disarm the alarm; then find out who writes that much.

CORRUPT: the members do not hold the same data. Writes are refused. Find the odd member by the claim etcd/equal-hash, and replace it.

Note that /readyz of etcd says nothing about NOSPACE.`,
  ),
  Q5105: entry(
    'etcd members hold different data',
    'quorate ssh {machine} -- journalctl -u kubelet -u etcd -n 50',
    `At one and the same revision, members must hold exactly the same keys and values. A differing hash means that a store is damaged: a
flipped bit on a disk, or a defect of etcd. Reads then give different answers, depending on the member that is asked.

How to fix it: the member named here differs from most others. Keep a copy of its data directory, remove it, and add it again with an
empty one. When there is no majority of equal hashes, stop and restore a snapshot.`,
  ),
  Q5106: entry(
    'An etcd store is nearly full',
    'quorate ssh {machine} -- du -sh /var/lib/etcd/member',
    `A store that reaches its quota raises the alarm NOSPACE, and the whole cluster takes no writes. Space that deleted keys leave behind is
used again, and is given back to the disk by defragmenting only.

How to see what fills it:
  quorate kubectl get --raw /metrics | grep apiserver_resource_objects | sort -k2 -g | tail`,
  ),
  Q5201: entry(
    'An API server is not ready',
    'quorate ssh {machine} -- journalctl -u kubelet -n 50',
    `Every API server must answer /readyz at its own address, not just one of them through the balancer. The names shown are its own failed
checks: "etcd" means that it cannot reach its store, "informer-sync" and "poststarthook/..." pass while it starts. "connection refused"
means that it does not run; silence means that it, or its machine, is frozen or cut off.

How to see it:
  quorate ssh NAME -- curl -sk https://NAME:6443/readyz?verbose
  quorate ssh NAME -- 'tail -n 30 /var/log/pods/kube-system_kube-apiserver-*/*/*.log'`,
  ),
  Q5202: entry(
    'The Service kubernetes differs from the file',
    'quorate kubectl get endpointslices -l kubernetes.io/service-name=kubernetes',
    `Pods reach the API by the Service kubernetes. With a virtual IP, and of a hosted control plane, it leads to the endpoint: quorate writes that, and
quorate up puts it back. Otherwise every API server writes its own address there every 10 seconds, and removes those that have not done so for 15: one
that is missing is not used by pods, and one too many lets a share of their requests fail.

Usual causes: somebody edited or deleted it; an API server that has just started or stopped; a wrong --advertise-address, or one that still runs with
another --endpoint-reconciler-type.`,
  ),
  Q5203: entry(
    'An API server runs another version',
    'quorate plan',
    `All API servers are to run the version of the file. Different versions side by side are meant for the time of an upgrade only.

quorate plan shows what would be done to make them equal.`,
  ),
  Q5211: entry(
    'A hosted control plane is not complete',
    'quorate kubectl --file HOST.yaml -- get pods -A -o wide -l app.kubernetes.io/managed-by=quorate',
    `API servers, controller managers and schedulers of this cluster run as pods of its host cluster, each replica on a node of its own. One
that is missing is one failure less that the cluster survives.

Usual causes: a node of the host is down or full (a pod stays Pending: there is no other node for it, since no two share one); etcd of
this cluster cannot be reached from the host's nodes (API servers start again and again: their log names it).

How to see it: in the host cluster, kubectl -n quorate-NAME describe pods, and kubectl -n quorate-NAME logs deploy/kube-apiserver.`,
  ),
  Q5212: entry(
    'A hosted API server is not reached',
    'quorate check --file HOST.yaml',
    `The pod of the API server is Ready by the word of the host cluster, and nobody answers at the port of its node, or at the address of the load
balancer. Something between is in the way: kube-proxy of that node, a firewall that does not let the node port through, or an address
that another machine has.`,
  ),
  Q5213: entry(
    'A hosted control plane may be drained at once',
    'quorate apply',
    `A PodDisruptionBudget tells the host cluster to take no more than one pod of each program away at a time when nodes are drained. Without it a
drain of two nodes may take two API servers. quorate apply, or up, declares it again.`,
  ),
  Q5214: entry(
    'The address of a hosted control plane was not given',
    'quorate kubectl --file HOST.yaml -- get services -A',
    `The Service of the API servers asks MetalLB of the host cluster for one address by name. It is not given out where another Service has it
already, or where MetalLB does not run: quorate check of the host cluster tells.`,
  ),
  Q5301: entry(
    'A balancer does not run',
    'quorate ssh {machine} -- systemctl status haproxy nginx keepalived',
    `The proxy of this balancer does not run. While it is down, the other balancer carries everything, and nothing is left to fail over to.

How to see it:
  quorate ssh NAME -- journalctl -u haproxy -n 50
  quorate ssh NAME -- haproxy -c -f /etc/haproxy/haproxy.cfg`,
  ),
  Q5302: entry(
    'A balancer does not see every API server',
    'quorate ssh {machine} -- "echo show stat | socat - /run/haproxy/admin.sock | cut -d, -f1,2,18,37"',
    `Each balancer asks each API server for /readyz by itself. L4CON or L4TOUT: no connection. L6RSP: the certificate is not signed by the
cluster's authority, or lacks the name. L7STS: it answered, and is not ready. MAINT and DRAIN were set by an operator.

When only one balancer says so and the API server is ready, the way between these two machines is broken.`,
  ),
  Q5303: entry(
    'Balancers are configured differently',
    'quorate apply',
    `Balancers stand in for each other, so they are given the same configuration. A difference means that a file was edited by hand, or that
an apply ended half way. The one named is the odd one.`,
  ),
  Q5401: entry(
    'Nobody holds the virtual IP',
    'quorate ssh {machine} -- journalctl -u keepalived -n 50',
    `No balancer carries the virtual IP, so no client reaches the API. keepalived gives the address up when its own proxy
does not answer (state FAULT), and it is moving for a moment after a failure.

How to see it:
  quorate ssh NAME -- systemctl status keepalived haproxy
  quorate ssh NAME -- ip addr`,
  ),
  Q5402: entry(
    'Several machines hold the virtual IP',
    'quorate ssh {machine} -- journalctl -u keepalived -n 50',
    `More than one machine carries the virtual IP. Clients reach one or the other by chance, and connections break when that
changes. Balancers that cannot hear each other's VRRP messages (IP protocol 112) each believe to be alone; so do balancers whose router
id, version or advert interval differ. It also happens when keepalived was killed and left the address behind.

How to see it:
  quorate ssh NAME -- ip addr
  quorate check balancer`,
  ),
  Q5403: entry(
    'A machine that is no balancer holds the virtual IP',
    'quorate ssh {machine} -- ip addr',
    `The virtual IP is on a machine that has not the role balancer: set by hand, or left over. It answers clients in place of
the balancers, or takes their packets away.

How to fix it:
  quorate ssh NAME -- ip addr del ADDRESS/PREFIX dev INTERFACE`,
  ),
  Q5404: entry(
    'The endpoint does not answer',
    'quorate check',
    `Nothing answers at the endpoint, the address by which all clients reach the API. When the API servers are ready at their own
addresses, the fault is in between: no machine holds the virtual IP, the proxy does not run, or it sees no API server up. Other claims of
the same check tell which.

quorate itself reaches every machine at its own address, so it works without the endpoint.`,
  ),
  Q5405: entry(
    'A node does not always reach the API',
    'quorate ssh {machine} -- curl -sv --cacert /etc/kubernetes/pki/ca.crt https://ENDPOINT/readyz',
    `Each node opened several connections by the way that its own clients take: through its own proxy (balancer: node-local), or through your balancer
(balancer: external). Some failed. When only control planes fail, and only now and then, your balancer does not hairpin: it sends a control plane
back to itself with its own address as the sender, and the answer never passes the balancer. Let the balancer put its own address (source NAT, or
proxying instead of forwarding).

How to see it:
  quorate ssh NAME -- journalctl -u haproxy -n 50             with node-local`,
  ),
  Q5406: entry(
    'The balancer leaves out an API server',
    'quorate check control-plane',
    `Every connection through the balancer ends at one of the API servers, known by its certificate. One was never led to although it is ready: it is not
among the balancer's servers, or its check there fails (GET /readyz over TLS at port 6443). A balancer that always sends the same client to the same
server shows this too, when there are fewer clients than servers.`,
  ),
  Q5501: entry(
    'A lease is not renewed',
    'quorate kubectl -n kube-system get leases',
    `Of the controller managers, and of the schedulers, one leads and renews its lease every few seconds. A lease older than its duration has
no leader: nothing is scheduled, or nothing is repaired, until another one takes over. For some seconds after a failure that is normal.

How to see it:
  quorate kubectl -n kube-system get pods -l tier=control-plane
  quorate ssh NAME -- 'tail -n 30 /var/log/pods/kube-system_kube-*/*/*.log'

A machine whose clock is wrong dates its renewals wrongly: see the claim machines/clocks.`,
  ),
  Q5601: entry(
    'A node is not Ready',
    'quorate ssh {machine} -- journalctl -u kubelet -n 50',
    `Every machine that runs pods must be registered as a node and be Ready. "has not reported yet": the kubelet has not started, or cannot
reach the API. "NetworkPluginNotReady": the network of pods is not set up. "NodeStatusUnknown": the kubelet has gone silent.

How to see it:
  quorate kubectl describe node NAME
  quorate ssh NAME -- systemctl status kubelet containerd`,
  ),
  Q5602: entry(
    'A node carries another zone',
    'quorate apply',
    `The zone of the file becomes the label topology.kubernetes.io/zone of the node, and pods are spread by it. With a wrong label, replicas
that look spread may share one failure domain.`,
  ),
  Q5603: entry(
    'A node has another pod subnet',
    'quorate apply',
    `With network.plugin routed, every machine has a route to the pod subnet of every other, and the subnet of a machine follows from its
address. A node whose podCIDR differs gives its pods addresses that no route leads to. It happens when the controller manager allotted a
subnet first, or when the machine's address or network.podSubnet was changed.

How to see it:
  quorate kubectl get nodes -o custom-columns=NAME:.metadata.name,CIDR:.spec.podCIDR
  quorate ssh NAME -- ip route

A podCIDR cannot be changed: drain the node, delete it, and run quorate apply.`,
  ),
  Q5701: entry(
    'CoreDNS lacks replicas',
    'quorate kubectl -n kube-system describe pods -l k8s-app=kube-dns',
    `CoreDNS must be ready in as many replicas as the file says, on at least two machines, so that losing one leaves names resolvable.
Replacing a lost replica takes minutes by default, since a node is given that long to come back.

How to see it:
  quorate kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide
  quorate kubectl -n kube-system logs -l k8s-app=kube-dns`,
  ),
  Q5702: entry(
    'CoreDNS has no disruption budget',
    'quorate apply',
    `Without a PodDisruptionBudget, draining machines may evict all replicas of CoreDNS at once, and no name resolves until they are back.`,
  ),
  Q5801: entry(
    'A probe pod is not ready',
    'quorate kubectl -n quorate-system describe pods -l app.kubernetes.io/name=probe',
    `On every worker runs a small pod that tells what a workload there would see. That it does not start tells that others would not
either: no image, no network, a taint, or a machine that is full.

How to see it:
  quorate kubectl -n quorate-system get pods -o wide
  quorate ssh NAME -- journalctl -u kubelet -u containerd -n 50`,
  ),
  Q5802: entry(
    'A pod cannot reach kubernetes.default',
    'quorate kubectl -n kube-system get pods -o wide',
    `From a pod on this machine the name kubernetes.default does not resolve, or the API behind it cannot be reached. "no such host" or
"server misbehaving": CoreDNS, or the way to it. "i/o timeout", "connection refused": the rules of kube-proxy on this machine, or the
route between machines.

How to see it:
  quorate kubectl -n kube-system logs -l k8s-app=kube-dns
  quorate ssh NAME -- nft list table ip kube-proxy`,
  ),
  Q5803: entry(
    'Pods do not reach each other across machines',
    'quorate ssh {machine} -- ip route',
    `A pod on this machine did not reach a pod on another one at its own address. With network.plugin routed, the route to the other node's
pod subnet, or packet forwarding, is missing on one of the two machines. With a network of your own, its agent is not running there.

How to see it:
  quorate ssh NAME -- sysctl net.ipv4.ip_forward
  quorate kubectl get nodes -o custom-columns=NAME:.metadata.name,CIDR:.spec.podCIDR`,
  ),
  Q5804: entry(
    'A Service cannot be reached',
    'quorate kubectl -n kube-system logs -l k8s-app=kube-proxy',
    `A pod on this machine did not reach the Service probe.quorate-system. When it reaches pods and names, the rules of kube-proxy on this
machine are not in place.

How to see it:
  quorate kubectl -n quorate-system get service,endpointslices
  quorate ssh NAME -- nft list table ip kube-proxy`,
  ),
  Q5811: entry(
    'MetalLB or its web server does not run',
    'quorate kubectl -n metallb-system get pods -o wide',
    `MetalLB has one controller, which hands out addresses, and a speaker on every node that takes ordinary pods, which announces them. To prove that
Services of type LoadBalancer work, a small web server of two pods runs behind one in the name space quorate-system.

How to see it:
  quorate kubectl -n metallb-system logs -l component=controller
  quorate kubectl -n metallb-system logs -l component=speaker
  quorate kubectl -n quorate-system describe pods -l app.kubernetes.io/name=web`,
  ),
  Q5812: entry(
    'An address of the pool is not reached',
    'quorate kubectl -n quorate-system describe service web',
    `The Service web in quorate-system was asked from outside the cluster, at the address that it was given from spec.loadBalancer.addressPool.
Without an address, the controller has none left or has not read the pool. With one and "no route to host", nobody answers ARP for it: no speaker
announces it, or a switch keeps the entry of a node that is gone. With "connection refused", the rules of kube-proxy on the announcing node are
not in place. The computer that asks must be on the machines' network, or routed to it.

How to see it:
  quorate kubectl -n metallb-system get servicel2statuses
  quorate kubectl -n metallb-system logs -l component=speaker
  ip neigh show {address}                                  on the computer that asks`,
  ),
  Q5901: entry(
    'A certificate expires soon',
    'quorate apply',
    `An expired certificate stops every client at once. Those that quorate issued live for a year and are issued anew by quorate apply when less
than 30 days are left.

How to see it:
  quorate ssh NAME -- kubeadm certs check-expiration`,
  ),
  Q5902: entry(
    'A certificate lacks a name',
    'quorate apply',
    `Clients compare the address they call with the names in the server's certificate. The certificate of every API server must carry the
endpoint's address, since any of them may stand behind it, and the machine's own.

How to see it:
  quorate ssh NAME -- openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -ext subjectAltName`,
  ),
  Q5951: entry(
    'A machine does not answer',
    'quorate machines',
    `The machine could not be asked over SSH at its own address. It is down, frozen or cut off, or SSH refuses.

How to see it:
  quorate machines
  quorate ssh NAME -- true`,
  ),
  Q5952: entry(
    'Clocks differ',
    'quorate ssh {machine} -- date',
    `Machines date leases, certificates and logs by their own clocks. A clock that is far off makes fresh leases look stale, and certificates
not yet or no longer valid. Run a time service (chrony, systemd-timesyncd) on every machine.

The measurement is made over SSH and is good to about half of a round trip.`,
  ),
  Q5953: entry(
    'A disk is nearly full',
    'quorate ssh {machine} -- df -h /var/lib',
    `etcd ends when its disk is full, and kubelet evicts pods before that. Images, logs and etcd share this file system unless you gave them
others.

How to see it:
  quorate ssh NAME -- du -xsh /var/lib/containerd /var/lib/etcd /var/lib/kubelet /var/log`,
  ),
}
