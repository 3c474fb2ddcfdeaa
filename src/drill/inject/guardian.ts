import { spawn } from 'node:child_process'
import { fault } from '../../model/problem.js'
import { packageProgram } from '../../package.js'

const readyMs = 10_000

/** Starts the guardian of a record, detached: it outlives this process. Resolves with its pid once it watches. Throws Fault Q6010 when it does not. */
export const startGuardian = async (path: string, title: string): Promise<number> => {
  const child = spawn(process.execPath, ['--max-old-space-size=64', packageProgram('drill/inject/guardian-main'), path], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const { stdout } = child
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string, cause?: unknown): void =>
        reject(fault('Q6010', { fault: title, said: `its guardian ${reason}` }, { cause }))
      timer = setTimeout(() => fail(`did not begin within ${readyMs / 1000} s`), readyMs)
      stdout.once('data', () => resolve())
      child.once('error', (error) => fail(`cannot be started: ${error.message}`, error))
      child.once('exit', (code) => fail(`ended with status ${code}`))
    })
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  } finally {
    clearTimeout(timer)
    stdout.destroy()
    child.removeAllListeners('exit')
    child.unref()
  }
  return child.pid ?? 0
}
