import type { Problem } from './problem.js'

/** Steps of one lane never run at the same time: `etcd-membership` guards quorum, `virtual-ip` guards the entry. */
export type Lane = 'any' | 'etcd-membership' | 'virtual-ip'
export type Risk = 'none' | 'restart' | 'failover' | 'destructive'
export type StepState = 'done' | 'todo' | 'blocked'

/** One step as data: what would be done, where, and after what. Ids are paths: phase/verb/machine. */
export interface PlannedStep {
  id: string
  stage: string
  title: string
  machine?: string
  needs: string[]
  lane: Lane
  risk: Risk
  state: StepState
  /** Why it is to be done ("haproxy.cfg differs"), or why it is blocked. */
  reason?: string
  problem?: Problem
}

export interface Plan {
  v: 1
  cluster: string
  /** Stages in running order, for people; real order is by `needs`. */
  stages: { id: string; title: string }[]
  steps: PlannedStep[]
}
