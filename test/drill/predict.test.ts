import { describe, expect, it } from 'vitest'
import { timings } from '../../src/config/timing.js'
import type { FaultSpec } from '../../src/drill/faults/fault.js'
import { faultTable } from '../../src/drill/faults/table.js'
import { predict, predictFault } from '../../src/drill/predict.js'
import type { Cluster } from '../../src/model/cluster.js'
import { example, examples } from './support/examples.js'

const spec = (id: string): FaultSpec => {
  const found = faultTable.find((one) => one.id === id)
  if (!found) throw new Error(`no fault ${id}`)
  return found
}
const worst = (id: string, cluster: Cluster): number => predictFault(spec(id), cluster).headline.worstMs ?? Number.POSITIVE_INFINITY
const stacked: Cluster = { ...example('stacked'), timing: 'fast' }

describe('predictions', () => {
  it('of the profile fast keep within what is promised for it', () => {
    // Of which 0.1 s for requests that were on their way already.
    expect(worst('holder-power', stacked)).toBeLessThanOrEqual(500)
    expect(worst('keepalived-kill', stacked)).toBeLessThanOrEqual(100)
    expect(worst('keepalived-freeze', stacked)).toBeLessThanOrEqual(800)
    expect(worst('worker-power', stacked)).toBe(0)
    expect(worst('no-fault', stacked)).toBe(0)
  })

  it('are worse with what the guides say, for every loss of a machine', () => {
    const guide: Cluster = { ...stacked, timing: 'guide' }
    for (const id of ['holder-power', 'control-plane-power', 'zone-power', 'apiserver-freeze', 'proxy-freeze', 'etcd-leader-kill'])
      expect(worst(id, guide), id).toBeGreaterThan(worst(id, stacked))
    expect(worst('apiserver-freeze', guide)).toBe(Number.POSITIVE_INFINITY)
  })

  it('claim no bound where nothing stands in, and none for the control that must fail', () => {
    expect(predictFault(spec('quorum-lost'), stacked).headline.worstMs).toBeNull()
    const alone: Cluster = { ...stacked, machines: stacked.machines.filter((m) => m.name !== 'lb-2') }
    expect(predictFault(spec('holder-power'), alone).headline.worstMs).toBeNull()
    expect(predict('api-server-frozen', example('single')).worstMs).toBeNull()
  })

  it('of a holder that is also a control plane count its API server and etcd too', () => {
    const together: Cluster = { ...example('three-machines'), timing: 'fast' }
    expect(worst('holder-power', together)).toBeGreaterThan(worst('holder-power', stacked))
    expect(worst('holder-power', together)).toBeGreaterThanOrEqual(2 * timings.fast.etcd.electionMs)
  })

  it('give the takeover of leases to controllers, and name the class they speak of', () => {
    const { headline, budgets } = predictFault(spec('controller-manager-kill'), stacked)
    expect(headline).toMatchObject({ probe: 'new connection', worstMs: 0 })
    expect(budgets['controller-manager at work']).toBeGreaterThanOrEqual(timings.fast.lease.durationMs)
    expect(predictFault(spec('rogue-virtual-ip'), stacked).budgets['API server directly']).toBe(0)
    expect(predictFault(spec('control-plane-power'), stacked).budgets['Service from a pod']).toBe(worst('control-plane-power', stacked))
    expect(predictFault(spec('control-plane-power'), { ...stacked, timing: 'guide' }).budgets['Service from a pod']).toBe(25_000)
    expect(predictFault(spec('apiserver-freeze'), stacked).budgets['HTTP/2 with ping']).toBeNull()
  })

  it('are plain JSON with their formula in words, for every fault of every cluster and profile', () => {
    for (const cluster of examples.values())
      for (const timing of ['fast', 'standard', 'wide-area', 'guide'] as const)
        for (const one of faultTable.filter(({ applies }) => applies(cluster))) {
          const told = predictFault(one, { ...cluster, timing })
          expect(JSON.parse(JSON.stringify(told))).toEqual(told)
          expect(told.headline.formula).not.toMatch(/NaN|Infinity|undefined/)
        }
  })
})
