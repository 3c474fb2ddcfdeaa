import { connect, createServer, type Server, type Socket } from 'node:net'

/** open: passes bytes on. refuse: nobody listens. silent: accepts and never says a word, on old connections neither. reset: RST at once. */
export type DoorMode = 'open' | 'refuse' | 'silent' | 'reset'

/** A port in front of a server, which can behave as machines and processes do when they die, freeze or misbehave. */
export class Door {
  #server: Server | undefined
  #mode: DoorMode = 'open'
  readonly #pairs = new Set<Socket>()
  port = 0

  constructor(private readonly behind: number) {}

  async open(): Promise<void> {
    this.#mode = 'open'
    await this.#listen()
  }

  /** Connections that were held in silence stay dead for ever, as those to a machine without power. */
  async set(mode: DoorMode): Promise<void> {
    this.#mode = mode
    if (mode === 'refuse') {
      const server = this.#server
      this.#server = undefined
      server?.close()
      for (const socket of this.#pairs) socket.resetAndDestroy()
    } else if (mode === 'reset') {
      for (const socket of this.#pairs) socket.resetAndDestroy()
    } else if (mode === 'silent') {
      for (const socket of this.#pairs) {
        socket.unpipe()
        socket.pause()
      }
    }
    if (mode !== 'refuse') await this.#listen()
  }

  async close(): Promise<void> {
    this.#server?.close()
    for (const socket of this.#pairs) socket.destroy()
  }

  #listen(): Promise<void> {
    if (this.#server) return Promise.resolve()
    const server = createServer((client) => this.#accept(client))
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, '127.0.0.1', () => {
        this.port = (server.address() as { port: number }).port
        resolve()
      })
    })
  }

  #accept(client: Socket): void {
    this.#keep(client)
    if (this.#mode === 'reset') {
      client.resetAndDestroy()
      return
    }
    if (this.#mode === 'silent') {
      client.pause()
      return
    }
    client.setNoDelay()
    const server = connect({ host: '127.0.0.1', port: this.behind, noDelay: true })
    this.#keep(server)
    client.pipe(server).pipe(client)
    // Silence hides the end of the other side too.
    client.on('close', () => this.#mode !== 'silent' && server.destroy())
    server.on('close', () => this.#mode !== 'silent' && client.destroy())
  }

  #keep(socket: Socket): void {
    this.#pairs.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#pairs.delete(socket))
  }
}
