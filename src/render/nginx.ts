import { type Cluster, controlPlanes, type MachineSpec } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { duration, wholeSeconds } from './duration.js'
import { apiServerPort, isColocated } from './endpoint.js'
import { proxyAlivePath, proxyAlivePort } from './haproxy.js'

export const nginxConfigPath = '/etc/nginx/nginx.conf'

/** nginx cannot listen on an address that the machine does not hold (yet) unless the kernel allows it for all. */
export const nginxNeedsNonlocalBind = (cluster: Cluster, machine: MachineSpec): boolean =>
  cluster.balancer === 'nginx-keepalived' && isColocated(cluster, machine)

/** nginx.conf of a balancer: the stream module in front of the API servers, and the same sign of life for keepalived as haproxy gives. */
export const renderNginx = (cluster: Cluster, machine: MachineSpec, timing: Timing): string => {
  const host = isColocated(cluster, machine) ? cluster.endpoint.address : '0.0.0.0'
  const failMs = Math.max(1000, timing.backendCheck.intervalMs * timing.backendCheck.fall)
  const tries = controlPlanes(cluster).length
  return `# Written by quorate; changes here are overwritten.
#
# What nginx as free software cannot do here, and haproxy can:
# - ask /readyz. It learns that an API server is away only from connections of clients that failed, so each loss costs some client a
#   connect timeout, and one that accepts but does not answer (frozen, without etcd, stopping) stays in use.
# - cut the sessions of an API server that went away, or drain one through a socket.
include /etc/nginx/modules-enabled/*.conf;
user www-data;
worker_processes 2;
worker_rlimit_nofile 18000;
worker_shutdown_timeout 30s;
pid /run/nginx.pid;
error_log stderr warn;

events {
  worker_connections 8000;
}

stream {
  upstream apiservers {
    # Shared by the workers: what one has learnt, all know.
    zone apiservers 64k;
    least_conn;
${controlPlanes(cluster)
  .map((m) => `    server ${m.address}:${apiServerPort} max_fails=1 fail_timeout=${wholeSeconds(failMs)}s;`)
  .join('\n')}
  }

  server {
    listen ${host}:${cluster.endpoint.port};
    proxy_pass apiservers;
    proxy_connect_timeout ${duration(timing.connectMs)};
    # The next one is tried within the same connection of the client.
    proxy_next_upstream ${timing.redispatch ? 'on' : 'off'};
    proxy_next_upstream_tries ${tries};
    # Longer than a watch lives.
    proxy_timeout ${duration(timing.idleMs)};
    proxy_socket_keepalive on;
  }
}

http {
  access_log off;
  server {
    listen 127.0.0.1:${proxyAlivePort};
    location = ${proxyAlivePath} { return 200; }
    location / { return 404; }
  }
}
`
}
