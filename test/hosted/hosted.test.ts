import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { ensureBundle } from '../../src/bundle/ensure.js'
import { defaults } from '../../src/config/defaults.js'
import { labPaths } from '../../src/lab/paths.js'
import type { CheckResult } from '../../src/model/check.js'
import type { Role } from '../../src/model/cluster.js'
import { issueLeaf, makeAuthority } from '../../src/pki/issue.js'
import { agnhostImage } from '../../src/render/probe.js'
import type { DrillReport } from '../../src/report/drill-report.js'
import { type Ended, quorate } from '../lab/quorate.js'
import { labState } from '../lab/support.js'
import { tracesOf } from '../lab/traces.js'

const [hostName, guestName] = ['t-host', 't-guest'] as const
const { root: state, clean } = labState(guestName, hostName)
const cwd = mkdtempSync(join(state, 'files-'))

const machine = (name: string, last: number, roles: Role[]) => ({ name, address: `10.99.0.${last}`, roles })
const file = (name: string, spec: Record<string, unknown>): string => {
  const path = join(cwd, `${name}.yaml`)
  writeFileSync(path, stringify({ apiVersion: 'quorate.dev/v1alpha1', kind: 'Cluster', metadata: { name }, spec }))
  return path
}

const host = file(hostName, {
  endpoint: { address: '10.99.0.10' },
  // A port outside Kubernetes' own range, with what that needs.
  network: { nodePortRange: '8100-9999' },
  machines: [1, 2, 3].map((n) => machine(`m-${n}`, 20 + n, ['control-plane', 'etcd', 'worker', 'balancer'])),
})
const guest = file(guestName, {
  endpoint: { address: '10.99.0.40' },
  controlPlane: { hosted: { cluster: `${hostName}.yaml`, service: { type: 'NodePort', port: 8188 } } },
  network: { podSubnet: '10.245.0.0/16', serviceSubnet: '10.97.0.0/16' },
  machines: [...[1, 2, 3].map((n) => machine(`e-${n}`, 40 + n, ['etcd'])), ...[1, 2].map((n) => machine(`g-${n}`, 50 + n, ['worker']))],
})

const run = (args: readonly string[]): Promise<Ended> => quorate(args, { state, cwd }).ended
const ok = async (args: readonly string[]): Promise<Ended> => {
  const ended = await run(args)
  expect(ended.exit, `${args.join(' ')}\n${ended.out}\n${ended.err}`).toBe(0)
  return ended
}
/** A second up finds nothing to do; where it did something, its progress says what. */
const settled = async (path: string): Promise<void> => {
  const { out, err } = await ok(['up', path, '-o', 'json'])
  expect(JSON.parse(out), err).toMatchObject({ alreadyUp: true, changed: 0, changes: [] })
}
const ids = (text: string): string[] => (JSON.parse(text) as { checks: CheckResult[] }).checks.map((one) => one.id)
const kubectl = (path: string, ...args: string[]): Promise<Ended> => ok(['kubectl', '--file', path, '--', ...args])
const ssh = async (path: string, name: string, script: string): Promise<string> => (await ok(['ssh', '--file', path, name, script])).out

afterAll(async () => {
  for (const name of [guestName, hostName]) await run(['down', name])
  await clean()
  rmSync(cwd, { recursive: true, force: true })
})

/** A webhook that refuses everything it is asked about: config maps of one namespace. */
const hook = async (): Promise<string> => {
  const authority = await makeAuthority('hook', Date.now())
  const names = ['hook.default.svc']
  const pair = await issueLeaf({ commonName: 'hook', authority: 'ca', usages: ['server'], names }, authority, Date.now())
  const encoded = (text: string): string => Buffer.from(text).toString('base64')
  const labels = { app: 'hook' }
  const tls = '/etc/hook'
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hooked' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hook' }, data: { crt: encoded(pair.cert), key: encoded(pair.key) } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'hook', labels },
      spec: {
        containers: [
          {
            name: 'hook',
            image: agnhostImage,
            imagePullPolicy: 'IfNotPresent',
            args: ['webhook', '--port=8443', `--tls-cert-file=${tls}/crt`, `--tls-private-key-file=${tls}/key`],
            readinessProbe: { httpGet: { path: '/readyz', port: 8443, scheme: 'HTTPS' }, periodSeconds: 1 },
            volumeMounts: [{ name: 'tls', mountPath: tls }],
          },
        ],
        volumes: [{ name: 'tls', secret: { secretName: 'hook' } }],
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'hook' }, spec: { selector: labels, ports: [{ port: 443, targetPort: 8443 }] } },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'hook' },
      webhooks: [
        {
          name: 'hook.quorate.dev',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Fail',
          timeoutSeconds: 5,
          clientConfig: {
            service: { name: 'hook', namespace: 'default', path: '/always-deny', port: 443 },
            caBundle: encoded(authority.cert),
          },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'hooked' } },
        },
      ],
    },
  ]
  const path = join(cwd, 'hook.yaml')
  writeFileSync(path, objects.map((one) => stringify(one)).join('---\n'))
  return path
}

/** Asks for what everybody may read ten times a second by the way of the node's own clients: the longest time without an answer, in ms, and those that got none, each with
 * what curl ended with. */
const asking = async (node: string, seconds: number, work: () => Promise<void>): Promise<{ gap: number; failed: string[] }> => {
  const script = `cat > /root/ask <<'END'
while :; do
  curl -s -o /dev/null --max-time 1 --cacert /etc/kubernetes/pki/ca.crt -w '%{http_code}/%{exitcode} ' https://127.0.0.1:7443/version; date +%s%3N
  sleep 0.1
done
END
systemd-run --quiet --unit=ask --property=StandardOutput=file:/root/asked sh /root/ask`
  await ssh(guest, node, script)
  await sleep(1500)
  await work()
  await sleep(seconds * 1000)
  const text = await ssh(guest, node, 'systemctl stop ask; cat /root/asked; rm -f /root/ask*')
  const good = text
    .split('\n')
    .filter((line) => line.startsWith('200/'))
    .map((line) => Number(line.split(' ')[1]))
  expect(good.length).toBeGreaterThan(seconds)
  // The end counts as an answer that never came, so that a server that is away for good is seen.
  const end = Number(text.trim().split(' ').at(-1))
  const failed = text.split('\n').flatMap((line) => (line === '' || line.startsWith('200/') ? [] : [line.split(' ')[0] ?? '']))
  return { gap: Math.max(...[...good.slice(1), end].map((at, i) => at - (good[i] ?? at))), failed }
}

describe('a control plane in another cluster', () => {
  it('cannot be without its host, and leaves no half of itself', async () => {
    const early = await run(['up', guest])
    expect([early.exit !== 0, early.err + early.out]).toEqual([true, expect.stringContaining('Q3509')])
    await run(['down', guest])
    expect(tracesOf(guestName, state)).toEqual([])
  })

  it('comes up beside its host, once', async () => {
    await ok(['up', host])
    const first = await ok(['up', guest, '-o', 'json'])
    const wanted = ['hosted/replicas', 'hosted/reached', 'endpoint/from-pods', 'hosted/budgets', 'balancer/backends', 'endpoint/from-nodes']
    expect(ids(first.out)).toEqual(expect.arrayContaining(wanted))
    expect(ids(first.out)).not.toContain('control-plane/ready')
    await settled(guest)
    await settled(host)
  })

  it('has each program on three nodes of the host, and only nodes of its own', async () => {
    const pods = await kubectl(host, '-n', `quorate-${guestName}`, 'get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}')
    expect(pods.out.trim().split(' ').sort()).toEqual(['m-1', 'm-2', 'm-3'].flatMap((name) => [name, name, name]))
    expect((await kubectl(guest, 'get', 'nodes', '-o', 'name')).out).toBe('node/g-1\nnode/g-2\n')
  })

  it('reaches its kubelets: logs and exec', async () => {
    const find = await kubectl(guest, '-n', 'quorate-system', 'get', 'pods', '-o', 'jsonpath={.items[0].metadata.name}')
    const pod = find.out.trim()
    expect((await kubectl(guest, '-n', 'quorate-system', 'exec', pod, '--', '/agnhost', '--version')).out).toContain('version')
    const dns = await kubectl(guest, '-n', 'kube-system', 'logs', 'deploy/coredns')
    expect(dns.out).toContain('CoreDNS-')
  })

  it('reaches a webhook in a pod, from every API server', async () => {
    await kubectl(guest, 'apply', '-f', await hook())
    await kubectl(guest, 'wait', '--for=condition=Ready', 'pod/hook', '--timeout=60s')
    const bundle = await ensureBundle({
      kubernetesVersion: defaults.kubernetesVersion,
      metallb: false,
      source: 'auto',
      emit: () => undefined,
    })
    const kubeconfig = (await ok(['kubeconfig', guest, '--path'])).out.trim()
    const { namespace } = labPaths(state, guestName, hostName)
    const told = ['10.99.0.21', '10.99.0.22', '10.99.0.23'].map((address) => {
      const argv = [`--net=/run/netns/${namespace}`, bundle.binaries.kubectl ?? '', `--kubeconfig=${kubeconfig}`]
      const ask = ['-n', 'hooked', 'create', 'configmap', 'x', '--dry-run=server']
      try {
        return execFileSync('nsenter', [...argv, `--server=https://${address}:8188`, ...ask], { encoding: 'utf8', stdio: 'pipe' })
      } catch (error) {
        return String((error as { stderr: unknown }).stderr)
      }
    })
    for (const text of told) expect(text).toMatch(/hook\.quorate\.dev.*denied the request/)
    await kubectl(guest, 'create', 'configmap', 'x', '--dry-run=server')
  })

  it('goes on while its pods are replaced one after another', async () => {
    const namespace = `quorate-${guestName}`
    const slice = ['get', 'endpointslice', 'kubernetes', '-o', 'jsonpath={.metadata.generation} {.endpoints[*].addresses[*]}']
    const before = (await kubectl(guest, ...slice)).out
    expect(before).toMatch(/^\d+ 10\.99\.0\.40$/)
    const { gap, failed } = await asking('g-1', 2, async () => {
      await kubectl(host, '-n', namespace, 'rollout', 'restart', 'deployment/kube-apiserver')
      await kubectl(host, '-n', namespace, 'rollout', 'status', 'deployment/kube-apiserver', '--timeout=180s')
    })
    console.log(`a rolling restart: ${failed.length} requests failed (${failed.join(' ')}), at most ${gap} ms between two answers`)
    // A server that is leaving says so (500) before the proxy has heard it; and sessions are closed when it has.
    expect(failed.length).toBeLessThan(10)
    expect(gap).toBeLessThan(3000)
    // Not taken away in between: each that ended would have, had it written the address itself.
    expect((await kubectl(guest, ...slice)).out).toBe(before)
  })

  it('gets back the addresses behind the Service kubernetes', async () => {
    await kubectl(guest, 'delete', 'endpointslice', 'kubernetes')
    const mended = JSON.parse((await ok(['up', guest, '-o', 'json'])).out)
    expect(mended.changes).toEqual([{ step: 'cluster/objects', reason: 'EndpointSlice default/kubernetes is gone' }])
    await settled(guest)
  })

  it('is drilled on the nodes of its host, and loses no write with one of them', async () => {
    const faults = ['apiserver-kill', 'carrier-power']
    const ended = await quorate(['drill', guest, '--only', faults.join(','), '--out', join(cwd, 'drill'), '-o', 'json'], {
      state,
      cwd,
      limitMs: 500_000,
    }).ended
    expect([0, 4], ended.err).toContain(ended.exit)
    const { faults: drilled } = JSON.parse(ended.out) as DrillReport
    expect(drilled.map((one) => one.id).sort()).toEqual([...faults, 'no-fault', 'quorum-lost'].sort())
    for (const one of drilled) {
      const said = `${one.id}: ${JSON.stringify(one.reasons)}`
      expect([one.effectProof.proven, one.undoProof.proven, one.redundancy.back, one.safety.verdict], said).toEqual([
        true,
        true,
        true,
        'valid',
      ])
      if (faults.includes(one.id)) expect(one.victim.machines, one.id).toEqual([expect.stringMatching(/^m-[123]$/)])
    }
    // The API server of the guest was killed and nobody else's: those of the host have run since it came up, but on the machine that lost its power.
    const killed = drilled.find((one) => one.id === 'apiserver-kill')?.victim.machines[0]
    const lost = drilled.find((one) => one.id === 'carrier-power')?.victim.machines[0]
    const restarts = async (path: string, pods: string): Promise<string> =>
      (
        await kubectl(
          path,
          '-n',
          pods,
          'get',
          'pods',
          '-o',
          'jsonpath={range .items[*]}{.spec.nodeName}/{.metadata.name}/{.status.containerStatuses[0].restartCount}{"\\n"}{end}',
        )
      ).out
    const own = (await restarts(host, 'kube-system'))
      .split('\n')
      .filter((line) => line.includes('/kube-apiserver-') && !line.startsWith(`${lost}/`))
    expect(
      own.every((line) => line.endsWith('/0')),
      own.join(' '),
    ).toBe(true)
    expect(await restarts(host, `quorate-${guestName}`)).toMatch(new RegExp(`^${killed}/kube-apiserver-.*/[1-9]`, 'm'))
  })

  it('is whole again when the node is back', async () => {
    for (const name of ['m-1', 'm-2', 'm-3'])
      expect((await ssh(host, name, 'ip -4 route show proto 115')).trim().split('\n'), name).toHaveLength(2)
    await ok(['check', host])
    await ok(['check', guest])
  })

  it('keeps its host from being taken down', async () => {
    const refused = await run(['down', host])
    expect([refused.exit !== 0, refused.err + refused.out]).toEqual([true, expect.stringContaining('Q3510')])
    await ok(['check', guest])
  })

  it('leaves its host as it was, and nothing of itself', async () => {
    await ok(['down', guest])
    expect((await kubectl(host, 'get', 'namespaces', '-o', 'name')).out).not.toContain(guestName)
    expect(await ssh(host, 'm-1', 'ip -4 route show proto 115; ls /etc/systemd/system | grep guest; true')).toBe('')
    await settled(host)
    await ok(['down', host])
    for (const name of [guestName, hostName]) expect(tracesOf(name, state)).toEqual([])
  })
})
