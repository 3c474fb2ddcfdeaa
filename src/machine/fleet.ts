import type { Duplex } from 'node:stream'
import type { Machine } from './machine.js'

/** All machines of one cluster and the way to their network. A lab's network is a namespace of its own, so nobody may call net.connect directly. */
export interface Fleet {
  machine(name: string): Machine
  /** A TCP connection to a machine's own address, the virtual IP, or an external endpoint. Throws Fault Q3010 after timeoutMs. */
  dial(host: string, port: number, options: { timeoutMs: number; signal?: AbortSignal }): Promise<Duplex>
  /** Is this a lab made on this computer (true) or hosts that exist (false)? Drills ask for a typed name when false. */
  readonly isLab: boolean
  close(): Promise<void>
}
