// Cleans up after a file of lab tests, however it ended: it waits for the end of its standard input, which is the end of the tests, be it by kill -9.
// Arguments: the state directory, then names of labs.
import { rmSync } from 'node:fs'
import { removeLab } from '../../dist/lab/lab.js'

const [stateRoot = '', ...labs] = process.argv.slice(2)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
process.stdin.resume()
process.stdin.on('end', async () => {
  for (const lab of labs) await removeLab(lab, stateRoot).catch((error) => console.error(`${lab} is not removed: ${error}`))
  rmSync(stateRoot, { recursive: true, force: true })
  process.exit(0)
})
