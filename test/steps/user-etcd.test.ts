import { describe, expect, it } from 'vitest'
import type { EtcdClient, EtcdStatus } from '../../src/client/etcd.js'
import { fault } from '../../src/model/problem.js'
import { compareVersions, examineUserEtcd } from '../../src/steps/user-etcd.js'

const healthy = (change: Partial<EtcdStatus> = {}): EtcdStatus => ({
  memberId: 'a',
  clusterId: 'c',
  leaderId: 'a',
  revision: 1,
  raftTerm: 2,
  raftIndex: 3,
  version: '3.6.14',
  dbSizeBytes: 1,
  dbSizeInUseBytes: 1,
  dbQuotaBytes: 1,
  isLearner: false,
  errors: [],
  alarms: [],
  ...change,
})

/** Members that say `statuses`; an Error is what asking them throws. */
const asking = (...statuses: (EtcdStatus | Error)[]) =>
  examineUserEtcd({
    etcd: statuses.map((status, i) => ({
      machine: `10.0.0.${i + 1}:2379`,
      client: {
        status: () => (status instanceof Error ? Promise.reject(status) : Promise.resolve(status)),
        memberList: async () => statuses.map(() => ({ id: 'a', name: 'a', peerUrls: [], clientUrls: [], isLearner: false })),
      } as unknown as EtcdClient,
    })),
  })

describe("an etcd of the user's own", () => {
  it('is used when every member is fit', async () => {
    expect(await asking(healthy(), healthy(), healthy({ version: '3.5.24' }))).toBeUndefined()
  })

  it('is refused before anything is changed', async () => {
    const late = fault('Q7502', { reason: 'self-signed certificate in certificate chain' })
    expect(await asking(healthy(), late)).toMatchObject({
      code: 'Q4024',
      data: { endpoint: '10.0.0.2:2379', reason: expect.stringMatching(/self-signed/) },
    })
    expect(await asking(healthy({ version: '3.4.23' }))).toMatchObject({ code: 'Q4025', data: { version: '3.4.23', minimum: '3.5.24' } })
    expect(await asking(healthy({ alarms: [{ memberId: 'b', alarm: 'NOSPACE' }] }))).toMatchObject({ code: 'Q4026' })
    expect(await asking(healthy({ leaderId: '0' }))).toMatchObject({ code: 'Q4027', data: { quorum: 1 } })
    expect(await asking(healthy(), healthy({ clusterId: 'd' }))).toMatchObject({ code: 'Q4027' })
  })

  it('is compared by numbers, not by letters', () => {
    expect(compareVersions('3.5.9', '3.5.24')).toBeLessThan(0)
    expect(compareVersions('3.10.0', '3.5.24')).toBeGreaterThan(0)
    expect(compareVersions('v3.6.0-rc.1', '3.6.0')).toBe(0)
  })
})
