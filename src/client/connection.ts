import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect, createSecureContext, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls'
import type { Dial, Phase, TlsIdentity } from './transport.js'

/** One call as the agent sees it: the phase is moved on from here, so a deadline knows where it struck. */
export interface CallState {
  phase: Phase
  /** Deadline of dial and TLS together. */
  connectMs: number
  signal: AbortSignal
}

export interface Endpoint {
  host: string
  port: number
  tls?: TlsIdentity
  /** Name that the server's certificate must carry; absent = the host itself. */
  serverName?: string
  dial: Dial
}

/**
 * Connections to one endpoint, kept and used again. The secure context is made once (parsing a key costs more than a request), and the
 * last TLS session is offered on new connections.
 */
export class EndpointAgent extends Agent {
  readonly #endpoint: Endpoint
  #context: SecureContext | undefined
  #session: Buffer | undefined
  /** Leaf certificate that the server showed on the latest connection. */
  peer: PeerCertificate | undefined

  constructor(endpoint: Endpoint) {
    super({ keepAlive: true, maxFreeSockets: 8 })
    this.#endpoint = endpoint
  }

  // @ts-expect-error Node hands our own request options through, and allows the callback form; @types/node declares neither.
  override createConnection(options: { call: CallState }, done: (error: Error | null, socket?: Duplex) => void): undefined {
    this.#open(options.call).then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    )
  }

  async #open(call: CallState): Promise<Duplex> {
    const { host, port, dial, tls } = this.#endpoint
    call.phase = 'dial'
    const started = performance.now()
    const raw = await dial(host, port, { timeoutMs: call.connectMs, signal: call.signal })
    if (call.signal.aborted) {
      raw.destroy()
      throw call.signal.reason
    }
    if (!tls) {
      call.phase = 'write'
      return raw
    }
    call.phase = 'tls'
    return await this.#secure(raw, tls, call, Math.max(1, call.connectMs - (performance.now() - started)))
  }

  #secure(raw: Duplex, identity: TlsIdentity, call: CallState, timeoutMs: number): Promise<TLSSocket> {
    this.#context ??= createSecureContext({
      ca: identity.ca,
      ...(identity.cert ? { cert: identity.cert } : {}),
      ...(identity.key ? { key: identity.key } : {}),
      minVersion: 'TLSv1.2',
    })
    const { host, serverName } = this.#endpoint
    return new Promise((resolve, reject) => {
      const socket = connect({
        socket: raw,
        host,
        ...(serverName ? { servername: serverName } : {}),
        secureContext: this.#context,
        ALPNProtocols: ['http/1.1'],
        ...(this.#session ? { session: this.#session } : {}),
      })
      const give = (error: Error) => {
        finish()
        // A late error of a socket that nobody waits for must not end the process.
        socket.on('error', () => {})
        socket.destroy()
        raw.destroy()
        reject(error)
      }
      const onAbort = () => give(call.signal.reason as Error)
      const onError = (error: Error) => give(error)
      const onClose = () => give(new Error('connection closed during the TLS handshake'))
      const timer = setTimeout(() => give(new Error(`no TLS handshake within ${Math.round(timeoutMs)} ms`)), timeoutMs)
      const finish = () => {
        clearTimeout(timer)
        call.signal.removeEventListener('abort', onAbort)
        socket.off('error', onError)
        socket.off('close', onClose)
      }
      call.signal.addEventListener('abort', onAbort, { once: true })
      socket.on('error', onError)
      socket.on('close', onClose)
      socket.on('session', (session) => {
        this.#session = session
      })
      socket.once('secureConnect', () => {
        finish()
        const peer = socket.getPeerCertificate()
        // A resumed session carries no certificate; the one seen at first still stands.
        if (peer && Object.keys(peer).length > 0) this.peer = peer
        call.phase = 'write'
        resolve(socket)
      })
    })
  }
}
