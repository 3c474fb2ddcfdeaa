import { setTimeout as sleep } from 'node:timers/promises'
import { openLab } from '../../lab/lab.js'
import { endRecord } from './end-record.js'
import { readRecord } from './record.js'

/**
 * The guardian of one fault that is made from outside: ends it when its time has come, whatever became of quorate. It leaves as soon as the fault's record
 * is gone. Argument: path of the record. Says `ready` once it watches.
 */
const [path = ''] = process.argv.slice(2)
const lookMs = 250
const tries = 20

const main = async (): Promise<void> => {
  const record = await readRecord(path)
  if (!record) return
  // The time that is left is taken once; from here on the monotonic clock counts, which nobody can set.
  const endMs = performance.now() + Date.parse(record.undoAt) - Date.now()
  process.stdout.on('error', () => undefined)
  process.stdout.write('ready\n')
  while (performance.now() < endMs) {
    await sleep(Math.max(1, Math.min(lookMs, endMs - performance.now())))
    if (!(await readRecord(path))) return
  }
  const lab = openLab(record.cluster, record.stateRoot)
  for (let n = 0; n < tries; n++) {
    try {
      await endRecord(path, lab)
      break
    } catch {
      await sleep(5000)
    }
  }
  await lab.fleet.close()
}

await main()
