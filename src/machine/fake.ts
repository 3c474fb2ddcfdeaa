import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { fault } from '../model/problem.js'
import type { Fleet } from './fleet.js'
import type { CommandResult, FileSpec, Machine, RunOptions } from './machine.js'
import { pasteable } from './process.js'

/** Answers a script on a fake machine; undefined = "exit 0, no output". */
export type Responder = (script: string, machine: FakeMachine, options: RunOptions) => Partial<CommandResult> | undefined

/** A machine in memory, for planning many machines and for tests of what only decides. It keeps files and answers scripts as told. */
export class FakeMachine implements Machine {
  readonly files = new Map<string, { content: Buffer; mode: number }>()
  readonly scripts: string[] = []

  constructor(
    readonly name: string,
    readonly address: string,
    private readonly respond: Responder = () => undefined,
  ) {}

  async sh(script: string, options: RunOptions = {}): Promise<CommandResult> {
    options.signal?.throwIfAborted()
    this.scripts.push(script)
    const result = { exit: 0, stdout: '', stderr: '', ms: 0, ...this.respond(script, this, options) }
    if (result.exit !== 0 && !options.allowFailure) {
      throw fault('Q3001', { command: script.slice(0, 200), exit: result.exit, stderr: result.stderr }, { machine: this.name })
    }
    return result
  }

  exec(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.sh(pasteable(argv), options)
  }

  async read(path: string): Promise<string | undefined> {
    return this.files.get(path)?.content.toString('utf8')
  }

  async write(files: readonly FileSpec[]): Promise<string[]> {
    const changed: string[] = []
    for (const file of files) {
      const content = Buffer.from(file.content as string)
      const mode = file.mode ?? 0o644
      const old = this.files.get(file.path)
      if (old?.content.equals(content) && old.mode === mode) continue
      this.files.set(file.path, { content, mode })
      changed.push(file.path)
    }
    return changed
  }

  async upload(): Promise<void> {}
  async close(): Promise<void> {}

  /** sha256 by path, as facts report it. */
  digests(): Record<string, string> {
    return Object.fromEntries([...this.files].map(([path, file]) => [path, createHash('sha256').update(file.content).digest('hex')]))
  }
}

/** A fleet of fake machines; nothing can be dialled. */
export const fakeFleet = (
  machines: readonly { name: string; address: string }[],
  respond?: Responder,
): Fleet & { fakes: Map<string, FakeMachine> } => {
  const fakes = new Map(machines.map((m) => [m.name, new FakeMachine(m.name, m.address, respond)]))
  return {
    fakes,
    isLab: true,
    machine: (name) => {
      const machine = fakes.get(name)
      if (!machine) throw fault('Q4030', { machine: name, names: [...fakes.keys()].slice(0, 9).join(', ') })
      return machine
    },
    dial: async (host, port): Promise<Duplex> => {
      throw fault('Q3010', { host, port, reason: 'fake machines answer nobody' })
    },
    close: async () => {},
  }
}
