import { createServer as createTlsServer, type Server as TlsHttpServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { HttpClient } from '../../src/client/http.js'
import { linesOf } from '../../src/client/lines.js'
import { reasonOf, type TlsIdentity, TransportFault } from '../../src/client/transport.js'
import { fault } from '../../src/model/problem.js'
import { type Leaf, TestAuthority } from './support/certificates.js'
import { loopbackDial } from './support/dial.js'

let authority: TestAuthority
let server: Leaf
let client: TlsIdentity
const open: (() => void)[] = []

beforeAll(async () => {
  authority = await TestAuthority.make()
  server = await authority.leaf('server', { dns: ['kubernetes'], ip: ['127.0.0.1'] })
  client = await authority.identity('someone')
})

afterEach(() => {
  for (const close of open.splice(0)) close()
})

const listen = (it: Server | TlsHttpServer): Promise<number> =>
  new Promise((resolve) => {
    const sockets = new Set<Socket>()
    it.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    })
    open.push(() => {
      it.close()
      for (const socket of sockets) socket.destroy()
    })
    it.listen(0, '127.0.0.1', () => resolve((it.address() as AddressInfo).port))
  })

const clientOf = (port: number, rest: { tls?: TlsIdentity; serverName?: string } = {}, deadlineMs = 1500) => {
  const dial = loopbackDial()
  const http = new HttpClient(
    { host: '127.0.0.1', port, dial, tls: rest.tls ?? client, ...(rest.serverName ? { serverName: rest.serverName } : {}) },
    deadlineMs,
  )
  open.push(() => http.close())
  return { http, dial }
}

const tlsServer = (handler: Parameters<typeof createTlsServer>[1]) =>
  createTlsServer({ ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true }, handler)

const failure = async (work: Promise<unknown>): Promise<TransportFault> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(TransportFault)
  return error as TransportFault
}

describe('requests', () => {
  it('shows its client certificate and keeps the connection', async () => {
    const port = await listen(
      tlsServer((request, response) => {
        response.end(JSON.stringify({ path: request.url, who: (request.socket as TLSSocket).getPeerCertificate().subject.CN }))
      }),
    )
    const { http, dial } = clientOf(port)
    for (let i = 0; i < 5; i++) {
      const answer = await http.request({ method: 'GET', path: `/n/${i}` })
      expect(answer.status).toBe(200)
      expect(JSON.parse(answer.body.toString())).toEqual({ path: `/n/${i}`, who: 'someone' })
    }
    expect(dial.count).toBe(1)
    expect(http.peerCertificate?.subject.CN).toBe('server')
  })

  it('sends a body as JSON with its length', async () => {
    const port = await listen(
      tlsServer((request, response) => {
        const parts: Buffer[] = []
        request.on('data', (part: Buffer) => parts.push(part))
        request.on('end', () =>
          response.end(
            JSON.stringify({
              body: Buffer.concat(parts).toString(),
              type: request.headers['content-type'],
              length: request.headers['content-length'],
            }),
          ),
        )
      }),
    )
    const { http } = clientOf(port)
    const answer = await http.request({ method: 'POST', path: '/', body: { text: 'für' } })
    expect(JSON.parse(answer.body.toString())).toEqual({ body: '{"text":"für"}', type: 'application/json', length: '15' })
  })

  it('runs calls side by side', async () => {
    let most = 0
    let now = 0
    const port = await listen(
      tlsServer((_, response) => {
        most = Math.max(most, ++now)
        setTimeout(() => {
          now--
          response.end('ok')
        }, 100)
      }),
    )
    const { http } = clientOf(port)
    await Promise.all([1, 2, 3, 4].map(() => http.request({ method: 'GET', path: '/' })))
    expect(most).toBe(4)
  })

  it('repeats a read when the kept connection has been closed, and never a write', async () => {
    const port = await listen(
      tlsServer((request, response) => {
        if (request.url === '/cut') {
          request.socket.destroy()
          return
        }
        response.end('ok')
      }),
    )
    const { http, dial } = clientOf(port)
    await http.request({ method: 'GET', path: '/' })
    await failure(http.request({ method: 'GET', path: '/cut' }))
    expect(dial.count).toBe(2)
    await http.request({ method: 'GET', path: '/' })
    const before = dial.count
    await failure(http.request({ method: 'POST', path: '/cut', body: {} }))
    expect(dial.count).toBe(before)
  })
})

describe('phases', () => {
  it('dial: nobody listens', async () => {
    const taken = createTcpServer()
    const port = await listen(taken)
    await new Promise((done) => taken.close(done))
    const fault = await failure(clientOf(port).http.request({ method: 'GET', path: '/' }))
    expect(fault).toMatchObject({ phase: 'dial', outcome: 'definite', timedOut: false, reason: 'connection refused' })
    expect(fault.problem.code).toBe('Q7501')
  })

  it('tls: accepts and says nothing', async () => {
    const port = await listen(createTcpServer(() => {}))
    const fault = await failure(clientOf(port, {}, 400).http.request({ method: 'GET', path: '/' }))
    expect(fault).toMatchObject({ phase: 'tls', outcome: 'definite' })
    expect(fault.elapsedMs).toBeLessThan(400)
  })

  it('tls: another authority', async () => {
    const other = await TestAuthority.make()
    const port = await listen(tlsServer((_, response) => response.end()))
    const fault = await failure(clientOf(port, { tls: { ...client, ca: other.ca } }).http.request({ method: 'GET', path: '/' }))
    expect(fault.phase).toBe('tls')
    expect(fault.problem.code).toBe('Q7502')
  })

  it('tls: a name that the certificate does not carry, and one that it does', async () => {
    const port = await listen(tlsServer((_, response) => response.end('ok')))
    const fault = await failure(clientOf(port, { serverName: 'elsewhere' }).http.request({ method: 'GET', path: '/' }))
    expect(fault.phase).toBe('tls')
    expect(fault.reason).toMatch(/elsewhere/)
    await expect(clientOf(port, { serverName: 'kubernetes' }).http.request({ method: 'GET', path: '/' })).resolves.toMatchObject({
      status: 200,
    })
  })

  it('first-byte: takes the request and says nothing', async () => {
    const port = await listen(tlsServer(() => {}))
    const fault = await failure(clientOf(port).http.request({ method: 'POST', path: '/', body: {}, deadlineMs: 300 }))
    expect(fault).toMatchObject({ phase: 'first-byte', outcome: 'unknown', timedOut: true })
    expect(fault.elapsedMs).toBeGreaterThanOrEqual(290)
    expect(fault.elapsedMs).toBeLessThan(1500)
  })

  it('body: stands still in the middle, or breaks off', async () => {
    const port = await listen(
      tlsServer((request, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('half')
        if (request.url === '/cut') setTimeout(() => request.socket.destroy(), 50)
      }),
    )
    const { http } = clientOf(port)
    expect(await failure(http.request({ method: 'GET', path: '/', deadlineMs: 300 }))).toMatchObject({ phase: 'body', timedOut: true })
    expect(await failure(http.request({ method: 'GET', path: '/cut', deadlineMs: 1000 }))).toMatchObject({ phase: 'body', timedOut: false })
  })

  it('ends with the reason of the caller at once, in every phase', async () => {
    const port = await listen(createTcpServer(() => {}))
    const stop = new AbortController()
    const reason = new Error('stopped by hand')
    const started = performance.now()
    const call = clientOf(port).http.request({ method: 'GET', path: '/', signal: stop.signal })
    setTimeout(() => stop.abort(reason), 50)
    await expect(call).rejects.toBe(reason)
    expect(performance.now() - started).toBeLessThan(1200)
    await expect(clientOf(port).http.request({ method: 'GET', path: '/', signal: stop.signal })).rejects.toBe(reason)
  })

  it('leaves no connection open after a failed call', async () => {
    const port = await listen(createTcpServer(() => {}))
    const { http, dial } = clientOf(port, {}, 200)
    await failure(http.request({ method: 'GET', path: '/' }))
    await new Promise((done) => setTimeout(done, 20))
    expect(dial.sockets.every((socket) => socket.destroyed)).toBe(true)
  })
})

describe('streams', () => {
  it('gives lines as they come, across any cut of the bytes', async () => {
    const port = await listen(
      tlsServer((_, response) => {
        const bytes = Buffer.from('first\nsecönd\n\nthird')
        let at = 0
        const timer = setInterval(() => {
          if (at >= bytes.length) {
            clearInterval(timer)
            response.end()
          } else response.write(bytes.subarray(at, ++at))
        }, 1)
      }),
    )
    const stream = await clientOf(port).http.stream({ method: 'GET', path: '/' })
    const seen: string[] = []
    for await (const line of linesOf(stream.chunks())) seen.push(line)
    expect(seen).toEqual(['first', 'secönd', 'third'])
  })

  it('outlives the deadline of the call, ends on silence', async () => {
    const port = await listen(
      tlsServer((_, response) => {
        response.write('a\n')
        setTimeout(() => response.write('b\n'), 300)
      }),
    )
    const stream = await clientOf(port).http.stream({ method: 'GET', path: '/', deadlineMs: 250 })
    const seen: string[] = []
    const fault = await failure(
      (async () => {
        for await (const line of linesOf(stream.chunks({ idleMs: 400 }))) seen.push(line)
      })(),
    )
    expect(seen).toEqual(['a', 'b'])
    expect(fault).toMatchObject({ phase: 'body', timedOut: true })
  })

  it('closes its connection when the reader leaves', async () => {
    let closed = false
    const port = await listen(
      tlsServer((_, response) => {
        response.on('close', () => {
          closed = true
        })
        response.write('a\n')
      }),
    )
    const stream = await clientOf(port).http.stream({ method: 'GET', path: '/' })
    for await (const _ of linesOf(stream.chunks())) break
    await expect.poll(() => closed).toBe(true)
  })
})

it.each([
  [fault('Q3010', { host: 'x', port: 1, reason: 'connect ECONNREFUSED 10.99.0.21:6443' }), 'connection refused'],
  [fault('Q3002', { command: 'ssh', timeoutMs: 2000 }), 'no answer within 2000 ms'],
  [fault('Q3005', { address: 'x', said: 'Permission denied' }), 'Permission denied'],
  [fault('Q3009', {}), 'Q3009'],
  [Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }), 'connection refused'],
  [new Error('self-signed certificate'), 'self-signed certificate'],
  ['text', 'text'],
])('tells the reason of %s', (error, reason) => {
  expect(reasonOf(error)).toBe(reason)
})
