import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { marksOf, plainMarks } from '../../../src/cli/draw/marks.js'
import { drawTopology } from '../../../src/cli/draw/topology.js'
import { glyphsFor } from '../../../src/cli/glyphs.js'
import { palette, widthOf } from '../../../src/cli/style.js'
import type { Cluster, Role } from '../../../src/model/cluster.js'
import { sampleCluster, sampleObserved } from '../sample.js'

const pen = (columns = 80) => ({ glyphs: glyphsFor({}), paint: palette(false), columns })

describe('drawTopology', () => {
  it('draws the built-in shape: zones as columns, kinds on one height', () => {
    expect(drawTopology(sampleCluster, plainMarks(sampleCluster), pen()).join('\n')).toMatchInlineSnapshot(`
      "                                 10.99.0.10:6443
                              virtual IP, haproxy + keepalived
                   ╭──────────────────────────┤
      ╭─ zone a ───────────────╮ ╭─ zone b ───────────────╮ ╭─ zone c ───────────────╮
      │ ● lb-1  10.99.0.11     │ │ ● lb-2  10.99.0.12     │ │                        │
      │   balancer             │ │   balancer             │ │                        │
      │                        │ │                        │ │                        │
      │ ● cp-1  10.99.0.21     │ │ ● cp-2  10.99.0.22     │ │ ● cp-3  10.99.0.23     │
      │   control plane + etcd │ │   control plane + etcd │ │   control plane + etcd │
      │                        │ │                        │ │                        │
      │ ● w-1  10.99.0.31      │ │ ● w-2  10.99.0.32      │ │                        │
      │   worker               │ │   worker               │ │                        │
      ╰────────────────────────╯ ╰────────────────────────╯ ╰────────────────────────╯"
    `)
  })

  it('shows live marks that differ in shape, not only in colour', () => {
    const marks = marksOf(sampleCluster, sampleObserved(['cp-1', 'w-2']))
    const text = drawTopology(sampleCluster, marks, pen()).join('\n')
    expect(text).toContain('✗ cp-1')
    expect(text).toContain('unreachable')
    expect(text).toContain('◐ lb-1')
    expect(text).toContain('1 of 3 backends down')
    expect(text).toContain('● cp-2')
    expect(text).toContain('etcd leader')
    expect(text).toContain('has the virtual IP')
  })

  it('fits any width, keeps boxes closed, and leaves no machine uncounted', () => {
    const roles: Role[][] = [['balancer'], ['control-plane', 'etcd'], ['etcd'], ['worker'], ['balancer', 'control-plane', 'etcd', 'worker']]
    const cluster = fc
      .array(fc.record({ zone: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }), roles: fc.constantFrom(...roles) }), {
        minLength: 1,
        maxLength: 60,
      })
      .map(
        (machines): Cluster => ({
          ...sampleCluster,
          machines: machines.map(({ zone, roles }, i) => ({ name: `n-${i}`, address: `10.1.0.${i}`, roles, ...(zone ? { zone } : {}) })),
        }),
      )
    fc.assert(
      fc.property(cluster, fc.integer({ min: 40, max: 160 }), (one, columns) => {
        const lines = drawTopology(one, plainMarks(one), pen(columns))
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
        const text = lines.join('\n')
        const drawn = one.machines.filter((machine) => new RegExp(`${machine.name}\\b`).test(text)).length
        const counted = [...text.matchAll(/and (\d+) more/g)].reduce((sum, match) => sum + Number(match[1]), 0)
        expect(drawn + counted).toBe(one.machines.length)
        expect(text.split('╭─').length).toBeGreaterThan(1)
        expect((text.match(/╰─/g) ?? []).length).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  it('has an ASCII form', () => {
    const text = drawTopology(sampleCluster, marksOf(sampleCluster, sampleObserved()), {
      ...pen(),
      glyphs: glyphsFor({ QUORATE_ASCII: '1' }),
    }).join('\n')
    expect(text).toMatch(/^[ -~\n]*$/)
  })
})

describe('marksOf', () => {
  it('never calls good what was not seen', () => {
    const blind = { ...sampleObserved(), machines: [], etcd: [], apiServers: [], balancers: [], virtualIpHolders: [], nodes: [] }
    const marks = marksOf(sampleCluster, blind)
    for (const machine of sampleCluster.machines) expect(marks.machines.get(machine.name)?.level).toBe('unknown')
    const { endpoint: _, ...noEndpoint } = sampleObserved()
    expect(marksOf(sampleCluster, noEndpoint).endpoint.level).toBe('unknown')
  })
})
