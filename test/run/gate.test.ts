import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultCluster } from '../../src/config/init.js'
import { etcdMachines, quorumOf } from '../../src/model/cluster.js'
import type { Fault } from '../../src/model/problem.js'
import { quorumGate } from '../../src/run/gate.js'

const cluster = defaultCluster()
const members = etcdMachines(cluster).map((m) => m.name)
const yes = async (): Promise<boolean> => true

describe('the quorum gate', () => {
  it('lets a member stop exactly when the others alone are a quorum', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(members), fc.constantFrom(...members), async (healthy, stopped) => {
        const gate = quorumGate(cluster, async (m) => healthy.includes(m), yes, 0)
        const others = healthy.filter((m) => m !== stopped).length
        const refused = await gate(stopped).then(
          () => undefined,
          (error: Fault) => error.problem.code,
        )
        expect(refused).toBe(others >= quorumOf(members.length) ? undefined : 'Q4020')
      }),
    )
  })

  it('counts a member that cannot be asked as lost', async () => {
    const gate = quorumGate(cluster, async () => Promise.reject(new Error('no answer')), yes, 0)
    await expect(gate('cp-1')).rejects.toMatchObject({ problem: { code: 'Q4020', data: { healthy: 0, members: 3, quorum: 2 } } })
  })

  it('waits for a member that is coming back', async () => {
    let asked = 0
    await quorumGate(cluster, async () => ++asked > 4, yes, 5000)('cp-1')
    expect(asked).toBeGreaterThan(4)
  })

  it('asks nothing of machines without a member, and of a cluster that never served', async () => {
    const never = quorumGate(cluster, async () => false, yes)
    await never('w-1')
    await quorumGate(
      cluster,
      async () => false,
      async () => false,
    )('cp-1')
  })
})
