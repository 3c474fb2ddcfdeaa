import { createServer, type Server } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { TlsIdentity } from '../../../src/client/transport.js'
import type { Fleet } from '../../../src/machine/fleet.js'
import type { Machine } from '../../../src/machine/machine.js'
import { type Cluster, controlPlanes, etcdMachines } from '../../../src/model/cluster.js'
import type { Observed } from '../../../src/model/observed.js'
import { fault } from '../../../src/model/problem.js'
import type { Live } from '../../../src/observe/live.js'
import { TestAuthority } from '../../client/support/certificates.js'
import { healthyLive, healthyObserved } from './healthy.js'

const id = (hex: string): string => BigInt(`0x${hex}`).toString()

/**
 * A cluster as it looks from outside, on loopback: real TLS, real HTTP, answers made from `observed` and `live`, which a test changes
 * while it is being watched. `down` holds addresses and machine names that refuse, `silent` those that accept and say nothing.
 */
export class World {
  observed: Observed
  live: Live
  readonly down = new Set<string>()
  readonly silent = new Set<string>()
  readonly asked: string[] = []
  readonly #hosts = new Map<number, string>()
  readonly #sockets = new Set<Socket>()
  #port = 0
  #server: Server | undefined
  admin: TlsIdentity = { ca: '' }

  private constructor(readonly cluster: Cluster) {
    this.observed = healthyObserved(cluster)
    this.live = healthyLive(cluster)
  }

  static async start(cluster: Cluster): Promise<World> {
    const world = new World(cluster)
    const authority = await TestAuthority.make()
    const addresses = [cluster.endpoint.address, ...cluster.machines.map((m) => m.address)]
    const leaf = await authority.leaf('everyone', { dns: ['kubernetes'], ip: addresses })
    world.admin = await authority.identity('admin')
    const server = createServer({ ...leaf, ca: authority.ca, requestCert: true, rejectUnauthorized: true }, (request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const host = world.#hosts.get(request.socket.remotePort ?? 0) ?? ''
        if (world.silent.has(host)) return
        const [status, body] = world.#answer(host, request.url ?? '/', Buffer.concat(parts).toString())
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(typeof body === 'string' ? body : JSON.stringify(body))
      })
    })
    server.on('connection', (socket: Socket) => {
      world.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => world.#sockets.delete(socket))
    })
    world.#server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    world.#port = (server.address() as AddressInfo).port
    return world
  }

  stop(): void {
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Cuts connections that are open, as a process that ends does. */
  takeDown(...names: string[]): void {
    for (const name of names) this.down.add(name)
    for (const socket of this.#sockets) if (this.down.has(this.#hosts.get(socket.remotePort ?? 0) ?? '')) socket.destroy()
  }

  get fleet(): Fleet {
    return {
      isLab: true,
      close: async () => {},
      machine: (name) => this.#machine(name),
      dial: (host, port) =>
        new Promise((resolve, reject) => {
          this.asked.push(`dial ${host}`)
          if (this.down.has(host)) return reject(fault('Q3010', { reason: 'connection refused' }))
          if (port === 80) return resolve(saying(`HTTP/1.0 200 OK\r\n\r\n${this.live.web?.detail}\n`))
          const socket = connect(this.#port, '127.0.0.1')
          socket.once('error', reject)
          socket.once('connect', () => {
            this.#hosts.set(socket.localPort ?? 0, host)
            socket.removeAllListeners('error')
            resolve(socket)
          })
        }),
    }
  }

  #machine(name: string): Machine {
    const facts = () => this.observed.machines.find((m) => m.machine === name)
    return {
      name,
      address: this.cluster.machines.find((m) => m.name === name)?.address ?? '',
      sh: async (script: string) => {
        const isBalancer = script.includes('show stat')
        this.asked.push(`${isBalancer ? 'balancer' : 'machine'} ${name}`)
        if (this.down.has(name)) throw fault('Q3010', { reason: 'no route to host' })
        const stdout = isBalancer ? this.#balancer(name) : machineText(facts()?.clockSkewMs ?? 0, facts()?.diskFreeBytes ?? 0)
        return { exit: 0, stdout, stderr: '', ms: 1 }
      },
    } as unknown as Machine
  }

  #balancer(name: string): string {
    const one = this.observed.balancers.find((b) => b.machine === name)
    const rows = (one?.backends ?? []).map((b) => `${b.backend},${b.server},${b.status},2,${b.checkStatus},`)
    const ip = this.observed.virtualIpHolders.includes(name)
      ? [{ family: 'inet', local: this.cluster.endpoint.address, prefixlen: 24 }]
      : []
    return [
      `unit ${one?.running ? 'active' : 'inactive'}`,
      `ip ${JSON.stringify([{ ifname: 'host0', addr_info: ip }])}`,
      `config ${one?.configSum}  -`,
      'stat',
      '# pxname,svname,status,type,check_status,',
      ...rows,
      '',
    ].join('\n')
  }

  #answer(host: string, url: string, body: string): [number, unknown] {
    const { pathname, searchParams } = new URL(url, 'https://x')
    this.asked.push(`${host} ${pathname}`)
    if (pathname.startsWith('/v3/')) return this.#etcd(host, pathname, body)
    const machine = this.cluster.machines.find((m) => m.address === host)?.name
    const server = this.observed.apiServers.find((one) => one.machine === machine)
    if (pathname === '/readyz') {
      const ready = host === this.cluster.endpoint.address ? this.observed.endpoint?.ready : server?.ready
      return ready ? [200, 'ok'] : [500, (server?.failed ?? ['etcd']).map((name) => `[-]${name} failed: reason withheld\n`).join('')]
    }
    if (pathname === '/version') return [200, { gitVersion: server?.version ?? this.cluster.kubernetesVersion }]
    if (server && !server.ready) return [500, { code: 500, reason: 'InternalError', message: 'not ready' }]
    const items = this.#objects(pathname)
    if (items) return [200, { items, metadata: { resourceVersion: '1' } }]
    if (pathname === '/api/v1/namespaces/quorate-system/services/web')
      return [200, { metadata: { name: 'web' }, status: { loadBalancer: { ingress: [{ ip: this.live.web?.address }] } } }]
    const [, pod] = /\/pods\/([^:]+):8080\/proxy\/dial/.exec(pathname) ?? []
    if (pod) return this.#dial(pod, searchParams)
    return [404, { code: 404, reason: 'NotFound', message: pathname }]
  }

  #objects(path: string): unknown[] | undefined {
    const { nodes, pods, leases } = this.observed
    if (path === '/api/v1/nodes') {
      return nodes.map((n) => ({
        metadata: { name: n.name, labels: n.zone ? { 'topology.kubernetes.io/zone': n.zone } : {} },
        spec: { podCIDR: n.podCidr },
        status: {
          conditions: [{ type: 'Ready', status: n.ready ? 'True' : 'False', reason: n.reason }],
          nodeInfo: { kubeletVersion: n.kubeletVersion },
        },
      }))
    }
    const [, namespace] = /^\/api\/v1\/namespaces\/([^/]+)\/pods$/.exec(path) ?? []
    if (namespace) {
      return pods
        .filter((p) => p.namespace === namespace)
        .map((p) => ({
          metadata: { name: p.name, namespace: p.namespace, labels: p.labels },
          spec: { nodeName: p.node },
          status: { phase: p.phase, podIP: p.ip, conditions: [{ type: 'Ready', status: p.ready ? 'True' : 'False', reason: p.reason }] },
        }))
    }
    if (path.endsWith('/leases')) {
      return leases.map((l) => ({
        metadata: { name: l.name },
        spec: {
          holderIdentity: l.holder,
          leaseDurationSeconds: l.durationMs / 1000,
          renewTime: new Date(Date.now() - l.renewAgeMs).toISOString(),
        },
      }))
    }
    if (path.endsWith('/endpointslices')) return [{ endpoints: [{ addresses: this.live.apiAddresses ?? [] }] }]
    if (path.endsWith('/poddisruptionbudgets'))
      return (this.live.budgets ?? []).map((b) => ({ metadata: { name: b.name }, spec: { selector: { matchLabels: b.matchLabels } } }))
    if (path.endsWith('/servicel2statuses'))
      return [{ metadata: {}, status: { node: this.live.web?.announcer, serviceName: 'web', serviceNamespace: 'quorate-system' } }]
    return undefined
  }

  #dial(pod: string, query: URLSearchParams): [number, unknown] {
    const node = this.observed.pods.find((p) => p.name === pod)?.node
    const host = query.get('host') ?? ''
    const what = host === 'kubernetes.default' ? 'name' : host === 'probe.quorate-system' ? 'service' : 'pod'
    const wanted = this.live.probes?.find((one) => one.node === node && one.what === what)
    if (!wanted?.ok) return [200, { errors: [wanted?.detail ?? 'i/o timeout'] }]
    if (what === 'name') return [200, { responses: ['Client sent an HTTP request to an HTTPS server.\n'] }]
    return [200, { responses: [what === 'pod' ? this.observed.pods.find((p) => p.ip === host)?.name : pod] }]
  }

  #etcd(host: string, path: string, body: string): [number, unknown] {
    const machine = etcdMachines(this.cluster).find((m) => m.address === host)?.name
    const one = this.observed.etcd.find((e) => e.machine === machine)
    if (!one) return [503, { code: 14, message: 'etcdserver: not here' }]
    const header = { cluster_id: '193', member_id: id(one.memberId ?? '0'), revision: String(one.revision) }
    if (path.endsWith('/status')) {
      const { leaderId, raftTerm, raftIndex, dbSizeBytes, dbSizeInUseBytes, dbQuotaBytes } = one
      return [
        200,
        {
          header,
          version: one.version,
          ...(leaderId ? { leader: id(leaderId) } : {}),
          raftTerm: String(raftTerm),
          raftIndex: String(raftIndex),
          dbSize: String(dbSizeBytes),
          dbSizeInUse: String(dbSizeInUseBytes),
          dbSizeQuota: String(dbQuotaBytes),
          isLearner: one.isLearner,
          errors: (one.alarms ?? []).map((a) => `memberID:${id(a.memberId)} alarm:${a.alarm} `),
        },
      ]
    }
    if (path.endsWith('/member/list')) {
      return [
        200,
        {
          header,
          members: one.members?.map((m) => ({
            ID: id(m.id),
            name: m.name,
            peerURLs: m.peerUrls,
            clientURLs: m.clientUrls,
            isLearner: m.isLearner,
          })),
        },
      ]
    }
    if (path.endsWith('/hashkv')) {
      const { revision } = JSON.parse(body) as { revision: number }
      return [
        200,
        {
          header,
          hash: Number.parseInt(one.hash ?? '0', 16),
          compact_revision: String(one.compactRevision),
          hash_revision: String(revision),
        },
      ]
    }
    return [404, { code: 12, message: path }]
  }

  /** Nothing runs yet. */
  darken(): void {
    for (const m of controlPlanes(this.cluster)) this.down.add(m.address)
    this.down.add(this.cluster.endpoint.address)
  }
}

/** A server that says one thing to whoever speaks to it, and hangs up. */
const saying = (text: string): Duplex =>
  new Duplex({
    read: () => {},
    write(_chunk, _encoding, done) {
      this.push(text)
      this.push(null)
      done()
    },
  })

const machineText = (skewMs: number, diskFreeBytes: number): string => {
  const clock = `clock ${(BigInt(Date.now() + skewMs) * 1_000_000n).toString()}`
  return [clock, 'hostname x', 'kernel 6.1', 'os Debian', 'cpus 2', 'memory 1000', `disk ${diskFreeBytes}`, 'ip []', clock, ''].join('\n')
}
