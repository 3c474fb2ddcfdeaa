import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { FakeMachine, fakeFleet, type Responder } from '../../src/machine/fake.js'
import { machineContract } from './contract.js'

/** Answers like a machine by asking this computer's own shell: the fake itself must add nothing and lose nothing. */
const localShell: Responder = (script, _, { stdin = '' }) => {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { input: stdin, encoding: 'utf8' })
  return { exit: status ?? 137, stdout, stderr }
}

machineContract('in memory', async () => ({
  machine: new FakeMachine('fake', '10.99.0.11', localShell),
  real: false,
  close: async () => {},
}))

describe('a fleet of fakes', () => {
  it('knows its machines and nobody else, and dials nobody', async () => {
    const fleet = fakeFleet([{ name: 'a', address: '10.99.0.11' }])
    expect(fleet.machine('a')).toBe(fleet.fakes.get('a'))
    expect(() => fleet.machine('b')).toThrow(/Q4030.*"a"/)
    await expect(fleet.dial('10.99.0.11', 22, { timeoutMs: 1 })).rejects.toThrow(/Q3010/)
  })

  it('answers with success and silence when nobody told it otherwise, and remembers what was asked', async () => {
    const machine = new FakeMachine('a', '10.99.0.11')
    expect(await machine.sh('rm -rf /')).toEqual({ exit: 0, stdout: '', stderr: '', ms: 0 })
    expect(machine.scripts).toEqual(['rm -rf /'])
  })
})
