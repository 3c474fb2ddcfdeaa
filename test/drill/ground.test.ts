import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faultTable } from '../../src/drill/faults/table.js'
import { groundOf, labsOf, type Site, siteOf } from '../../src/drill/ground.js'
import { openFault } from '../../src/drill/inject/open-fault.js'
import { recordsDir } from '../../src/drill/inject/record.js'
import type { Lab } from '../../src/lab/lab.js'
import { labPaths } from '../../src/lab/paths.js'
import { fakeFleet } from '../../src/machine/fake.js'
import type { Cluster } from '../../src/model/cluster.js'
import { example } from './support/examples.js'

const host = example('hosted/host')
const guest: Cluster = { ...example('hosted/guest'), machines: example('hosted/guest').machines.filter((m) => m.roles.length > 0) }

let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'quorate-ground-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A lab whose machines obey and do nothing; what it was told to do is kept. */
const site = (cluster: Cluster): Site & { told: string[] } => {
  const told: string[] = []
  const fleet = { ...fakeFleet(cluster.machines), isLab: true }
  const say = (what: string) => async (machine: string) => void told.push(`${what} ${machine}`)
  const lab = { paths: labPaths(scratch, cluster.name), fleet, freeze: say('freeze'), thaw: say('thaw') } as unknown as Lab
  return { cluster, fleet, lab, told }
}

describe('the ground of a drill', () => {
  it('is the cluster itself where its control plane is its own', () => {
    const own = site(host)
    const ground = groundOf(own)
    expect(ground.cluster).toBe(host)
    expect(siteOf(ground, 'm-1')).toBe(ground)
    expect(labsOf(ground)).toEqual([own.lab])
  })

  it('holds the nodes of the host beside the machines of the guest, each reached by its own way', () => {
    const [own, carrier] = [site(guest), site(host)]
    const ground = groundOf(own, carrier)
    expect(ground.cluster.machines.map((m) => m.name)).toEqual(['e-1', 'e-2', 'e-3', 'g-1', 'g-2', 'm-1', 'm-2', 'm-3'])
    expect(ground.cluster.machines.slice(5).every((m) => m.roles.length === 0 && m.zone !== undefined)).toBe(true)
    expect(ground.fleet.machine('m-2')).toBe(carrier.fleet.machine('m-2'))
    expect(ground.fleet.machine('g-2')).toBe(own.fleet.machine('g-2'))
    expect([siteOf(ground, 'm-1'), siteOf(ground, 'e-1')]).toEqual([carrier, own])
    expect(labsOf(ground)).toEqual([own.lab, carrier.lab])
  })

  it('is no lab unless both are', () => {
    expect(groundOf(site(guest), { cluster: host, fleet: fakeFleet(host.machines) }).lab).toBeUndefined()
  })

  it('does not hold two machines of one name', () => {
    const twins: Cluster = { ...guest, machines: guest.machines.map((m) => (m.name === 'g-1' ? { ...m, name: 'm-1' } : m)) }
    expect(() => groundOf(site(twins), site(host))).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: 'Q6016' }) }),
    )
  })

  it('takes a fault from outside to the lab of each machine, written down where whoever mends it will look', async () => {
    const [own, carrier] = [site(guest), site(host)]
    const ground = groundOf(own, carrier)
    const spec = faultTable.find((one) => one.id === 'carrier-freeze')
    if (!spec) throw new Error('no such fault')
    const victims = ground.cluster.machines.filter((m) => m.zone === 'a')
    expect(victims.map((m) => m.name)).toEqual(['e-1', 'g-1', 'm-1'])
    const open = await openFault(spec, victims, { ...ground, id: 'f-1', undoAfterMs: 60_000 })
    await open.prepare()
    const recordIn = (name: string) => {
      const folder = recordsDir(labPaths(scratch, name))
      return readdirSync(folder).map(
        (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { machines: string[]; cluster: Cluster },
      )
    }
    expect(recordIn('guest').map((one) => [one.machines, one.cluster.name])).toEqual([[['e-1', 'g-1'], 'guest']])
    expect(recordIn('host').map((one) => [one.machines, one.cluster.name])).toEqual([[['m-1'], 'host']])
    await open.inject()
    expect([own.told, carrier.told]).toEqual([['freeze e-1', 'freeze g-1'], ['freeze m-1']])
    await open.undo()
    expect([own.told.slice(2), carrier.told.slice(1)]).toEqual([['thaw e-1', 'thaw g-1'], ['thaw m-1']])
    expect([recordIn('guest'), recordIn('host')]).toEqual([[], []])
  })
})
