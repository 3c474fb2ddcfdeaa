import { describe, expect, it } from 'vitest'
import { ApiError } from '../../src/client/kubernetes.js'
import { TransportFault } from '../../src/client/transport.js'
import { clusterObjects } from '../../src/render/addons.js'
import { declare, declareAll } from '../../src/steps/declare.js'
import { pooled } from '../check/support/healthy.js'

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'y' } }
const refusal = (status: number) => new ApiError(status, 'x', 'x', 'x', 'x')

/** An API server that fails in these ways first. */
const server = (...errors: Error[]) => {
  const said: string[] = []
  return {
    said,
    apply: async (one: { kind: string; metadata: { name: string } }) => {
      const error = errors.shift()
      if (error) throw error
      said.push(one.kind)
      return one as never
    },
  }
}

describe('declaring', () => {
  it('says again what was not answered, or may be otherwise a moment later', async () => {
    const api = server(new TransportFault('first-byte', 'x', 'no answer', 1), refusal(404), refusal(409), refusal(503))
    await declare(api, object)
    expect(api.said).toEqual(['ConfigMap'])
  })

  it('gives up at once at a plain no', async () => {
    await expect(declare(server(refusal(422)), object)).rejects.toMatchObject({ status: 422 })
    await expect(declare(server(refusal(403)), object)).rejects.toMatchObject({ status: 403 })
  })

  it('begins with what the rest is made of, and ends with programs', async () => {
    const api = server()
    const objects = clusterObjects(pooled)
    await declareAll(api, objects)
    expect(api.said).toHaveLength(objects.length)
    const last = (kind: string) => api.said.lastIndexOf(kind)
    const first = (kind: string) => api.said.indexOf(kind)
    expect(last('Namespace')).toBeLessThan(first('CustomResourceDefinition'))
    expect(last('CustomResourceDefinition')).toBeLessThan(first('IPAddressPool'))
    for (const kind of ['ClusterRoleBinding', 'RoleBinding', 'Secret', 'ConfigMap', 'IPAddressPool'])
      expect(last(kind)).toBeLessThan(Math.min(first('Deployment'), first('DaemonSet')))
  })
})
