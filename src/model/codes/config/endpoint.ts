import type { CodeEntry } from '../../problem.js'

/** Q12: the address at which clients reach the API. */
export const endpointCodes: Record<string, CodeEntry> = {
  Q1201: {
    title: "The endpoint is a machine's address",
    message: 'the endpoint {address} is the address of {machine}, so the API would end with that machine',
    remedy: '{what}',
    explain: `The endpoint is written into every kubeconfig and certificate. When it belongs to one machine, the loss of that machine is the
loss of the API for all, however many API servers run. A virtual IP is an address that no machine has of its own.`,
    exit: 2,
  },
  Q1202: {
    title: 'The virtual IP is outside the subnet of the machines',
    message: 'the endpoint {address} is outside {subnet}{derived}',
    remedy: 'take a free address of {subnet}',
    explain: `keepalived moves the address by ARP, which does not leave a subnet: outside it nobody would find the machine that holds it.`,
    exit: 2,
  },
  Q1203: {
    title: 'The endpoint is an address of pods or Services',
    message: 'the endpoint {address} is inside {field} {subnet}',
    remedy: 'take an address outside the subnets of pods and Services',
    explain: `Nodes route these subnets to pods, or translate them to backends of Services. The endpoint would not be reached from any node.`,
    exit: 2,
  },
  Q1204: {
    title: 'A virtual IP that nobody holds',
    message: 'with balancer node-local nobody holds the endpoint {address}: there is no virtual IP',
    remedy: "set spec.endpoint.address to a control plane's address ({example}), or choose the balancer haproxy-keepalived",
    explain: `With node-local every node reaches the API through a proxy of its own on loopback. No program carries a virtual IP, so the endpoint
is only what clients outside the nodes use: a control plane's own address, or an address outside this subnet at which a balancer of
yours answers.`,
    exit: 2,
  },
  Q1205: {
    title: 'No API server at the endpoint',
    message: 'no API server answers at {address}:{port}: {why}',
    remedy: 'write {meant}',
    explain: `With node-local the endpoint is what clients outside the nodes use. Where it is a machine's address, an API server must listen
there, and every API server listens at port 6443.`,
    exit: 2,
  },
  Q1206: {
    title: 'Clients outside depend on one machine',
    message: 'clients outside the nodes reach the API only through {machine}',
    remedy: 'if that is not enough, put a balancer of your own before the control planes and name its address here',
    explain: `With node-local the nodes themselves survive the loss of any control plane. A kubectl outside them uses the endpoint of its
kubeconfig, which is one machine here. Every other control plane can be named by hand: its address is in the certificates too.`,
    exit: 2,
  },
  Q1207: {
    title: "The endpoint's port is taken",
    message: 'port {port} is taken on {machine}: {by} listens there on all addresses',
    remedy: 'take another port for spec.endpoint.port, such as 6443 or 8443',
    explain: `The proxy listens at the endpoint's port on every balancer. A program that listens on all addresses of the machine has the port at
the virtual IP too. The API server itself does not clash: beside a proxy it is bound to its machine's own address.`,
    exit: 2,
  },
  Q1208: {
    title: 'The address of the proxies on the nodes is taken',
    message: '{field} {value} takes {address}, where the proxy on every node listens for pods',
    remedy: 'take other addresses: 192.0.2.0/24 is for documentation and not for networks (RFC 5737)',
    explain: `With node-local every node has this address on its loopback, and the Service kubernetes leads pods there: to the proxy of their own
node, which knows all API servers. Whatever else has the address cannot be reached from any node.`,
    exit: 2,
  },
}
