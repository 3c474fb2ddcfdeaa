import type { Cluster, MachineSpec } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { duration } from './duration.js'
import { type ApiEntry, apiDoors, isColocated, nodeLocalEntry } from './endpoint.js'
import { heldVariable } from './held-socket.js'

export const haproxyConfigPath = '/etc/haproxy/haproxy.cfg'
export const haproxySessionsPath = '/etc/haproxy/sessions.lua'
export const haproxyAdminSocket = '/run/haproxy/admin.sock'
export const haproxyBackend = 'apiservers'
/** Asks each API server and carries no traffic; the servers of `haproxyBackend` follow what it finds. */
export const haproxyChecks = 'readyz'
/** On loopback; answers while the proxy itself works, whatever the API servers do. keepalived and the checks of quorate ask it. */
export const proxyAlivePort = 8404
export const proxyAlivePath = '/ready'
/** An unchecked twin carries the name of its machine and this ending. */
export const twinSuffix = '-unchecked'

/** Two descriptors a connection: 16,000 fit below the 20,000 that a machine on this computer may open. */
const maxConnections = 8000

const globalSection = (timing: Timing): string[] => [
  'global',
  '  log stdout format raw daemon notice',
  '  # Written out: without it haproxy takes memory by the limit of open files, which can be a billion.',
  `  maxconn ${maxConnections}`,
  '  # A reload leaves the old process with its watches; this ends it.',
  '  hard-stop-after 30s',
  '  user haproxy',
  '  group haproxy',
  `  stats socket ${haproxyAdminSocket} mode 600 level admin expose-fd listeners`,
  '  stats timeout 30s',
  ...(timing.backendCheck.kind === 'readyz'
    ? ['  # Ends the sessions of servers that are down.', `  lua-load ${haproxySessionsPath}`]
    : []),
]

const defaultsSection = (timing: Timing): string[] => [
  'defaults',
  '  mode tcp',
  '  log global',
  '  option dontlognull',
  `  timeout connect ${duration(timing.connectMs)}`,
  '  # Equal on both sides and longer than a watch lives: a shorter one cuts watches, logs and exec.',
  `  timeout client ${duration(timing.idleMs)}`,
  `  timeout server ${duration(timing.idleMs)}`,
  ...(timing.name === 'guide' ? [] : ['  timeout client-fin 30s', '  timeout server-fin 30s', '  option tcpka']),
  `  timeout check ${duration(timing.backendCheck.timeoutMs)}`,
  `  retries ${timing.retries}`,
  ...(timing.redispatch
    ? ['  # The first retry already goes to another API server: a dead one costs one connect, not a request.', '  option redispatch 1']
    : []),
]

const aliveSection = (): string[] => [
  'frontend alive',
  '  mode http',
  `  bind 127.0.0.1:${proxyAlivePort}`,
  '  timeout client 5s',
  '  # No "monitor fail" on backends: an API that is down must not take the virtual IP off every machine.',
  `  monitor-uri ${proxyAlivePath}`,
  '  http-request return status 404',
]

/**
 * The checks stand in a backend of their own, because haproxy ends a check's connect and TLS handshake by `timeout connect` of its
 * backend. What costs a client of a dead machine 200 ms would call a busy API server dead, whose handshake takes longer, and cut all
 * sessions through it.
 */
const readyzBackends = (cluster: Cluster, timing: Timing, caFile: string): string[][] => {
  const check = timing.backendCheck
  const rhythm = `inter ${duration(check.intervalMs)} fastinter ${duration(check.fastIntervalMs)} downinter ${duration(check.downIntervalMs)}`
  const checks = [
    `backend ${haproxyChecks}`,
    '  # Of each check, its TLS handshake included. Clients wait for a connect as the defaults say.',
    `  timeout connect ${duration(check.timeoutMs)}`,
    '  # /readyz turns false before a planned stop; /healthz and /livez stay true until the end.',
    '  option httpchk',
    '  http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host kubernetes',
    '  http-check expect status 200',
    '  option log-health-checks',
    `  default-server ${rhythm} fall ${check.fall} rise ${check.rise}`,
    ...apiDoors(cluster).map(
      (m) => `  server ${m.name} ${m.address}:${m.port} check check-ssl verify required ca-file ${caFile} verifyhost kubernetes`,
    ),
  ]
  const servers = [
    `backend ${haproxyBackend}`,
    '  # Sessions live for hours, so the least loaded is not the next in turn.',
    '  balance leastconn',
    '  # /readyz asks etcd, so one hiccup of etcd takes out all at once. Then the unchecked twins serve: a slow API is better than none.',
    '  option allbackups',
    '  default-server tcp-ut 15s',
    ...apiDoors(cluster).map(
      (m) =>
        `  server ${m.name} ${m.address}:${m.port} track ${haproxyChecks}/${m.name}` +
        (check.slowStartMs > 0 ? ` slowstart ${duration(check.slowStartMs)}` : ''),
    ),
    ...apiDoors(cluster).map((m) => `  server ${m.name}${twinSuffix} ${m.address}:${m.port} backup`),
  ]
  return [checks, servers]
}

/** What the field's guides show: a connect as check, seldom, one server at a time until it is marked down. */
const tcpBackend = (cluster: Cluster, timing: Timing): string[] => {
  const check = timing.backendCheck
  const slow = check.slowStartMs > 0 ? ` slowstart ${duration(check.slowStartMs)}` : ''
  return [
    `backend ${haproxyBackend}`,
    '  balance roundrobin',
    '  option tcp-check',
    `  default-server inter ${duration(check.intervalMs)} downinter ${duration(check.downIntervalMs)} fall ${check.fall} rise ${check.rise}${slow} maxconn 250 maxqueue 256 weight 100`,
    ...apiDoors(cluster).map((m) => `  server ${m.name} ${m.address}:${m.port} check`),
  ]
}

/**
 * A whole haproxy.cfg around one address. The same text on every balancer: what differs between two shows only when one fails.
 * `transparent` lets haproxy listen on an address that the machine does not hold yet, when no socket is given to it. `second` is one more address.
 */
export const haproxyConfig = (cluster: Cluster, timing: Timing, first: ApiEntry, second?: ApiEntry): string => {
  const address = `${first.address}:${first.port}`
  const bind = timing.name === 'guide' ? `${address} transparent` : `"\${${heldVariable}-${address}}" transparent`
  const backends =
    timing.backendCheck.kind === 'tcp' ? [tcpBackend(cluster, timing)] : readyzBackends(cluster, timing, '/etc/haproxy/ca.crt')
  const sections = [
    [
      '# Written by quorate; changes here are overwritten. TLS ends at the API server, so client certificates stay whole.',
      ...globalSection(timing),
    ],
    defaultsSection(timing),
    [
      'frontend api',
      `  bind ${bind}`,
      ...(second ? [`  bind ${second.address}:${second.port} transparent`] : []),
      `  default_backend ${haproxyBackend}`,
    ],
    ...backends,
    aliveSection(),
  ]
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

/**
 * haproxy.cfg of a balancer that shares a virtual IP. A standby listens on the address before it holds it, so a takeover costs no
 * start of a process. On a machine with an API server the two listen on different addresses and the same port; there it also listens where pods looked for
 * it while this was the proxy of one node, until they are led to the virtual IP.
 */
export const renderHaproxy = (cluster: Cluster, _machine: MachineSpec, timing: Timing): string => {
  const beside = timing.name !== 'guide' && cluster.machines.some((m) => isColocated(cluster, m))
  return haproxyConfig(cluster, timing, cluster.endpoint, beside ? nodeLocalEntry : undefined)
}
