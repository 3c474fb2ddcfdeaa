import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { eachLine } from '../../../src/elect/guard-message.js'

export interface Write {
  token: bigint
  pid: number
  /** CLOCK_MONOTONIC at the writer. */
  atNs: bigint
  accepted: boolean
}

/** Something that COMMAND writes to and that may not be written by two at once. It refuses a token older than one it has seen. */
export class FencedResource {
  readonly writes: Write[] = []
  #highest = 0n
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(readonly path: string) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on(
        'data',
        eachLine((line) => {
          const [token = '0', pid, at = '0'] = line.split(' ')
          const accepted = BigInt(token) >= this.#highest
          if (accepted) this.#highest = BigInt(token)
          this.writes.push({ token: BigInt(token), pid: Number(pid), atNs: BigInt(at), accepted })
        }),
      )
    }).listen(path)
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    rmSync(this.path, { force: true })
  }
}
