import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { timings } from '../../src/config/timing.js'
import { type Cluster, timingNames } from '../../src/model/cluster.js'
import { openPki } from '../../src/pki/pki.js'
import { apiDoorScriptPath } from '../../src/render/api-door.js'
import { containerdConfigPath, renderContainerdConfig } from '../../src/render/containerd.js'
import { etcdConfigPath, renderEtcdConfig } from '../../src/render/etcd.js'
import { haproxyConfigPath, haproxySessionsPath, renderHaproxy } from '../../src/render/haproxy.js'
import { renderHaproxySessions } from '../../src/render/haproxy-sessions.js'
import { hostsBlockPath } from '../../src/render/hosts.js'
import { keepalivedConfigPath, renderKeepalived } from '../../src/render/keepalived.js'
import { kubeadmConfigPath, renderKubeadmConfig } from '../../src/render/kubeadm.js'
import { machineFiles } from '../../src/render/machine-files.js'
import { nginxConfigPath, renderNginx } from '../../src/render/nginx.js'
import { renderNodeLocal } from '../../src/render/node-local.js'
import { networkScriptPath } from '../../src/render/routes.js'
import { renderKubeletLinkScript } from '../../src/render/systemd.js'
import { renderProxyAlive, renderVrrpState } from '../../src/render/vrrp-scripts.js'
import { colocated, externalEtcd, fast, guide, named, stacked } from '../render/clusters.js'
import { hasProgram, mayUnshare, runInside } from './inside.js'
import { findPrograms } from './programs.js'

/** Every rendered file is read by the program that it is for: what a golden file says is right only if the program says so too. */

const { root, bin } = await findPrograms()
const allowed = mayUnshare()
if (!allowed) console.warn('SKIPPED: checks by the real programs need root on Linux')
const withProgram = (path: string) => {
  if (allowed && !hasProgram(root, path)) console.warn(`SKIPPED: no ${path} in ${root}`)
  return it.skipIf(!allowed || !hasProgram(root, path))
}
const withBinary = (name: string) => {
  const present = bin !== undefined && existsSync(join(bin, name))
  if (allowed && !present) console.warn(`SKIPPED: no ${name} in the bundle`)
  return it.skipIf(!allowed || !present)
}

/** Every file of one machine, by path. */
const filesOf = (cluster: Cluster, name: string, lab = true): Record<string, string> =>
  Object.fromEntries(machineFiles(cluster, named(cluster, name), fast, { lab, iface: 'host0' }).map((f) => [f.path, String(f.content)]))

let dir: string
let certificates: Record<string, string>
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'quorate-render-'))
  const pki = await openPki(dir)
  const files = await Promise.all([
    pki.filesFor(stacked(), named(stacked(), 'lb-1')),
    pki.filesFor(stacked(), named(stacked(), 'cp-1')),
    pki.filesFor(externalEtcd(), named(externalEtcd(), 'etcd-2')),
  ])
  certificates = Object.fromEntries(files.flat().map((f) => [f.path, String(f.content)]))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('haproxy', () => {
  const check = async (config: string): Promise<string> => {
    const files = { ...certificates, [haproxyConfigPath]: config, [haproxySessionsPath]: renderHaproxySessions(fast) }
    const { exit, output } = await runInside(root, files, ['/usr/sbin/haproxy', '-c', '-V', '-f', haproxyConfigPath])
    expect([exit, output]).toEqual([0, expect.stringContaining('valid')])
    return output
  }

  for (const name of timingNames) {
    withProgram('/usr/sbin/haproxy')(`accepts the file of ${name}`, async () => {
      const output = await check(renderHaproxy(stacked(), named(stacked(), 'lb-1'), timings[name]))
      if (name !== 'guide') expect(output).not.toMatch(/WARNING/)
    })
  }
  withProgram('/usr/sbin/haproxy')('accepts the file of a node', async () => {
    expect(await check(renderNodeLocal(stacked(), named(stacked(), 'w-1'), fast))).not.toMatch(/WARNING/)
  })
  withProgram('/usr/sbin/haproxy')('refuses one with a word too much, so the check can fail', async () => {
    const files = {
      ...certificates,
      [haproxySessionsPath]: renderHaproxySessions(fast),
      [haproxyConfigPath]: renderHaproxy(stacked(), named(stacked(), 'lb-1'), fast).replace('leastconn', 'leastcon'),
    }
    expect((await runInside(root, files, ['/usr/sbin/haproxy', '-c', '-f', haproxyConfigPath])).exit).toBe(1)
  })
})

describe('keepalived', () => {
  const check = (config: string, address = '10.99.0.11') =>
    runInside(
      root,
      {
        [keepalivedConfigPath]: config,
        '/usr/local/libexec/quorate/proxy-alive': renderProxyAlive(fast, 'haproxy'),
        '/usr/local/libexec/quorate/vrrp-state': renderVrrpState(stacked(), 'host0'),
      },
      ['/usr/sbin/keepalived', '-t', '-f', keepalivedConfigPath],
      { address },
    )

  for (const name of timingNames.filter((n) => n !== 'guide')) {
    withProgram('/usr/sbin/keepalived')(`accepts the file of ${name} without a word`, async () => {
      const { exit, output } = await check(renderKeepalived(stacked(), named(stacked(), 'lb-1'), timings[name], 'host0'))
      expect([exit, output]).toEqual([0, ''])
    })
  }
  withProgram('/usr/sbin/keepalived')('accepts the file of a machine that is everything', async () => {
    const config = renderKeepalived(colocated(), named(colocated(), 'm-2'), fast, 'host0')
    expect((await check(config, '10.99.0.22')).exit).toBe(0)
  })
  withProgram('/usr/bin/pgrep')('accepts the file of a guide', async () => {
    const { exit, output } = await check(renderKeepalived(stacked(), named(stacked(), 'lb-2'), guide, 'host0'), '10.99.0.12')
    expect([exit, output]).toEqual([0, expect.any(String)])
  })
  withProgram('/usr/sbin/keepalived')('refuses a check that is named but not there, so the check can fail', async () => {
    const config = renderKeepalived(stacked(), named(stacked(), 'lb-1'), fast, 'host0').replace('vrrp_script proxy', 'vrrp_script other')
    expect((await check(config)).exit).not.toBe(0)
  })
})

describe('nginx', () => {
  const check = (config: string) => runInside(root, { [nginxConfigPath]: config }, ['/usr/sbin/nginx', '-t', '-c', nginxConfigPath])
  const nginx = { balancer: 'nginx-keepalived' } as const

  withProgram('/usr/sbin/nginx')('accepts the files of a balancer, alone and beside an API server', async () => {
    for (const config of [renderNginx(stacked(nginx), named(stacked(), 'lb-1'), fast)]) {
      const { exit, output } = await check(config)
      expect([exit, output]).toEqual([0, expect.stringContaining('test is successful')])
      expect(output).not.toContain('[warn]')
    }
    // On the virtual IP nginx -t binds for real, and so asks for the kernel setting that sysctl.ts makes.
    const { output } = await check(renderNginx(colocated(nginx), named(colocated(), 'm-1'), fast))
    expect(output).toMatch(/test is successful|Cannot assign requested address/)
  })
})

describe('kubeadm', () => {
  const shapes: [string, Cluster, string, boolean][] = [
    ['a control plane with etcd', stacked(), 'cp-1', true],
    ['a control plane beside its balancer', colocated(), 'm-1', false],
    ['a control plane with etcd elsewhere', externalEtcd(), 'cp-1', false],
  ]
  for (const [what, cluster, name, lab] of shapes) {
    withBinary('kubeadm')(`accepts the file of ${what}`, async () => {
      const config = renderKubeadmConfig(cluster, named(cluster, name), fast, { lab })
      const argv = ['/programs/kubeadm', 'config', 'validate', '--config', kubeadmConfigPath]
      const { exit, output } = await runInside(root, { [kubeadmConfigPath]: config }, argv, { programs: bin ?? '' })
      expect([exit, output.trim()]).toEqual([0, 'ok'])
    })
  }

  withBinary('kubeadm')('writes static pods from it with every setting of ours', async () => {
    const cluster = stacked()
    const files = filesOf(cluster, 'cp-1')
    const phases = ['etcd local', 'control-plane all'].map((phase) => `/programs/kubeadm init phase ${phase} --config ${kubeadmConfigPath}`)
    const script = `${phases.join(' && ')} && cat /etc/kubernetes/manifests/*.yaml`
    const { exit, output } = await runInside(root, { ...certificates, ...files }, ['/bin/sh', '-c', script], {
      programs: bin ?? '',
      address: '10.99.0.21',
    })
    expect([exit, output]).toEqual([0, expect.any(String)])
    for (const wanted of [
      '--initial-cluster-state=existing',
      '--initial-cluster=cp-1=https://10.99.0.21:2380',
      '--heartbeat-interval=50',
      '--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true',
      '--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt',
      '--tls-cert-file=/etc/kubernetes/pki/controller-manager/server.crt',
      '--tls-cert-file=/etc/kubernetes/pki/scheduler/server.crt',
      'mountPath: /etc/kubernetes/pki/scheduler',
      '--shutdown-delay-duration=3s',
      '--goaway-chance=0.001',
      '--leader-elect-lease-duration=5s',
      '--allocate-node-cidrs=false',
      'HTTP2_PING_TIMEOUT_SECONDS',
      'terminationGracePeriodSeconds: 68',
    ]) {
      expect(output).toContain(wanted)
    }
    expect(output.match(/--initial-cluster=/g)).toHaveLength(1)
    expect(output.match(/--feature-gates=/g)).toHaveLength(1)
  })

  withBinary('kubeadm')('finds its certificates and kubeconfigs where it looks for them', async () => {
    const script = `/programs/kubeadm certs check-expiration --config ${kubeadmConfigPath}`
    const config = renderKubeadmConfig(stacked(), named(stacked(), 'cp-1'), fast, { lab: true })
    const { exit, output } = await runInside(root, { ...certificates, [kubeadmConfigPath]: config }, ['/bin/sh', '-c', script], {
      programs: bin ?? '',
      address: '10.99.0.21',
    })
    expect([exit, output]).toEqual([0, expect.any(String)])
    expect(output).not.toMatch(/MISSING|invalid/)
    for (const name of ['admin.conf', 'super-admin.conf', 'apiserver', 'etcd-peer', 'front-proxy-client', 'scheduler.conf', 'etcd-ca']) {
      expect(output).toMatch(new RegExp(`^!?${name} .*(364d|9y)`, 'm'))
    }
  })
})

describe('etcd', () => {
  withBinary('etcd')('reads its file and serves with the certificates', async () => {
    const cluster = externalEtcd({ machines: [named(externalEtcd(), 'etcd-2')] })
    const config = renderEtcdConfig(cluster, named(cluster, 'etcd-2'), fast).replace(
      'initial-cluster-state: existing',
      'initial-cluster-state: new',
    )
    const pki = '/etc/kubernetes/pki/etcd'
    const tls = `--cacert ${pki}/ca.crt --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key`
    const script = `mkdir -p /var/lib/etcd; chmod 700 /var/lib/etcd
timeout 15 /programs/etcd --config-file ${etcdConfigPath} >/tmp/log 2>&1 &
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  /programs/etcdctl --endpoints https://10.99.0.42:2379 ${tls} endpoint status -w json && break
  sleep 0.3
done
/programs/etcdctl --endpoints https://127.0.0.1:2379 --cacert ${pki}/ca.crt --command-timeout 1s endpoint health; echo without certificate: $?
kill %1 2>/dev/null; grep -E 'heartbeat-interval|feature|quota-backend' /tmp/log | head -5`
    const { output } = await runInside(root, { ...certificates, [etcdConfigPath]: config }, ['/bin/bash', '-c', script], {
      programs: bin ?? '',
      address: '10.99.0.42',
    })
    expect(output).toContain('"leader"')
    expect(output).toContain('without certificate: 1')
    expect(output).toContain('"heartbeat-interval":"50ms"')
    expect(output).toContain('"quota-backend-bytes":4294967296')
  })
})

describe('containerd', () => {
  for (const lab of [true, false]) {
    withBinary('containerd')(`reads its file ${lab ? 'in a lab' : 'on a host'}`, async () => {
      const argv = ['/programs/containerd', '--config', containerdConfigPath, 'config', 'dump']
      const { exit, output } = await runInside(root, { [containerdConfigPath]: renderContainerdConfig({ lab }) }, argv, {
        programs: bin ?? '',
      })
      expect([exit, output]).toEqual([0, expect.stringContaining(`SystemdCgroup = ${!lab}`)])
      expect(output).toContain(`restrict_oom_score_adj = ${lab}`)
      expect(output).not.toMatch(/level=(warn|error)/)
    })
  }
})

describe('systemd', () => {
  /** Systemd breaks a cycle at boot by leaving a unit out, and says so once in a log that nobody reads. */
  withProgram('/usr/bin/systemd-analyze')('finds an order to start them in at boot', async () => {
    const clusters: [Cluster, string][] = [
      [colocated(), 'm-1'],
      [colocated({ balancer: 'nginx-keepalived' }), 'm-1'],
      [stacked({ balancer: 'node-local' }), 'w-1'],
      [externalEtcd(), 'etcd-1'],
    ]
    const boot = async (cluster: Cluster, name: string, more: Record<string, string> = {}): Promise<string> => {
      const all = { ...filesOf(cluster, name), ...more }
      const units = [...new Set(Object.keys(all).flatMap((path) => /system\/([^/]+\.(service|socket))(\.d\/|$)/.exec(path)?.[1] ?? []))]
      const wants = units.map(
        (unit) => `ln -sf "$(ls -d /etc/systemd/system/${unit} /lib/systemd/system/${unit} 2>/dev/null | head -1)" $wants/${unit}`,
      )
      const script = [
        'wants=/etc/systemd/system/multi-user.target.wants; mkdir -p $wants',
        ...wants,
        'systemd-analyze verify --man=no default.target',
      ]
      return (await runInside(root, all, ['/bin/sh', '-c', script.join('\n')])).output
    }
    for (const [cluster, name] of clusters) expect(await boot(cluster, name)).not.toMatch(/cycle/)
    const early = {
      '/etc/systemd/system/quorate-api.socket.d/x.conf': '[Unit]\nWants=quorate-network.service\nAfter=quorate-network.service\n',
    }
    expect(await boot(colocated(), 'm-1', early)).toMatch(/Found ordering cycle/)
  })

  withProgram('/usr/bin/systemd-analyze')('understands every unit and drop-in', async () => {
    const clusters: [Cluster, string, string[]][] = [
      [
        stacked(),
        'lb-1',
        ['haproxy.service', 'keepalived.service', 'quorate-api.socket', 'quorate-api-held.service', 'quorate-network.service'],
      ],
      [colocated(), 'm-1', ['kubelet.service', 'containerd.service', 'haproxy.service']],
      [externalEtcd(), 'etcd-1', ['etcd.service']],
      [stacked({ balancer: 'nginx-keepalived' }), 'lb-1', ['nginx.service']],
    ]
    for (const [cluster, name, units] of clusters) {
      const files = filesOf(cluster, name, false)
      const argv = ['/usr/bin/systemd-analyze', 'verify', '--man=no', ...units]
      // Programs of the bundle lie in a layer of their own; that they are executable is not what is asked here.
      const programs = Object.fromEntries(['kubelet', 'containerd', 'etcd'].map((p) => [`/usr/local/bin/${p}`, '#!/bin/sh\n']))
      const { exit, output } = await runInside(root, { ...programs, ...files }, argv)
      const ours = output.split('\n').filter((line) => /quorate|haproxy|keepalived|nginx|kubelet|containerd|etcd/.test(line))
      expect([name, exit, ours]).toEqual([name, 0, []])
    }
  })
})

describe('the network script of a node', () => {
  withProgram('/usr/sbin/nft')(
    'sets names, routes and masquerading, takes away what left, and changes nothing the second time',
    async () => {
      const cluster = stacked()
      const files = filesOf(cluster, 'w-1')
      const stale = '127.0.0.1 localhost\n# quorate begin demo\n10.99.0.99 gone\n# quorate end demo\n10.1.1.1 mine\n'
      const show = 'cat /etc/hosts; ip -4 route; nft list ruleset; cat /proc/sys/net/ipv4/ip_forward'
      const script = `ip route add 10.244.99.0/24 via 10.99.0.99 proto 114
ip route add 10.55.0.0/24 via 10.99.0.99
${networkScriptPath} && (${show}) > /tmp/first && ls -i /etc/hosts > /tmp/inode
${networkScriptPath} && (${show}) > /tmp/second && ls -i /etc/hosts | cmp - /tmp/inode && cmp /tmp/first /tmp/second && cat /tmp/first`
      const all = { ...files, '/etc/hosts': stale }
      const { exit, output } = await runInside(root, all, ['/bin/sh', '-c', script], { address: '10.99.0.31' })
      expect([exit, output]).toEqual([0, expect.any(String)])
      const hosts = `127.0.0.1 localhost\n10.1.1.1 mine\n${files[hostsBlockPath]}`
      expect(output.startsWith(hosts)).toBe(true)
      const routes = output.split('\n').filter((line) => /^10\.(244|55)\./.test(line))
      expect(routes.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
        '10.55.0.0/24 via 10.99.0.99',
        '10.244.21.0/24 via 10.99.0.21',
        '10.244.22.0/24 via 10.99.0.22',
        '10.244.23.0/24 via 10.99.0.23',
        '10.244.32.0/24 via 10.99.0.32',
      ])
      expect(output).toContain('ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16')
      expect(output.trim().endsWith('\n1')).toBe(true)
    },
  )
})

describe('the door of an API server', () => {
  /** Takes connections for ever, or answers as etcd does. Stands in for both programs, which are not what is asked here. */
  const server = String.raw`use IO::Socket::INET; my ($at, $port) = @ARGV;
my $l = IO::Socket::INET->new(LocalAddr => $at, LocalPort => $port, Listen => 9, ReuseAddr => 1) or die; print "up\n"; close STDOUT;
while (my $c = $l->accept) { if ($port == 2381) { while (sysread $c, my $q, 4096) { syswrite $c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" } } }`
  const connect = String.raw`use IO::Socket::INET; print IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 6443, Timeout => 5) ? "open\n" : "$!\n"`

  withProgram('/usr/sbin/nft')('refuses connections by the real nft while nothing answers for etcd, and leaves nothing', async () => {
    const files = { ...filesOf(stacked(), 'cp-1'), '/run/server': server, '/run/connect': connect }
    const script = `asked() { for at in 10.99.0.21 127.0.0.1; do perl /run/connect $at; done; }
until_is() { n=0; until [ "$(asked)" = "$1" ]; do n=$((n + 1)); [ $n -lt 100 ] || { echo "never '$1': $(asked)"; exit 1; }; sleep 0.1; done; echo "$1"; }
perl /run/server 0.0.0.0 6443 & api=$!
asked=$(sleep 0.5; asked); echo "$asked"
${apiDoorScriptPath} & door=$!
until_is "Connection refused
open"
sleep 4; until_is "Connection refused
open"
perl /run/server 127.0.0.1 2381 & etcd=$!
until_is "open
open"
kill -STOP $etcd
until_is "Connection refused
open"
kill -CONT $etcd
until_is "open
open"
kill $door $api $etcd; wait 2>/dev/null
nft delete table inet quorate_api_door && nft list ruleset
echo end`
    const { exit, output } = await runInside(root, files, ['/bin/bash', '-c', script], { address: '10.99.0.21' })
    const lines = output.split('\n').filter((line) => /^(open|Connection refused|closed|open:|never|end|nft|table)/.test(line))
    expect([exit, lines]).toEqual([
      0,
      [
        ...['open', 'open'],
        ...['Connection refused', 'open'],
        ...['Connection refused', 'open'],
        ...['open', 'open'],
        ...['Connection refused', 'open'],
        ...['open', 'open', 'end'],
        'closed: etcd refuses connections',
        'open: etcd answers',
        'closed: etcd did not answer for 0.3 s',
        'open: etcd answers',
      ],
    ])
  })
})

describe('the kubelet certificate script', () => {
  const link = 'readlink /var/lib/kubelet/pki/kubelet-client-current.pem'
  const files = {
    '/var/lib/kubelet/pki/kubelet-client-issued.pem': 'issued\n',
    '/run/link': renderKubeletLinkScript(),
  }
  const run = async (script: string): Promise<string> =>
    (await runInside(root, files, ['/bin/sh', '-c', `cd /var/lib/kubelet/pki; ${script}`])).output.trim()

  it.skipIf(!allowed)('links the issued one first, leaves a renewed one alone, and links a newer issue', async () => {
    const issued = '/var/lib/kubelet/pki/kubelet-client-issued.pem'
    const renewed = '/var/lib/kubelet/pki/kubelet-client-2027.pem'
    expect(await run(`/run/link && ${link}`)).toBe(issued)
    const renew = `/run/link; touch -d 2001-01-01 ${issued}; echo new > ${renewed}; ln -sfn ${renewed} kubelet-client-current.pem`
    expect(await run(`${renew}; /run/link && ${link}`)).toBe(renewed)
    expect(await run(`${renew}; touch -d '+1 hour' ${issued}; /run/link && ${link}`)).toBe(issued)
    expect(await run(`ln -s /nowhere kubelet-client-current.pem; /run/link && ${link}`)).toBe(issued)
  })
})
