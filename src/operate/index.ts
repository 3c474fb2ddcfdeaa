/** The verbs as functions: values in, values out, events on the way. */
export { kubeconfig, kubectl, ssh } from './access.js'
export { down } from './down.js'
export { drill, heal, judge, planFaults } from './drill.js'
export { check, status } from './look.js'
export { machines } from './machines.js'
export { plan } from './plan.js'
export { apply, up } from './up.js'
export { type Moves, watchMoves } from './watch-moves.js'
