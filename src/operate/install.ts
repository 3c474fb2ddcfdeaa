import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Bundle } from '../bundle/ensure.js'
import type { Fleet } from '../machine/fleet.js'
import { runProcess } from '../machine/process.js'
import type { Cluster } from '../model/cluster.js'
import type { Emit } from '../model/event.js'
import { stateRoot } from './state.js'

/** What a control plane, balancer or worker needs of Debian, by a program of each; the same names on Ubuntu. */
const packages: readonly (readonly [pkg: string, program: string])[] = [
  ['haproxy', 'haproxy'],
  ['keepalived', 'keepalived'],
  ['nftables', 'nft'],
  ['iptables', 'iptables'],
  ['conntrack', 'conntrack'],
  ['socat', 'socat'],
  ['ethtool', 'ethtool'],
  ['curl', 'curl'],
  ['kmod', 'modprobe'],
  ['procps', 'pgrep'],
  ['iproute2', 'ip'],
]
const nginxPackages: typeof packages = [['nginx-light libnginx-mod-stream', 'nginx']]

/** Debian starts daemons as soon as their package is there; these must wait for their configuration. */
const packageScript = (cluster: Cluster): string => `set -eu
missing=
${[...packages, ...(cluster.balancer === 'nginx-keepalived' ? nginxPackages : [])]
  .map(([pkg, program]) => `command -v ${program} >/dev/null 2>&1 || missing="$missing ${pkg}"`)
  .join('\n')}
[ -n "$missing" ] || exit 0
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d.quorate
chmod 755 /usr/sbin/policy-rc.d.quorate
[ -e /usr/sbin/policy-rc.d ] || mv /usr/sbin/policy-rc.d.quorate /usr/sbin/policy-rc.d
trap 'grep -q "exit 101" /usr/sbin/policy-rc.d 2>/dev/null && rm -f /usr/sbin/policy-rc.d; rm -f /usr/sbin/policy-rc.d.quorate' EXIT
apt-get install -y -qq --no-install-recommends $missing >&2 || { apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends $missing >&2; }
for unit in haproxy keepalived nftables nginx; do systemctl disable --now "$unit" >/dev/null 2>&1 || true; done
`

const staging = '/var/lib/quorate/install'

/** Images go into the store of containerd by a containerd of its own: the machine's is not configured yet, and must not be restarted when it is. */
const importScript = (archives: readonly string[]): string => `set -eu
export PATH=/usr/local/bin:$PATH
run=$(mktemp -d /run/quorate-import.XXXXXX)
pid=
trap '[ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null || true; }; rm -rf "$run"' EXIT
if systemctl is-active -q containerd; then
  socket=/run/containerd/containerd.sock
else
  socket=$run/c.sock
  cat > "$run/config.toml" <<END
version = 3
root = "/var/lib/containerd"
state = "$run/state"
disabled_plugins = ["io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri"]
[grpc]
address = "$socket"
END
  containerd --config "$run/config.toml" >"$run/log" 2>&1 &
  pid=$!
  n=0
  until [ -S "$socket" ]; do
    n=$((n + 1)); [ $n -lt 200 ] || { cat "$run/log" >&2; exit 1; }
    sleep 0.05
  done
fi
for archive in ${archives.map((a) => `${staging}/${a}`).join(' ')}; do
  ctr --address "$socket" --namespace k8s.io images import --local "$archive" >/dev/null
  rm -f "$archive"
done
`

/**
 * Brings the bundle to a host that exists: Debian packages, programs, images. Each part is whole or absent; run again after a kill it goes on.
 * The caller stamps the host when all of it is there.
 */
export const installer =
  (cluster: Cluster, fleet: Fleet, bundle: Bundle, emit: Emit) =>
  async (name: string): Promise<void> => {
    const machine = fleet.machine(name)
    const step = `machines/install/${name}`
    const archives = bundle.images.map((i) => i.archive)
    const total = archives.length + 2
    const tell = (done: number, note: string): void =>
      emit({ type: 'step.progress', step, machine: name, done, total, unit: 'parts', note })
    tell(0, 'Debian packages')
    await machine.sh(packageScript(cluster), { timeoutMs: 600_000 })
    tell(1, 'programs')
    await machine.upload(await packLayer(bundle), `${staging}/programs.tar`)
    // tar puts a new file in the place of an old one: a program that runs keeps its own, the next start takes the new one.
    await machine.sh(`tar -C / --no-overwrite-dir -xf ${staging}/programs.tar && rm ${staging}/programs.tar`, {
      timeoutMs: 120_000,
    })
    for (const [i, archive] of archives.entries()) {
      tell(i + 2, basename(archive))
      await machine.upload(archive, `${staging}/${basename(archive)}`)
    }
    await machine.sh(importScript(archives.map((a) => basename(a))), { timeoutMs: 300_000 })
  }

/** One archive of all programs for every host, made once for each bundle. */
const packLayer = async ({ layer, digest }: Bundle): Promise<string> => {
  await mkdir(stateRoot(), { recursive: true, mode: 0o700 })
  const out = join(stateRoot(), `programs-${digest}.tar`)
  const pack = '[ -e "$1" ] || { tar -C "$2" --owner=0 --group=0 -cf "$1.$$" . && mv "$1.$$" "$1"; }'
  await runProcess(['sh', '-c', pack, 'pack', out, layer], { timeoutMs: 120_000 })
  return out
}
