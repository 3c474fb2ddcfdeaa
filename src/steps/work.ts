import type { Slot } from '../plan/expand.js'
import { retireBalancer, startBalancer } from './balancer.js'
import { declareNodes, declareObjects, recordKubeadm } from './cluster.js'
import type { StepContext } from './context.js'
import { awaitApi, startControlPlane } from './control-plane.js'
import { initialiseEtcd, promoteEtcd, retireEtcd, startEtcd } from './etcd.js'
import { awaitExternalBalancer } from './external-balancer.js'
import { declareHosted, findHost, leadToGuest } from './hosted.js'
import { configureMachine, installPrograms, reachMachine } from './machines.js'
import type { Step, StepWork } from './step.js'
import { checkUserEtcd } from './user-etcd.js'
import { startWorker } from './worker.js'

/** The work behind every phase id of plan/phases.ts. A test holds the two against each other. */
export const stepWork: Readonly<Record<string, StepWork>> = {
  'machines/reach': reachMachine,
  'machines/install': installPrograms,
  'machines/configure': configureMachine,
  'balancer/start': startBalancer,
  'balancer/retire': retireBalancer,
  'balancer/external': awaitExternalBalancer,
  'etcd/usable': checkUserEtcd,
  'etcd/initialise': initialiseEtcd,
  'etcd/start': startEtcd,
  'etcd/promote': promoteEtcd,
  'etcd/retire': retireEtcd,
  'control-plane/start': startControlPlane,
  'control-plane/answer': awaitApi,
  'hosted/host': findHost,
  'hosted/routes': leadToGuest,
  'hosted/declare': declareHosted,
  'worker/start': startWorker,
  'cluster/nodes': declareNodes,
  'cluster/nodes-first': declareNodes,
  'cluster/kubeadm': recordKubeadm,
  'cluster/objects': declareObjects,
}

/** Slots become runnable steps. `extra` holds work that only the caller has, such as making machines or waiting for claims. */
export const bindSteps = (slots: readonly Slot[], ctx: StepContext, extra: Readonly<Record<string, StepWork>> = {}): Step[] =>
  slots.map((slot) => {
    const work = extra[slot.phase] ?? stepWork[slot.phase]
    if (!work) throw new Error(`phase ${slot.phase} has no work`)
    const machine = slot.machine ?? ''
    return {
      id: slot.id,
      stage: slot.stage,
      title: slot.title,
      ...(slot.machine === undefined ? {} : { machine: slot.machine }),
      needs: slot.needs,
      lane: slot.lane,
      risk: slot.risk,
      awaits: slot.awaits,
      observe: () => work.observe(ctx, machine),
      run: () => work.run(ctx, machine),
    }
  })
