import { describe, expect, it } from 'vitest'
import { findScript, heal, parseFound } from '../../src/drill/heal.js'
import { fakeFleet } from '../../src/machine/fake.js'
import { runProcess } from '../../src/machine/process.js'
import { example } from './support/examples.js'

const cluster = example('stacked')

describe('what heal finds', () => {
  it('is read from what the machine printed', () => {
    const text = [
      'fault d1-3 Disk of the etcd leader full',
      'fault half ',
      'table netdev quorate_fault_d1_3',
      'timer quorate-undo-d1-3',
      'fault ../../etc x',
      'something else',
      '',
    ].join('\n')
    expect(parseFound(text)).toEqual({
      faults: [
        { id: 'd1-3', title: 'Disk of the etcd leader full' },
        { id: 'half', title: '' },
      ],
      tables: [{ family: 'netdev', name: 'quorate_fault_d1_3' }],
      timers: ['quorate-undo-d1-3'],
    })
    expect(parseFound('')).toEqual({ faults: [], tables: [], timers: [] })
  })

  it('is asked for in text that a POSIX shell takes', async () => {
    await runProcess(['dash', '-n'], { stdin: findScript })
  })
})

describe('heal', () => {
  it('says nothing and touches nothing where nothing is open', async () => {
    const fleet = fakeFleet(cluster.machines)
    expect(await heal({ cluster, fleet })).toEqual([])
    for (const fake of fleet.fakes.values()) expect(fake.scripts.every((one) => one === findScript)).toBe(true)
  })

  it('ends what is open, removes what has no folder any more, and tells of a machine that cannot be asked', async () => {
    const ended = new Set<string>()
    const fleet = fakeFleet(cluster.machines, (script, { name }) => {
      if (name === 'w-1') throw new Error('unreachable')
      if (script.includes('end.sh')) {
        ended.add(name)
        return name === 'cp-2' ? { exit: 1, stdout: 'not a voter\n' } : { stdout: 'member 1a serves and votes\n' }
      }
      if (script !== findScript) return undefined
      if (name === 'cp-1') return { stdout: ended.has(name) ? '' : 'fault d1-3 Data wiped\n' }
      if (name === 'cp-2') return { stdout: 'fault d1-3 Data wiped\ntimer quorate-undo-d1-3\n' }
      return name === 'lb-1' ? { stdout: 'table inet quorate_fault_d1_9\ntimer quorate-undo-d1-9\n' } : undefined
    })
    const healed = await heal({ cluster, fleet })
    expect(healed).toContainEqual({ machine: 'cp-1', id: 'd1-3', what: 'Data wiped: undone (member 1a serves and votes)', ok: true })
    expect(healed).toContainEqual({ machine: 'cp-2', id: 'd1-3', what: 'Data wiped: still there: not a voter', ok: false })
    expect(healed).toContainEqual({ machine: 'lb-1', id: 'd1-9', what: 'rules inet quorate_fault_d1_9 removed', ok: true })
    expect(healed).toContainEqual({ machine: 'lb-1', id: 'd1-9', what: 'timer quorate-undo-d1-9 let go', ok: true })
    expect(healed.find((one) => one.machine === 'w-1')).toMatchObject({ id: '?', ok: false })
  })
})
