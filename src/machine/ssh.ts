import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault, fault } from '../model/problem.js'
import { endMaster, ensureControlDir } from './control-dir.js'
import type { CommandResult, FileSpec, Machine, RunOptions } from './machine.js'
import { commandFault, pasteable, runProcess, shellQuote } from './process.js'
import { remoteCommand, scriptOnInput } from './remote-command.js'
import { ConnectionLost, NotStarted, SharedConnection } from './shared-connection.js'
import { Slots } from './slots.js'
import { connectionFault, isConnectionFault, needsSudo, sshFailed } from './ssh-faults.js'
import { controlPathOf, type SshTarget, sshArgv } from './ssh-target.js'
import { uploadOver } from './upload.js'
import { packFiles, unpackScript } from './write-files.js'

/** Sessions at the same time on one connection; sshd refuses more than MaxSessions, whose default is 10 (sshd_config(5)). */
const maxSessions = 8

/**
 * A machine over the system's OpenSSH, so that ssh_config, agents, jump hosts and hardware keys work as the user has set them up. One
 * connection is kept per machine (ControlMaster): the first command opens it with the program `ssh`, further ones talk to its master. Faults: Q3001 and Q3012 for a
 * command that fails, Q3002 at its deadline (and nothing of it runs on), Q3003..Q3009 for the connection.
 */
export class SshMachine implements Machine {
  readonly name: string
  readonly address: string
  readonly #target: SshTarget
  readonly #socket: string
  readonly #slots = new Slots(maxSessions)
  #opening: Promise<Fault | undefined> | undefined
  #shared: Promise<SharedConnection | undefined> | undefined

  constructor(target: SshTarget) {
    this.name = target.name
    this.address = target.address
    this.#target = target
    this.#socket = controlPathOf(target)
  }

  /** The ssh command line up to the host, for people too: `quorate ssh` uses it. */
  argv(extra: readonly string[] = []): [string, ...string[]] {
    ensureControlDir(this.#target.controlDir)
    return sshArgv(this.#target, extra)
  }

  async sh(script: string, options: RunOptions = {}): Promise<CommandResult> {
    const { words, stdin } = scriptOnInput(script, options.stdin)
    return await this.#run(words, script.trim().split('\n').slice(0, 3).join('; '), { ...options, stdin })
  }

  exec(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.#run(argv, pasteable(argv), options)
  }

  async read(path: string): Promise<string | undefined> {
    const result = await this.#runScript(`[ -e ${shellQuote(path)} ] || exit 44\ncat ${shellQuote(path)}\n`, `cat ${path}`, {
      allowFailure: true,
    })
    if (result.exit === 44) return undefined
    if (result.exit !== 0) throw commandFault(`cat ${path}`, result, this.name)
    return result.stdout
  }

  async write(files: readonly FileSpec[]): Promise<string[]> {
    if (files.length === 0) return []
    const shown = `write ${files.map((f) => f.path).join(' ')}`
    const result = await this.#runScript(unpackScript, shown, { stdin: packFiles(files) })
    return result.stdout.split('\n').filter(Boolean)
  }

  async upload(
    localPath: string,
    remotePath: string,
    options: { mode?: number; onProgress?: (bytes: number) => void; signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#slots.use(
      () => this.#throughGate(() => uploadOver(this.argv(), this.#target, localPath, remotePath, options)),
      options.signal,
    )
  }

  async close(): Promise<void> {
    if (!this.#target.keepConnection) return await this.disconnect()
    ;(await this.#shared)?.close()
  }

  /** Ends the shared connection, for example because the machine at its other end is gone. */
  async disconnect(): Promise<void> {
    const shared = await this.#shared
    this.#shared = undefined
    shared?.close()
    await endMaster(this.#socket)
  }

  #runScript(script: string, shown: string, options: RunOptions): Promise<CommandResult> {
    const { words, stdin } = scriptOnInput(script, options.stdin)
    return this.#run(words, shown, { ...options, stdin })
  }

  #run(words: readonly string[], shown: string, options: RunOptions): Promise<CommandResult> {
    return this.#slots.use(() => this.#throughGate(() => this.#once(words, shown.slice(0, 200), options), options), options.signal)
  }

  /**
   * The first command opens the shared connection; others wait until its socket is there, or each would log in by itself. When it cannot be opened
   * they all fail with it: one after another they would wait for the same deadline again.
   */
  async #throughGate<T>(work: () => Promise<T>, { signal, timeoutMs = 60_000 }: RunOptions = {}): Promise<T> {
    const endMs = performance.now() + timeoutMs
    while (this.#opening && !existsSync(this.#socket)) {
      const failed = await Promise.race([this.#opening, sleep(10)])
      signal?.throwIfAborted()
      if (failed) throw failed
      if (performance.now() > endMs) throw fault('Q3002', { command: `ssh ${this.address}`, timeoutMs }, { machine: this.name })
    }
    if (existsSync(this.#socket)) return await work()
    const running = work()
    const opening = running.then(
      () => undefined,
      (error: unknown) => (isConnectionFault(error) ? error : undefined),
    )
    this.#opening = opening
    void opening.then(() => {
      if (this.#opening === opening) this.#opening = undefined
    })
    return await running
  }

  async #once(words: readonly string[], shown: string, options: RunOptions): Promise<CommandResult> {
    const { timeoutMs = 60_000 } = options
    const command = remoteCommand(words, this.#target.user, timeoutMs)
    let result: CommandResult
    try {
      result = await this.#execute(command.line, { ...options, timeoutMs })
    } catch (error) {
      await this.#endThere(command.killLine)
      if (!(error instanceof Fault)) throw error
      const data = error.problem.code === 'Q3002' ? { command: shown, timeoutMs } : error.problem.data
      throw fault(error.problem.code, data, { machine: this.name, cause: error.cause })
    }
    if (result.exit === sshFailed) {
      if (!result.stderr.includes(command.mark)) throw connectionFault(this.#target, result.stderr, shown)
      result.stderr = result.stderr.replace(`${command.mark}\n`, '')
    }
    if (result.exit === 0 || options.allowFailure) return result
    throw needsSudo(this.#target, result.stderr) ?? commandFault(shown, result, this.name)
  }

  /** Over the connection that is there; the program `ssh` where there is none yet, or where it takes no further session. */
  async #execute(line: string, options: RunOptions & { timeoutMs: number }): Promise<CommandResult> {
    const endMs = performance.now() + options.timeoutMs
    const shared = await this.#connection()
    try {
      if (shared) return await shared.exec(line, options)
    } catch (error) {
      // As ssh itself tells it.
      if (error instanceof ConnectionLost) return { exit: sshFailed, stdout: '', stderr: error.message, ms: 0 }
      if (!(error instanceof NotStarted)) throw error
    }
    const timeoutMs = Math.max(1, endMs - performance.now())
    return await runProcess([...this.argv(), line], { ...options, timeoutMs, allowFailure: true })
  }

  async #connection(): Promise<SharedConnection | undefined> {
    if (!existsSync(this.#socket)) return undefined
    ensureControlDir(this.#target.controlDir)
    this.#shared ??= SharedConnection.open(this.#socket).catch(() => undefined)
    const asked = this.#shared
    const connection = await asked
    if (connection?.isOpen) return connection
    if (this.#shared === asked) this.#shared = undefined
    // Its master ended; there may be a new one.
    return connection && (await this.#connection())
  }

  /** Only over the connection that is there: without one nothing can be ended, and `timeout` on the other side does it. */
  async #endThere(killLine: string): Promise<void> {
    const shared = await this.#connection()
    await shared?.exec(killLine, { timeoutMs: 3000 }).catch(() => undefined)
  }
}
