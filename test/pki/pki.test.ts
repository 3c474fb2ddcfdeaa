import { execFile } from 'node:child_process'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Cluster, MachineSpec } from '../../src/model/cluster.js'
import { findPki, openPki, type Pki } from '../../src/pki/pki.js'
import { externalEtcd, named, stacked } from '../render/clusters.js'

const run = promisify(execFile)
const day = 86_400_000
let dir: string

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'quorate-pki-')), 'state')
})
afterEach(() => rm(join(dir, '..'), { recursive: true, force: true }))

const filesOf = async (pki: Pki, cluster: Cluster, machine: MachineSpec): Promise<Map<string, string>> =>
  new Map((await pki.filesFor(cluster, machine)).map((f) => [f.path, String(f.content)]))

const certificateIn = (files: Map<string, string>, path: string): X509Certificate => {
  const text = files.get(path)
  if (text === undefined) throw new Error(`no ${path} among ${[...files.keys()].join(' ')}`)
  return new X509Certificate(text)
}

const inKubeconfig = (text: string | undefined): { certificate: X509Certificate; server: string; user: string } => {
  const config = parse(text ?? '') as {
    clusters: { cluster: { server: string } }[]
    users: { name: string; user: { 'client-certificate-data': string } }[]
  }
  const user = config.users[0]
  return {
    certificate: new X509Certificate(Buffer.from(user?.user['client-certificate-data'] ?? '', 'base64')),
    server: config.clusters[0]?.cluster.server ?? '',
    user: user?.name ?? '',
  }
}

describe('files of a machine', () => {
  it('gives a control plane what kubeadm would have written', async () => {
    const cluster = stacked()
    const files = await filesOf(await openPki(dir), cluster, named(cluster, 'cp-1'))
    expect([...files.keys()]).toEqual([
      '/etc/kubernetes/admin.conf',
      '/etc/kubernetes/controller-manager.conf',
      '/etc/kubernetes/kubelet.conf',
      '/etc/kubernetes/pki/apiserver-etcd-client.crt',
      '/etc/kubernetes/pki/apiserver-etcd-client.key',
      '/etc/kubernetes/pki/apiserver-kubelet-client.crt',
      '/etc/kubernetes/pki/apiserver-kubelet-client.key',
      '/etc/kubernetes/pki/apiserver.crt',
      '/etc/kubernetes/pki/apiserver.key',
      '/etc/kubernetes/pki/ca.crt',
      '/etc/kubernetes/pki/ca.key',
      '/etc/kubernetes/pki/controller-manager/server.crt',
      '/etc/kubernetes/pki/controller-manager/server.key',
      '/etc/kubernetes/pki/etcd/ca.crt',
      '/etc/kubernetes/pki/etcd/ca.key',
      '/etc/kubernetes/pki/etcd/healthcheck-client.crt',
      '/etc/kubernetes/pki/etcd/healthcheck-client.key',
      '/etc/kubernetes/pki/etcd/peer.crt',
      '/etc/kubernetes/pki/etcd/peer.key',
      '/etc/kubernetes/pki/etcd/server.crt',
      '/etc/kubernetes/pki/etcd/server.key',
      '/etc/kubernetes/pki/front-proxy-ca.crt',
      '/etc/kubernetes/pki/front-proxy-ca.key',
      '/etc/kubernetes/pki/front-proxy-client.crt',
      '/etc/kubernetes/pki/front-proxy-client.key',
      '/etc/kubernetes/pki/sa.key',
      '/etc/kubernetes/pki/sa.pub',
      '/etc/kubernetes/pki/scheduler/server.crt',
      '/etc/kubernetes/pki/scheduler/server.key',
      '/etc/kubernetes/scheduler.conf',
      '/etc/kubernetes/super-admin.conf',
      '/var/lib/kubelet/pki/kubelet-client-issued.pem',
      '/var/lib/kubelet/pki/kubelet.crt',
      '/var/lib/kubelet/pki/kubelet.key',
    ])
  })

  it('keeps every key and kubeconfig from other users', async () => {
    const cluster = stacked()
    const pki = await openPki(dir)
    for (const machine of cluster.machines) {
      for (const file of await pki.filesFor(cluster, machine)) {
        if (/PRIVATE KEY|client-key/.test(String(file.content))) expect(file.mode, file.path).toBe(0o600)
      }
    }
  })

  it('gives workers, balancers and etcd machines no more than they need', async () => {
    const cluster = externalEtcd()
    const pki = await openPki(dir)
    const names = async (name: string): Promise<string[]> => [...(await filesOf(pki, cluster, named(cluster, name))).keys()]
    expect(await names('lb-1')).toEqual(['/etc/haproxy/ca.crt'])
    expect(await names('w-1')).toEqual([
      '/etc/kubernetes/kubelet.conf',
      '/etc/kubernetes/pki/ca.crt',
      '/var/lib/kubelet/pki/kubelet-client-issued.pem',
      '/var/lib/kubelet/pki/kubelet.crt',
      '/var/lib/kubelet/pki/kubelet.key',
    ])
    expect(await names('etcd-1')).toEqual([
      '/etc/kubernetes/pki/etcd/ca.crt',
      '/etc/kubernetes/pki/etcd/healthcheck-client.crt',
      '/etc/kubernetes/pki/etcd/healthcheck-client.key',
      '/etc/kubernetes/pki/etcd/peer.crt',
      '/etc/kubernetes/pki/etcd/peer.key',
      '/etc/kubernetes/pki/etcd/server.crt',
      '/etc/kubernetes/pki/etcd/server.key',
    ])
    const controlPlane = await names('cp-1')
    expect(controlPlane).toContain('/etc/kubernetes/pki/apiserver-etcd-client.key')
    expect(controlPlane).toContain('/etc/kubernetes/pki/etcd/ca.crt')
    expect(controlPlane).not.toContain('/etc/kubernetes/pki/etcd/ca.key')
    expect(controlPlane).not.toContain('/etc/kubernetes/pki/etcd/peer.crt')
  })

  it('hands out the credentials of an etcd that belongs to the user', async () => {
    const own = join(dir, '..')
    for (const name of ['ca', 'cert', 'key']) await writeFile(join(own, name), `${name} of the user\n`)
    const paths = { caFile: join(own, 'ca'), certFile: join(own, 'cert'), keyFile: join(own, 'key') }
    const cluster = stacked({ etcd: { external: { endpoints: ['https://10.9.9.9:2379'], ...paths } } })
    const pki = await openPki(dir)
    const files = await filesOf(pki, cluster, named(cluster, 'cp-1'))
    expect(files.get('/etc/kubernetes/pki/etcd/ca.crt')).toBe('ca of the user\n')
    expect(files.get('/etc/kubernetes/pki/apiserver-etcd-client.key')).toBe('key of the user\n')
    expect(files.has('/etc/kubernetes/pki/etcd/peer.crt')).toBe(false)
    expect(await pki.etcdTls(cluster)).toEqual({ ca: 'ca of the user\n', cert: 'cert of the user\n', key: 'key of the user\n' })
    await rm(paths.keyFile)
    await expect(pki.filesFor(cluster, named(cluster, 'cp-1'))).rejects.toMatchObject({ problem: { code: 'Q7004' } })
  })
})

describe('certificates', () => {
  it('carry the names, usages and dates that Kubernetes asks for', async () => {
    const cluster = stacked()
    const nowMs = Date.now()
    const files = await filesOf(await openPki(dir), cluster, named(cluster, 'cp-2'))
    const at = (name: string): X509Certificate => certificateIn(files, `/etc/kubernetes/pki/${name}.crt`)
    const api = at('apiserver')
    expect(api.subject).toBe('CN=kube-apiserver')
    for (const name of [
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      'localhost',
      'cp-1',
      'cp-3',
    ]) {
      expect(api.checkHost(name), name).toBe(name)
    }
    for (const ip of ['10.96.0.1', '127.0.0.1', '10.99.0.10', '10.99.0.21', '10.99.0.22', '10.99.0.23'])
      expect(api.checkIP(ip), ip).toBe(ip)
    expect(api.checkHost('w-1')).toBeUndefined()
    expect(api.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(api.ca).toBe(false)
    expect(at('ca').ca).toBe(true)
    expect(at('ca').checkHost('kubernetes')).toBe('kubernetes')
    expect(at('etcd/ca').subject).toBe('CN=etcd-ca')
    expect(at('apiserver-kubelet-client').subject).toBe('O=kubeadm:cluster-admins\nCN=kube-apiserver-kubelet-client')
    expect(at('apiserver-etcd-client').subject).toBe('CN=kube-apiserver-etcd-client')
    expect(at('front-proxy-client').subject).toBe('CN=front-proxy-client')
    expect(at('etcd/healthcheck-client').subject).toBe('CN=kube-etcd-healthcheck-client')
    expect(at('etcd/peer').keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(at('etcd/peer').checkIP('10.99.0.22')).toBe('10.99.0.22')
    const kubelet = certificateIn(files, '/var/lib/kubelet/pki/kubelet.crt')
    expect([kubelet.subject, kubelet.checkHost('cp-2'), kubelet.checkIP('10.99.0.22')]).toEqual([
      'O=system:nodes\nCN=system:node:cp-2',
      'cp-2',
      '10.99.0.22',
    ])
    expect(Date.parse(api.validFrom)).toBeLessThanOrEqual(nowMs - 299_000)
    expect(Date.parse(api.validTo)).toBeGreaterThan(nowMs + 364 * day)
    expect(Date.parse(api.validTo)).toBeLessThan(nowMs + 366 * day)
    expect(Date.parse(at('ca').validTo)).toBeGreaterThan(nowMs + 3649 * day)
  })

  it('form chains that openssl accepts for their purpose', async () => {
    const cluster = stacked()
    const pki = await openPki(dir)
    const files = await filesOf(pki, cluster, named(cluster, 'cp-1'))
    const folder = join(dir, '..', 'pem')
    const write = async (name: string, text: string | undefined): Promise<string> => {
      const path = `${folder}-${name.replaceAll('/', '-')}`
      await writeFile(path, text ?? '')
      return path
    }
    const pairs = [
      ['apiserver', 'ca', 'sslserver'],
      ['apiserver-kubelet-client', 'ca', 'sslclient'],
      ['front-proxy-client', 'front-proxy-ca', 'sslclient'],
      ['etcd/server', 'etcd/ca', 'sslserver'],
      ['etcd/peer', 'etcd/ca', 'sslclient'],
      ['etcd/peer', 'etcd/ca', 'sslserver'],
      ['apiserver-etcd-client', 'etcd/ca', 'sslclient'],
    ] as const
    for (const [leaf, authority, purpose] of pairs) {
      const ca = await write(authority, files.get(`/etc/kubernetes/pki/${authority}.crt`))
      const cert = await write(leaf, files.get(`/etc/kubernetes/pki/${leaf}.crt`))
      const { stdout } = await run('openssl', ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', ca, cert])
      expect(stdout).toContain('OK')
    }
    const foreign = await write('etcd/ca', files.get('/etc/kubernetes/pki/etcd/ca.crt'))
    const api = await write('apiserver', files.get('/etc/kubernetes/pki/apiserver.crt'))
    await expect(run('openssl', ['verify', '-CAfile', foreign, api])).rejects.toThrow()
  })

  it('sign service account tokens with a key whose public half is beside it', async () => {
    const cluster = stacked()
    const files = await filesOf(await openPki(dir), cluster, named(cluster, 'cp-1'))
    const fromPrivate = createPublicKey(createPrivateKey(files.get('/etc/kubernetes/pki/sa.key') ?? ''))
    const fromPublic = createPublicKey(files.get('/etc/kubernetes/pki/sa.pub') ?? '')
    expect(fromPrivate.equals(fromPublic)).toBe(true)
  })
})

describe('kubeconfigs', () => {
  it('point each component at the server it should use', async () => {
    const cluster = stacked()
    const pki = await openPki(dir)
    const cp = await filesOf(pki, cluster, named(cluster, 'cp-1'))
    const who = Object.fromEntries(
      ['admin.conf', 'super-admin.conf', 'controller-manager.conf', 'scheduler.conf'].map((name) => {
        const { certificate, server, user } = inKubeconfig(cp.get(`/etc/kubernetes/${name}`))
        return [name, [certificate.subject.replace('\n', ' '), user, server]]
      }),
    )
    const own = 'https://10.99.0.21:6443'
    expect(who).toEqual({
      'admin.conf': ['O=kubeadm:cluster-admins CN=kubernetes-admin', 'kubernetes-admin', own],
      'super-admin.conf': ['O=system:masters CN=kubernetes-super-admin', 'kubernetes-super-admin', own],
      'controller-manager.conf': ['CN=system:kube-controller-manager', 'system:kube-controller-manager', own],
      'scheduler.conf': ['CN=system:kube-scheduler', 'system:kube-scheduler', own],
    })
    const kubeletServer = async (c: Cluster, name: string): Promise<string> =>
      inKubeconfigServer((await filesOf(pki, c, named(c, name))).get('/etc/kubernetes/kubelet.conf'))
    const inKubeconfigServer = (text = ''): string => /server: (.*)/.exec(text)?.[1] ?? ''
    expect(await kubeletServer(cluster, 'cp-1')).toBe(own)
    expect(await kubeletServer(cluster, 'w-1')).toBe('https://10.99.0.10:6443')
    expect(await kubeletServer(stacked({ balancer: 'node-local' }), 'w-1')).toBe('https://127.0.0.1:7443')
    expect(cp.get('/etc/kubernetes/kubelet.conf')).toContain('client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem')
    const issued = new X509Certificate(cp.get('/var/lib/kubelet/pki/kubelet-client-issued.pem') ?? '')
    expect(issued.subject).toBe('O=system:nodes\nCN=system:node:cp-1')
  })

  it('give people a revocable administrator, and quorate one that works before any role exists', async () => {
    const pki = await openPki(dir)
    const { certificate, server } = inKubeconfig(await pki.adminKubeconfig(stacked(), 'https://127.0.0.1:9999'))
    expect([certificate.subject, server]).toEqual(['O=kubeadm:cluster-admins\nCN=kubernetes-admin', 'https://127.0.0.1:9999'])
    const tls = await pki.adminTls()
    expect(new X509Certificate(tls.cert).subject).toBe('O=system:masters\nCN=quorate')
    expect(new X509Certificate(tls.cert).verify(new X509Certificate(tls.ca).publicKey)).toBe(true)
    const etcd = await pki.etcdTls()
    expect(new X509Certificate(etcd.cert).verify(new X509Certificate(etcd.ca).publicKey)).toBe(true)
  })
})

describe('the second run', () => {
  const everything = async (pki: Pki, cluster: Cluster): Promise<string> =>
    JSON.stringify(await Promise.all(cluster.machines.map((m) => pki.filesFor(cluster, m)))) +
    (await pki.adminKubeconfig(cluster, 'https://x'))

  it('yields the same bytes', async () => {
    const cluster = stacked()
    const first = await everything(await openPki(dir), cluster)
    expect(await everything(await openPki(dir), cluster)).toBe(first)
  })

  it('yields the same bytes to processes that start at the same time', async () => {
    const cluster = stacked()
    const all = await Promise.all([1, 2, 3, 4].map(async () => everything(await openPki(dir), cluster)))
    expect(new Set(all).size).toBe(1)
    expect((await readdir(dir)).sort()).toEqual(['authorities', 'leaves'])
  })

  it('issues again only what is concerned when a name changes', async () => {
    const before = stacked()
    const pki = await openPki(dir)
    const was = await filesOf(pki, before, named(before, 'cp-1'))
    const after = stacked({ endpoint: { address: '10.99.0.99', port: 6443 } })
    const is = await filesOf(pki, after, named(after, 'cp-1'))
    const changed = [...is].filter(([path, content]) => was.get(path) !== content).map(([path]) => path)
    expect(changed).toEqual(['/etc/kubernetes/pki/apiserver.crt', '/etc/kubernetes/pki/apiserver.key'])
    expect(certificateIn(is, '/etc/kubernetes/pki/apiserver.crt').checkIP('10.99.0.99')).toBe('10.99.0.99')
  })

  it('issues again when less than 30 days are left, and not with 31', async () => {
    const cluster = stacked()
    const worker = named(cluster, 'w-1')
    const read = async (afterDays: number): Promise<string | undefined> =>
      (await filesOf(await openPki(dir, { now: () => Date.now() + afterDays * day }), cluster, worker)).get(
        '/var/lib/kubelet/pki/kubelet.crt',
      )
    const first = await read(0)
    expect(await read(365 - 31)).toBe(first)
    expect(await read(365 - 29)).not.toBe(first)
  })

  it('issues again what was damaged or came from another authority', async () => {
    const cluster = stacked()
    const worker = named(cluster, 'w-1')
    const path = join(dir, 'leaves/w-1/kubelet.pem')
    await (await openPki(dir)).filesFor(cluster, worker)
    const good = await readFile(path, 'utf8')
    await writeFile(path, good.slice(0, 200))
    await (await openPki(dir)).filesFor(cluster, worker)
    const second = await readFile(path, 'utf8')
    expect(second).not.toBe(good)
    const otherDir = join(dir, '..', 'other')
    await (await openPki(otherDir)).filesFor(cluster, worker)
    await writeFile(path, await readFile(join(otherDir, 'leaves/w-1/kubelet.pem')))
    await (await openPki(dir)).filesFor(cluster, worker)
    const third = new X509Certificate(await readFile(path, 'utf8'))
    const ca = new X509Certificate(await readFile(join(dir, 'authorities/ca.crt'), 'utf8'))
    expect(third.verify(ca.publicKey)).toBe(true)
  })
})

describe('what is kept', () => {
  it('is readable by its owner only', async () => {
    const cluster = stacked()
    await (await openPki(dir)).filesFor(cluster, named(cluster, 'cp-1'))
    for (const entry of ['.', ...(await readdir(dir, { recursive: true }))]) {
      const info = await stat(join(dir, entry))
      expect((info.mode & 0o777).toString(8), entry).toBe(info.isDirectory() ? '700' : '600')
    }
  })

  it('is read by a plan without being written', async () => {
    const cluster = stacked()
    expect(await findPki(dir)).toBeUndefined()
    await openPki(dir)
    const before = await readdir(dir, { recursive: true })
    const kept = await findPki(dir)
    expect(await kept?.filesFor(cluster, named(cluster, 'cp-1'))).toBeUndefined()
    expect(await readdir(dir, { recursive: true })).toEqual(before)
    const issued = await (await openPki(dir)).filesFor(cluster, named(cluster, 'cp-1'))
    expect(await (await findPki(dir))?.filesFor(cluster, named(cluster, 'cp-1'))).toEqual(issued)
  })

  it('is listed with the days it has left, soonest first', async () => {
    const cluster = stacked()
    const pki = await openPki(dir)
    await pki.filesFor(cluster, named(cluster, 'w-1'))
    const list = await pki.expiry()
    expect(list.map((e) => e.name).sort()).toEqual(['ca', 'etcd/ca', 'front-proxy-ca', 'w-1/kubelet', 'w-1/kubelet-client'])
    expect(list[0]?.daysLeft).toBe(364)
    expect(list.at(-1)?.daysLeft).toBe(3649)
    const later = await (await openPki(dir, { now: () => Date.now() + 400 * day })).expiry()
    expect(later[0]?.daysLeft).toBe(-36)
  })

  it('is refused when damaged or expired, never made anew', async () => {
    await openPki(dir)
    await expect(openPki(dir, { now: () => Date.now() + 3651 * day })).rejects.toMatchObject({ problem: { code: 'Q7003' } })
    await writeFile(join(dir, 'authorities/ca.key'), 'nonsense')
    await expect(openPki(dir)).rejects.toMatchObject({ problem: { code: 'Q7001' } })
    await rm(join(dir, 'authorities/ca.key'))
    await expect(openPki(dir)).rejects.toMatchObject({ problem: { code: 'Q7001' } })
  })

  it('fails with a problem where nothing can be written', async () => {
    await writeFile(dir, 'a file where the directory should be')
    await expect(openPki(dir)).rejects.toMatchObject({ problem: { code: 'Q7002' } })
  })
})
