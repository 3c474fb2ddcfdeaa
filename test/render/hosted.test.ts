import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { Cluster, HostedService } from '../../src/model/cluster.js'
import { apiDoors, endpointUrl } from '../../src/render/endpoint.js'
import { guestRouteFiles, needsGuestRoutes } from '../../src/render/guest-routes.js'
import { hostedDigest, hostedObjects } from '../../src/render/hosted.js'
import { type HostedSecrets, hostedNamespace } from '../../src/render/hosted-names.js'
import { renderNodeLocal } from '../../src/render/node-local.js'
import { renderNetworkScript } from '../../src/render/routes.js'
import { renderSysctl } from '../../src/render/sysctl.js'
import { base, colocated, fast, named, podCidrOf } from './clusters.js'

const host = colocated({ name: 'host' })
const machine = (name: string, last: number, role: 'etcd' | 'worker') => ({ name, address: `10.99.0.${last}`, roles: [role] })

const guest = (service: HostedService = { type: 'NodePort', port: 30443 }, replicas = 3): Cluster => {
  const plain = base([machine('e-1', 41, 'etcd'), machine('e-2', 42, 'etcd'), machine('e-3', 43, 'etcd'), machine('g-1', 51, 'worker')])
  return {
    ...plain,
    name: 'guest',
    endpoint: { address: '10.99.0.40', port: 6443 },
    balancer: 'node-local',
    network: { ...plain.network, podSubnet: '10.245.0.0/16', serviceSubnet: '10.97.0.0/16' },
    hosted: { host, hostFile: '/host.yaml', replicas, service },
  }
}

const secrets: HostedSecrets = {
  'kube-apiserver': { 'apiserver.key': 'a secret of the server' },
  'kube-controller-manager': { 'ca.key': 'a secret of the authority' },
  'kube-scheduler': { 'scheduler.conf': 'a secret of the scheduler' },
}

const objectsOf = (cluster: Cluster, files = secrets) => {
  if (!cluster.hosted) throw new Error('not hosted')
  return hostedObjects(cluster, cluster.hosted, fast, files)
}

describe('the objects of a hosted control plane', () => {
  it('are those of the golden file', async () => {
    await expect(
      objectsOf(guest())
        .map((one) => stringify(one, { lineWidth: 0 }))
        .join('---\n'),
    ).toMatchFileSnapshot('golden/hosted-objects.golden')
  })

  it('hold keys in Secrets and nowhere else', () => {
    const text = JSON.stringify(objectsOf(guest()).filter((one) => one.kind !== 'Secret'))
    for (const file of Object.values(secrets).flatMap((files) => Object.values(files))) {
      expect(text).not.toContain(file)
      expect(text).not.toContain(Buffer.from(file).toString('base64'))
    }
  })

  it('start new pods of the one program whose keys changed', () => {
    const changed = objectsOf(guest(), { ...secrets, 'kube-scheduler': { 'scheduler.conf': 'another' } })
    const before = new Map(objectsOf(guest()).map((one) => [`${one.kind} ${one.metadata.name}`, one.metadata.annotations?.[hostedDigest]]))
    const differ = changed.filter((one) => before.get(`${one.kind} ${one.metadata.name}`) !== one.metadata.annotations?.[hostedDigest])
    expect(differ.map((one) => `${one.kind} ${one.metadata.name}`)).toEqual(['Secret kube-scheduler', 'Deployment kube-scheduler'])
  })

  it('are no more pods than the host has nodes', () => {
    const replicas = objectsOf(guest(undefined, 7)).flatMap((one) =>
      one.kind === 'Deployment' ? [(one.spec as { replicas: number }).replicas] : [],
    )
    expect(replicas).toEqual([3, 3, 3])
  })

  it('ask the pool of the host for one address', () => {
    const service = objectsOf(guest({ type: 'LoadBalancer', address: '10.99.0.200' })).find((one) => one.kind === 'Service')
    expect(service?.metadata.annotations?.['metallb.io/loadBalancerIPs']).toBe('10.99.0.200')
    expect(service?.spec).toMatchObject({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 6443 }] })
  })

  it('live in a namespace whose name is short enough', () => {
    expect(hostedNamespace('guest')).toBe('quorate-guest')
    expect(hostedNamespace(`${'a'.repeat(54)}-b`)).toMatch(/^[a-z0-9-]{1,63}(?<!-)$/)
  })
})

describe('the ways to a hosted control plane', () => {
  it('are every node of the host, or one address', () => {
    expect(apiDoors(guest()).map((one) => `${one.name} ${one.address}:${one.port}`)).toEqual([
      'm-1 10.99.0.21:30443',
      'm-2 10.99.0.22:30443',
      'm-3 10.99.0.23:30443',
    ])
    const balanced = guest({ type: 'LoadBalancer', address: '10.99.0.200' })
    expect(apiDoors(balanced)).toEqual([{ name: 'host', address: '10.99.0.200', port: 6443 }])
    expect([endpointUrl(guest()), endpointUrl(balanced)]).toEqual(['https://10.99.0.21:30443', 'https://10.99.0.200:6443'])
  })

  it('lead through the proxy of each node, which holds the endpoint for its pods', () => {
    const proxy = renderNodeLocal(guest(), named(guest(), 'g-1'), fast)
    expect(proxy).toContain('bind 10.99.0.40:6443 transparent')
    expect(proxy).toMatch(/server m-2 10\.99\.0\.22:30443 check check-ssl verify required/)
    const script = (name: string) => renderNetworkScript(guest(), named(guest(), name), podCidrOf, { lab: true })
    expect(script('g-1')).toContain('ip -4 address replace 10.99.0.40/32 dev lo scope host')
    expect(script('e-1')).not.toContain('10.99.0.40')
    expect(renderSysctl(guest(), named(guest(), 'g-1'), { lab: true })).toContain('arp_ignore = 3')
    expect(renderSysctl(guest(), named(guest(), 'e-1'), { lab: true })).not.toContain('arp_ignore')
  })

  it('back to its pods are routes on the nodes of the host, where both are on one segment', async () => {
    const cluster = guest()
    if (!cluster.hosted) throw new Error('not hosted')
    expect(needsGuestRoutes(cluster, cluster.hosted)).toBe(true)
    const away = { ...host, network: { ...host.network, machineSubnet: '10.98.0.0/24' } }
    expect(needsGuestRoutes(cluster, { ...cluster.hosted, host: away })).toBe(false)
    await expect(
      guestRouteFiles(cluster)
        .map((one) => `# ${one.path}\n${String(one.content)}`)
        .join('\n'),
    ).toMatchFileSnapshot('golden/guest-routes.golden')
  })
})
