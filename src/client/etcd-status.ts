import type { EtcdMemberFacts } from '../model/observed.js'
import { hexOf, numberOf } from './etcd-value.js'

export interface EtcdStatus {
  memberId: string
  clusterId: string
  /** '0' = this member knows no leader. */
  leaderId: string
  revision: number
  raftTerm: number
  raftIndex: number
  version: string
  dbSizeBytes: number
  dbSizeInUseBytes: number
  /** 0 when the server does not say (before 3.6). */
  dbQuotaBytes: number
  isLearner: boolean
  /** etcd's own words, alarms among them. */
  errors: string[]
  alarms: EtcdAlarm[]
}

export interface EtcdAlarm {
  memberId: string
  /** NOSPACE or CORRUPT. */
  alarm: string
}

export interface Header {
  cluster_id?: string
  member_id?: string
  revision?: string
  raft_term?: string
}

export interface RawMember {
  ID?: string
  name?: string
  peerURLs?: string[]
  clientURLs?: string[]
  isLearner?: boolean
}

export const memberOf = (raw: RawMember): EtcdMemberFacts => ({
  id: hexOf(raw.ID),
  name: raw.name ?? '',
  peerUrls: raw.peerURLs ?? [],
  clientUrls: raw.clientURLs ?? [],
  isLearner: raw.isLearner === true,
})

/** Status lists alarms among its errors, as `memberID:123 alarm:NOSPACE`; asking for them by Alarm would write to the raft log. */
const alarmsIn = (errors: readonly string[]): EtcdAlarm[] =>
  errors.flatMap((text) => {
    const match = /memberID:(\d+) alarm:(\w+)/.exec(text)
    return match ? [{ memberId: hexOf(match[1]), alarm: match[2] ?? '' }] : []
  })

export interface RawStatus {
  header?: Header
  version?: string
  dbSize?: string
  dbSizeInUse?: string
  dbSizeQuota?: string
  leader?: string
  raftIndex?: string
  raftTerm?: string
  errors?: string[]
  isLearner?: boolean
}

export const statusOf = (raw: RawStatus): EtcdStatus => {
  const errors = raw.errors ?? []
  return {
    memberId: hexOf(raw.header?.member_id),
    clusterId: hexOf(raw.header?.cluster_id),
    leaderId: hexOf(raw.leader),
    revision: numberOf(raw.header?.revision),
    raftTerm: numberOf(raw.raftTerm),
    raftIndex: numberOf(raw.raftIndex),
    version: raw.version ?? '',
    dbSizeBytes: numberOf(raw.dbSize),
    dbSizeInUseBytes: numberOf(raw.dbSizeInUse),
    dbQuotaBytes: numberOf(raw.dbSizeQuota),
    isLearner: raw.isLearner === true,
    errors,
    alarms: alarmsIn(errors),
  }
}
