import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { parseEntry } from '../../src/observe/entries.js'
import { TestAuthority } from '../client/support/certificates.js'

it('knows API servers by the certificates that curl was shown', async () => {
  const authority = await TestAuthority.make()
  const leaf = await authority.leaf('kube-apiserver', { dns: ['kubernetes'], ip: [] })
  const serial = new X509Certificate(leaf.cert).serialNumber
  const text = `try 200 \nSubject:CN = kube-apiserver\n${leaf.cert}\n\ntry 000 Connection timed out after 3001 milliseconds\n\ntry 500 \n${leaf.cert}\n`
  expect(parseEntry('cp-1', text, (one) => (one === serial ? 'cp-2' : undefined))).toEqual({
    node: 'cp-1',
    tries: 3,
    failed: 2,
    servers: ['cp-2'],
    error: 'Connection timed out after 3001 milliseconds',
  })
  expect(parseEntry('cp-1', `try 200 \n${leaf.cert}\n`, () => undefined).servers).toEqual(['a stranger'])
  expect(parseEntry('cp-1', '', () => undefined)).toMatchObject({ tries: 0, failed: 0 })
})
