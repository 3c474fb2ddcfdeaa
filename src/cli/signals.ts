import { restoreTerminal } from './progress/terminal.js'

export interface Interrupts {
  signal: AbortSignal
  /** True while a program of the user's (ssh, kubectl) has the terminal: Ctrl-C is meant for that program. */
  leaveToChild(on: boolean): void
}

/**
 * The first Ctrl-C asks for a stop at the next safe point, the second ends the process at once with status 130.
 * What is said about it is the business of the view of the run.
 */
export const interrupts = (err: { write(text: string): unknown; isTTY?: boolean }, exit: (status: number) => void): Interrupts => {
  const controller = new AbortController()
  let child = false
  const onSignal = (name: NodeJS.Signals) => {
    if (child && name === 'SIGINT') return
    if (controller.signal.aborted) {
      if (err.isTTY) err.write(restoreTerminal)
      exit(130)
      return
    }
    controller.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return {
    signal: controller.signal,
    leaveToChild: (on) => {
      child = on
    },
  }
}
