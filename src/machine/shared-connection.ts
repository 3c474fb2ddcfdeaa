import { connect, type Socket } from 'node:net'
import { constants } from 'node:os'
import { fault } from '../model/problem.js'
import type { CommandResult, RunOptions } from './machine.js'
import { Kept, Lines } from './output.js'

/** Numbers of OpenSSH's multiplexing protocol (PROTOCOL.mux and mux.c), version 4. */
const mux = { hello: 0x00000001, askProxy: 0x1000000f, isProxy: 0x8000000f, version: 4 } as const

/** Numbers of the SSH connection protocol (RFC 4254, section 9). */
const ssh = {
  open: 90,
  openConfirmation: 91,
  openFailure: 92,
  windowAdjust: 93,
  data: 94,
  extendedData: 95,
  eof: 96,
  close: 97,
  request: 98,
  success: 99,
  failure: 100,
} as const

/** How much a machine may send before it is told to go on, and in one piece: OpenSSH's own sizes (channels.h). */
const window = 2 * 1024 * 1024
const largestPiece = 32 * 1024
/** Longer messages are no messages of this protocol. */
const largestMessage = 256 * 1024

const greetingMs = 2000

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const string = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint32(bytes.length), bytes])
}

/** Reads the fields of one message, in order. Throws RangeError behind its end. */
class Fields {
  #at = 0
  constructor(private readonly bytes: Buffer) {}

  byte(): number {
    return this.bytes.readUInt8(this.#at++)
  }
  uint32(): number {
    this.#at += 4
    return this.bytes.readUInt32BE(this.#at - 4)
  }
  string(): Buffer {
    const length = this.uint32()
    if (this.#at + length > this.bytes.length) throw new RangeError('a string longer than its message')
    this.#at += length
    return this.bytes.subarray(this.#at - length, this.#at)
  }
}

/** Nothing was started on the machine: whoever asked may try another way. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted'
}

/** The connection went away under a command: what became of it is not known. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

/** One command on the other side. */
interface Channel {
  line: string
  /** The number by which the other side knows it; undefined until it has opened it, and been told the line: from then on it may run. */
  peer: number | undefined
  /** What is still to be sent, and how much of it the other side takes now. */
  stdin: Buffer
  room: number
  piece: number
  sentEof: boolean
  /** Bytes that came since the other side was last told to go on. */
  taken: number
  exit: number | undefined
  stdout: Kept
  stderr: Kept
  lines: Lines | undefined
  end(outcome: { exit: number } | { error: unknown }): void
}

/**
 * A client of a running OpenSSH master that shares its connection: OpenSSH logs in and encrypts, and this speaks to its control socket in "proxy mode"
 * (PROTOCOL.mux, section 9). A command then costs no process on this computer, where the program `ssh` is started anew for each: 15 ms of a processor,
 * and the event loop stands still while Node forks.
 */
export class SharedConnection {
  readonly #socket: Socket
  readonly #channels = new Map<number, Channel>()
  #received: Buffer = Buffer.alloc(0)
  #next = 0
  #greeted: { done: () => void; fail: (why: Error) => void } | undefined
  #proxied = false
  #over: Error | undefined

  /** Throws NotStarted when there is no master at that path, or none that understands. */
  static async open(path: string): Promise<SharedConnection> {
    const socket = connect(path)
    const connection = new SharedConnection(socket)
    const timer = setTimeout(() => socket.destroy(new NotStarted('the master does not answer')), greetingMs)
    try {
      await new Promise<void>((done, fail) => {
        connection.#greeted = { done, fail }
      })
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      clearTimeout(timer)
    }
    socket.unref()
    return connection
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    let why = 'the shared connection was closed'
    socket.on('connect', () => {
      this.#sendMux(mux.hello, uint32(mux.version))
      this.#sendMux(mux.askProxy, uint32(0))
    })
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => {
      why = error.message
    })
    socket.on('close', () => this.#lost(new ConnectionLost(why)))
  }

  get isOpen(): boolean {
    return this.#over === undefined
  }

  close(): void {
    this.#socket.destroy()
  }

  /**
   * Runs a line in the login shell of the other side, as `ssh HOST LINE` does. An exit status other than 0 is a result. Throws NotStarted, ConnectionLost, Fault
   * Q3002 at the deadline, and the signal's reason; at the last two the command goes on over there.
   */
  exec(line: string, options: Omit<RunOptions, 'allowFailure'> = {}): Promise<CommandResult> {
    const { timeoutMs = 60_000, signal } = options
    const startedMs = performance.now()
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      if (this.#over) throw new NotStarted(this.#over.message)
      const id = this.#next++
      const end: Channel['end'] = (outcome) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#channels.delete(id)
        if (this.#channels.size === 0) this.#socket.unref()
        channel.lines?.end()
        if ('error' in outcome) reject(outcome.error)
        else
          resolve({
            exit: outcome.exit,
            stdout: channel.stdout.text(),
            stderr: channel.stderr.text(),
            ms: performance.now() - startedMs,
          })
      }
      const onAbort = (): void => this.#giveUp(channel, signal?.reason)
      const timer = setTimeout(() => this.#giveUp(channel, fault('Q3002', { command: line.slice(0, 300), timeoutMs })), timeoutMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      const channel: Channel = {
        line,
        peer: undefined,
        stdin: Buffer.from(options.stdin ?? ''),
        room: 0,
        piece: 0,
        sentEof: false,
        taken: 0,
        exit: undefined,
        stdout: new Kept(),
        stderr: new Kept(),
        lines: options.onLine && new Lines(options.onLine),
        end,
      }
      this.#channels.set(id, channel)
      this.#socket.ref()
      this.#send(ssh.open, string('session'), uint32(id), uint32(window), uint32(largestPiece))
    })
  }

  #sendMux(type: number, ...fields: Buffer[]): void {
    this.#socket.write(string(Buffer.concat([uint32(type), ...fields])))
  }

  #send(type: number, ...fields: Buffer[]): void {
    const noPadding = 0
    this.#socket.write(string(Buffer.concat([Buffer.from([noPadding, type]), ...fields])))
  }

  /** Nobody waits for it any more. One that is not open yet cannot be closed: it is closed when it opens (#confirmed). */
  #giveUp(channel: Channel, why: unknown): void {
    if (channel.peer !== undefined) this.#send(ssh.close, uint32(channel.peer))
    channel.end({ error: why })
  }

  #lost(why: Error): void {
    this.#over = why
    this.#greeted?.fail(new NotStarted(why.message))
    for (const channel of [...this.#channels.values()])
      channel.end({ error: channel.peer === undefined ? new NotStarted(why.message) : why })
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    try {
      while (this.#received.length >= 4) {
        const length = this.#received.readUInt32BE(0)
        if (length > largestMessage) throw new RangeError(`a message of ${length} bytes`)
        if (this.#received.length < 4 + length) return
        const message = new Fields(this.#received.subarray(4, 4 + length))
        this.#received = this.#received.subarray(4 + length)
        if (this.#proxied) this.#handle(message)
        else this.#greet(message)
      }
    } catch (error) {
      // Whoever speaks like this is no OpenSSH that we know.
      this.#socket.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #greet(message: Fields): void {
    const type = message.uint32()
    if (type === mux.hello) {
      const version = message.uint32()
      if (version !== mux.version) throw new Error(`the master speaks version ${version}`)
    } else if (type === mux.isProxy) {
      this.#proxied = true
      this.#greeted?.done()
      this.#greeted = undefined
    } else throw new Error('the master has no proxy mode')
  }

  #handle(message: Fields): void {
    message.byte()
    const type = message.byte()
    if (type < ssh.openConfirmation || type > ssh.failure) return
    const id = message.uint32()
    const channel = this.#channels.get(id)
    if (type === ssh.openConfirmation) this.#confirmed(channel, message)
    // What still comes for a command that was given up.
    else if (channel === undefined) return
    else if (type === ssh.openFailure) channel.end({ error: new NotStarted('the machine opens no further session') })
    else if (type === ssh.failure) this.#giveUp(channel, new NotStarted('the machine starts no command'))
    else if (type === ssh.windowAdjust) {
      channel.room += message.uint32()
      this.#feed(channel)
    } else if (type === ssh.data) this.#take(channel, message.string(), channel.stdout)
    else if (type === ssh.extendedData) {
      message.uint32()
      const said = message.string()
      channel.lines?.push(said)
      this.#take(channel, said, channel.stderr)
    } else if (type === ssh.request) {
      const what = message.string().toString()
      message.byte()
      if (what === 'exit-status') channel.exit = message.uint32()
      else if (what === 'exit-signal') channel.exit = 128 + (constants.signals[`SIG${message.string()}` as NodeJS.Signals] ?? 0)
    } else if (type === ssh.close) {
      this.#send(ssh.close, uint32(channel.peer ?? 0))
      channel.end(channel.exit === undefined ? { error: new ConnectionLost('the session ended without a status') } : { exit: channel.exit })
    }
  }

  #confirmed(channel: Channel | undefined, message: Fields): void {
    const peer = message.uint32()
    if (channel === undefined) {
      this.#send(ssh.close, uint32(peer))
      return
    }
    channel.peer = peer
    channel.room = message.uint32()
    channel.piece = Math.min(message.uint32(), largestPiece)
    const wantReply = 1
    this.#send(ssh.request, uint32(peer), string('exec'), Buffer.from([wantReply]), string(channel.line))
    this.#feed(channel)
  }

  #feed(channel: Channel): void {
    if (channel.peer === undefined || channel.sentEof) return
    while (channel.stdin.length > 0 && channel.room > 0) {
      const size = Math.min(channel.stdin.length, channel.room, channel.piece)
      this.#send(ssh.data, uint32(channel.peer), string(channel.stdin.subarray(0, size)))
      channel.stdin = channel.stdin.subarray(size)
      channel.room -= size
    }
    if (channel.stdin.length > 0) return
    channel.sentEof = true
    this.#send(ssh.eof, uint32(channel.peer))
  }

  #take(channel: Channel, bytes: Buffer, into: Kept): void {
    // A copy: the bytes are part of a larger buffer that would be kept with them.
    into.push(Buffer.from(bytes))
    channel.taken += bytes.length
    if (channel.taken < window / 2 || channel.peer === undefined) return
    this.#send(ssh.windowAdjust, uint32(channel.peer), uint32(channel.taken))
    channel.taken = 0
  }
}
