import { spawn } from 'node:child_process'
import { createServer, type Server, type Socket } from 'node:net'

/** How a master may behave other than well. */
export interface Manners {
  /** Bytes that a command takes on its input before it is told to go on; default 1000. */
  room?: number
  refusesSessions?: boolean
  /** Closes the connection when a command is to be started. */
  hangsUp?: boolean
  /** Ends a session without telling a status. */
  forgetsStatus?: boolean
  /** Sends every byte by itself. */
  dribbles?: boolean
  version?: number
  /** Answers the question for proxy mode with a failure. */
  withoutProxy?: boolean
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const string = (value: string | Buffer): Buffer => Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(value)])

interface Session {
  line?: string
  client: number
  /** What the client lets us send. */
  room: number
  waiting: { type: number; data: Buffer }[]
  child?: ReturnType<typeof spawn>
  taken: number
  status?: Buffer
}

/**
 * The control socket of an OpenSSH master in proxy mode, whose machine is this computer: the lines it is given run in a real sh. It keeps to windows strictly,
 * as sshd does: what is sent beyond them ends the connection.
 */
export const fakeMaster = (path: string, manners: Manners = {}): Promise<Server & { closed: number[] }> => {
  const closed: number[] = []
  const server = createServer((socket) => serve(socket, manners, closed))
  return new Promise((resolve) => server.listen(path, () => resolve(Object.assign(server, { closed }))))
}

const serve = (socket: Socket, manners: Manners, closed: number[]): void => {
  const room = manners.room ?? 1000
  const sessions = new Map<number, Session>()
  let next = 100
  let received = Buffer.alloc(0)
  let proxied = false
  const write = (bytes: Buffer): void => {
    if (manners.dribbles) for (const byte of bytes) socket.write(Buffer.from([byte]))
    else socket.write(bytes)
  }
  const sendMux = (type: number, ...fields: Buffer[]): void => write(string(Buffer.concat([uint32(type), ...fields])))
  const send = (type: number, ...fields: Buffer[]): void => write(string(Buffer.concat([Buffer.from([0, type]), ...fields])))

  const flush = (session: Session): void => {
    for (;;) {
      const first = session.waiting[0]
      if (!first || session.room === 0) break
      const part = first.data.subarray(0, Math.min(session.room, 32 * 1024))
      session.room -= part.length
      send(first.type, uint32(session.client), ...(first.type === 95 ? [uint32(1)] : []), string(part))
      if (part.length === first.data.length) session.waiting.shift()
      else first.data = first.data.subarray(part.length)
    }
    if (session.waiting.length > 0 || !session.status) return
    if (!manners.forgetsStatus) send(98, uint32(session.client), session.status)
    send(96, uint32(session.client))
    send(97, uint32(session.client))
    delete session.status
  }

  const start = (session: Session, line: string): void => {
    const child = spawn('sh', ['-c', line], { stdio: 'pipe' })
    session.child = child
    child.stdout.on('data', (data: Buffer) => {
      session.waiting.push({ type: 94, data })
      flush(session)
    })
    child.stderr.on('data', (data: Buffer) => {
      session.waiting.push({ type: 95, data })
      flush(session)
    })
    child.stdin.on('error', () => undefined)
    child.on('close', (code, signal) => {
      const no = Buffer.from([0])
      session.status =
        signal === null
          ? Buffer.concat([string('exit-status'), no, uint32(code ?? 1)])
          : Buffer.concat([string('exit-signal'), no, string(signal.replace('SIG', '')), no, string(''), string('')])
      flush(session)
    })
  }

  const handle = (message: Buffer): void => {
    const type = message[1]
    const id = type === 90 ? message.readUInt32BE(2 + 4 + 'session'.length) : message.readUInt32BE(2)
    if (type === 90) {
      if (manners.refusesSessions) {
        send(92, uint32(id), uint32(1), string('open failed'), string(''))
        return
      }
      const window = message.readUInt32BE(2 + 4 + 'session'.length + 4)
      sessions.set(next, { client: id, room: window, waiting: [], taken: 0 })
      send(91, uint32(id), uint32(next), uint32(room), uint32(400))
      next++
      return
    }
    const session = sessions.get(id)
    if (!session) return
    if (type === 98) {
      if (manners.hangsUp) return void socket.destroy()
      const at = 6 + 4 + 'exec'.length + 1
      send(99, uint32(session.client))
      start(session, message.subarray(at + 4, at + 4 + message.readUInt32BE(at)).toString())
    } else if (type === 94) {
      const data = message.subarray(10)
      session.taken += data.length
      if (data.length > 400 || session.taken > room) return void socket.destroy()
      session.child?.stdin?.write(data)
      if (session.taken === room) {
        session.taken = 0
        setImmediate(() => send(93, uint32(session.client), uint32(room)))
      }
    } else if (type === 96) session.child?.stdin?.end()
    else if (type === 93) {
      session.room += message.readUInt32BE(6)
      flush(session)
    } else if (type === 97) {
      closed.push(id)
      session.child?.kill('SIGKILL')
      sessions.delete(id)
    }
  }

  sendMux(1, uint32(manners.version ?? 4))
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 4 && received.length >= 4 + received.readUInt32BE(0)) {
      const message = received.subarray(4, 4 + received.readUInt32BE(0))
      received = received.subarray(4 + message.length)
      if (proxied) handle(message)
      else if (message.readUInt32BE(0) === 0x1000000f) {
        proxied = true
        sendMux(manners.withoutProxy ? 0x80000003 : 0x8000000f, uint32(0))
      }
    }
  })
}
