import type { MachineQuestions } from '../observe/machine-script.js'
import { etcdDatabase, memberStamp } from './etcd.js'
import { pendingPath } from './pending.js'
import { stampPath } from './stamp.js'
import { managedUnits } from './units.js'

/** Everything that steps want to know of a machine, asked in one round trip. `files` are the paths that quorate keeps there. */
export const questionsAbout = (files: readonly string[]): MachineQuestions => ({
  files: [...files, memberStamp, stampPath('bundle'), stampPath('control-plane'), pendingPath],
  exists: [etcdDatabase],
  units: managedUnits,
})
