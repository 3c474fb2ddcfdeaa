import { afterAll, beforeAll } from 'vitest'
import { type Lab, openLab } from '../../src/lab/lab.js'
import { machineContract } from '../machine/contract.js'
import { labImage, labState, machinesOnly } from './support.js'

const cluster = machinesOnly('t-contract', 1)
let state: ReturnType<typeof labState>
let lab: Lab

beforeAll(async () => {
  state = labState(cluster.name)
  lab = openLab(cluster, state.root)
  await lab.prepare()
  await lab.boot('m-1', await labImage())
})
afterAll(() => state?.clean())

machineContract('over SSH to a machine of a lab', async () => ({
  machine: lab.fleet.machine('m-1'),
  real: true,
  close: () => lab.fleet.close(),
}))
