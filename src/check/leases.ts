import type { LeaseFacts, Observed } from '../model/observed.js'
import { type Claim, defineClaim, type Finding, fine, judgeAll, listed, notSeen, wrong } from './claim.js'

/** Holders name themselves `<host name>_<uuid>` (client-go leader election in every Kubernetes component). */
const machineOf = (lease: LeaseFacts): string => lease.holder.split('_')[0] ?? ''

/** The holder dated its renewal by its own clock; where we know how far that is off, we correct for it. */
const ageOf = (lease: LeaseFacts, observed: Observed): number =>
  lease.renewAgeMs + (observed.machines.find((m) => m.machine === machineOf(lease) && m.reachable)?.clockSkewMs ?? 0)

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const fresh = (component: string, subject: string): Claim =>
  defineClaim({
    id: `leases/${component.replace('kube-', '')}`,
    claim: `one ${subject} leads and keeps renewing its lease`,
    needs: ['leases'],
    judge: (_cluster, observed) => {
      const lease = observed.leases.find((one) => one.name === component)
      const finding = ((): Finding => {
        if (!lease) {
          // With other leases in sight this one does not exist: nobody has ever led.
          return observed.leases.length > 0 ? wrong(component, 'nobody has ever held the lease') : notSeen(component, 'no lease was seen')
        }
        if (!lease.holder) return wrong(component, 'nobody holds the lease')
        if (!(lease.durationMs > 0) || !Number.isFinite(lease.renewAgeMs)) return notSeen(component, 'the lease does not tell its times')
        const age = ageOf(lease, observed)
        const text = `${machineOf(lease)} renewed ${seconds(Math.max(0, age))} ago, holds for ${seconds(lease.durationMs)}`
        return age < lease.durationMs ? fine(component, text) : wrong(component, text, { machine: machineOf(lease) })
      })()
      return judgeAll([finding], 'Q5501', (all) => listed(all.map((one) => one.text)))
    },
  })

export const leaseClaims: readonly Claim[] = [fresh('kube-controller-manager', 'controller manager'), fresh('kube-scheduler', 'scheduler')]
