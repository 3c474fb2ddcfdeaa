import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../src/render/kubernetes-object.js'
import { changedByHand, firstMissing } from '../../src/steps/as-declared.js'

describe('what an object holds of what was declared', () => {
  it.each([
    ['what a server adds', { spec: { replicas: 2, strategy: 'x' }, status: {} }, { spec: { replicas: 2 } }],
    ['an empty object that is left out', {}, { selector: {} }],
    ['values that are left out because they say nothing', { mount: {} }, { mount: { readOnly: false, path: '', mode: 0 } }],
    ['null', {}, { creationTimestamp: null }],
    ['secrets, which are kept under another name', { data: { key: 'eA==' } }, { stringData: { key: 'x' } }],
    [
      'a list with one more, in another order',
      { list: [{ name: 'c' }, { name: 'b', port: 1 }, { name: 'a' }] },
      { list: [{ name: 'a' }, { name: 'b' }] },
    ],
  ])('is all, with %s', (_, have, want) => {
    expect(firstMissing(have, want)).toBeUndefined()
  })

  it.each([
    ['another value', { spec: { replicas: 0 } }, { spec: { replicas: 2 } }, 'spec.replicas'],
    ['a field that is gone', { spec: {} }, { spec: { replicas: 2 } }, 'spec.replicas'],
    ['true that became false', { hostNetwork: false }, { hostNetwork: true }, 'hostNetwork'],
    ['a part of a list', { ports: [{ port: 1 }, { port: 3 }] }, { ports: [{ port: 1 }, { port: 2 }] }, 'ports[1]'],
    ['a list that is gone', {}, { ports: [1] }, 'ports[0]'],
    ['a string for a number', { port: '1' }, { port: 1 }, 'port'],
  ])('tells %s by its field', (_, have, want, field) => {
    expect(firstMissing(have, want)).toBe(field)
  })
})

describe('changedByHand', () => {
  const object = (name: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'y' },
    data: { a: '1' },
  })

  it('names what is gone and what was changed, and no other', async () => {
    const kept: Record<string, KubernetesObject> = { whole: object('whole'), edited: { ...object('edited'), data: { a: '2' } } }
    const client = {
      pathOf: async (one: KubernetesObject) => one.metadata.name,
      find: async (path: string) => kept[path] as never,
    }
    expect(await changedByHand(client, ['whole', 'edited', 'lost'].map(object))).toEqual([
      'ConfigMap y/edited was changed at data.a',
      'ConfigMap y/lost is gone',
    ])
  })
})
