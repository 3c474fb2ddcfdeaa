import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatewayOf, overlaps, prefixLengthOf } from '../../src/lab/subnet.js'

const octet = fc.integer({ min: 0, max: 255 })
const subnet = fc
  .tuple(octet, octet, octet, octet, fc.integer({ min: 8, max: 30 }))
  .map(([a, b, c, d, length]) => `${a}.${b}.${c}.${d}/${length}`)

describe('a subnet', () => {
  it('has its gateway at the last address that is not the broadcast, wherever its text begins', () => {
    expect(gatewayOf('10.99.0.0/24')).toBe('10.99.0.254')
    expect(gatewayOf('10.99.0.0/16')).toBe('10.99.255.254')
    expect(gatewayOf('10.99.0.128/25')).toBe('10.99.0.254')
    expect(gatewayOf('10.99.0.77/24')).toBe('10.99.0.254')
    expect(gatewayOf('192.168.1.4/30')).toBe('192.168.1.6')
    expect(prefixLengthOf('10.99.0.0/16')).toBe(16)
  })

  it('contains its own gateway', () => {
    fc.assert(fc.property(subnet, (s) => overlaps(s, `${gatewayOf(s)}/32`)))
  })

  it('overlaps what holds one of its addresses, and nothing beside it', () => {
    expect(overlaps('10.99.0.0/24', '10.99.0.5/32')).toBe(true)
    expect(overlaps('10.99.0.0/24', '10.0.0.1/8')).toBe(true)
    expect(overlaps('10.99.0.0/24', '10.99.1.0/24')).toBe(false)
    expect(overlaps('0.0.0.0/0', '10.99.1.0/24')).toBe(true)
    expect(overlaps('127.0.0.0/8', '128.0.0.0/8')).toBe(false)
    fc.assert(fc.property(subnet, subnet, (a, b) => overlaps(a, b) === overlaps(b, a)))
  })
})
