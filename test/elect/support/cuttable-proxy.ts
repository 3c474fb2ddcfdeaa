import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A way to one server that can be cut. While it is cut nothing passes and nothing is said about it, as behind a dead switch. */
export class CuttableProxy {
  #cut = false
  readonly #sockets = new Set<Socket>()
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(port: number): Promise<CuttableProxy> {
    const server = createServer({ pauseOnConnect: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const it = new CuttableProxy(server, (server.address() as AddressInfo).port)
    server.on('connection', (near) => it.#join(near, port))
    return it
  }

  #join(near: Socket, port: number): void {
    const far = connect({ host: '127.0.0.1', port, noDelay: true })
    near.setNoDelay(true)
    far.pause()
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', (chunk) => to.write(chunk))
      from.on('end', () => to.end())
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
    }
    if (this.#cut) return
    near.resume()
    far.resume()
  }

  cut(): void {
    this.#cut = true
    for (const socket of this.#sockets) socket.pause()
  }

  heal(): void {
    this.#cut = false
    for (const socket of this.#sockets) socket.resume()
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.server.close()
  }
}
