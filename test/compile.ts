import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Before any test: processes of ours that tests start are the compiled programs, and those must be of these sources. */
export const setup = (): void => {
  execFileSync(join(import.meta.dirname, '../scripts/prepare'), { stdio: 'inherit' })
}
