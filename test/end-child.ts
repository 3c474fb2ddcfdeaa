import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Ends a child process and waits until it is gone. One that has ended by itself is not waited for: it would never say so again. */
export const endChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
