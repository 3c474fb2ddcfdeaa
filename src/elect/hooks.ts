import { spawn } from 'node:child_process'
import type { EmitElect } from './event.js'

export type HookName = 'on-elected' | 'on-lost' | 'on-change'
export type HookCommands = Partial<Record<HookName, string>>

const limitMs = 10_000

/**
 * The user's own commands, told of changes: `sh -c`, one after the other in the order of the changes, at most 10 s each. A hook that fails
 * is told and otherwise without effect: nobody is elected or deposed by a hook.
 */
export class Hooks {
  #last: Promise<void> = Promise.resolve()
  constructor(
    private readonly commands: HookCommands,
    private readonly env: NodeJS.ProcessEnv,
    private readonly emit: EmitElect,
  ) {}

  /** Resolves when this hook has run, and all before it. */
  run(hook: HookName, about: Record<string, string>): Promise<void> {
    const command = this.commands[hook]
    if (!command) return this.#last
    this.#last = this.#last.then(() => this.#once(hook, command, { ...this.env, ...about, QUORATE_EVENT: hook }))
    return this.#last
  }

  #once(hook: HookName, command: string, env: NodeJS.ProcessEnv): Promise<void> {
    return new Promise((resolve) => {
      const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['ignore', 'inherit', 'inherit'], env })
      const fail = (reason: string) => this.emit({ type: 'hook-failed', hook, reason })
      const timer = setTimeout(() => {
        fail(`still running after ${limitMs} ms`)
        if (child.pid) {
          try {
            process.kill(-child.pid, 'SIGKILL')
          } catch {
            // Gone in this moment.
          }
        }
      }, limitMs)
      child.once('error', (error) => {
        clearTimeout(timer)
        fail(error.message)
        resolve()
      })
      child.once('exit', (code, signal) => {
        clearTimeout(timer)
        if (code !== 0 && signal !== 'SIGKILL') fail(`exit status ${code ?? signal}`)
        resolve()
      })
    })
  }
}
