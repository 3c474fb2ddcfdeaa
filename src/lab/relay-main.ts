import { connect, createServer, type Socket } from 'node:net'

/**
 * The program of the relay: it runs inside the lab's namespace and is the only way in.
 * - file descriptor 3 is a listener of the computer's own 127.0.0.1, opened before entering: bytes from there go to the cluster's endpoint;
 * - a unix socket, which no network namespace confines: quorate writes "HOST PORT TIMEOUT_MS\n", is answered "ok\n" or "error REASON\n", then bytes flow.
 * Arguments: socket path, then host and port of the endpoint; where there are several, host and port of each.
 */
const [socketPath = '', ...rest] = process.argv.slice(2)
const endpoints = rest.flatMap((host, i) => (i % 2 === 0 ? [{ host, port: Number(rest[i + 1]) }] : []))

/** How long bytes that are still on their way may take once the other side is gone: a machine without power takes none. */
const lingerMs = 10_000

/** Joins two connections. When one ends, what it said still reaches the other; when one breaks, the other is broken too. */
const join = (a: Socket, b: Socket): void => {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      if (to.destroyed) return
      setTimeout(() => to.destroy(), lingerMs).unref()
      if (to.writableFinished) to.destroy()
      else to.end(() => to.destroy())
    })
  }
}

const open = (host: string, port: number, timeoutMs: number, done: (error: string | undefined, socket: Socket) => void): void => {
  const socket = connect({ host, port, noDelay: true })
  const timer = setTimeout(() => finish(`no answer within ${timeoutMs} ms`), timeoutMs)
  const finish = (error: string | undefined): void => {
    clearTimeout(timer)
    socket.removeAllListeners('error')
    socket.on('error', () => undefined)
    if (error) socket.destroy()
    done(error, socket)
  }
  socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code === 'ECONNREFUSED' ? 'connection refused' : error.message))
  socket.once('connect', () => finish(undefined))
}

/** How long one of several endpoints may be silent before the next is asked as well. */
const patienceMs = 150
let preferred = 0

/** The first endpoint that answers, beginning with the one that did the last time. */
const openAny = (timeoutMs: number, done: (server: Socket | undefined) => void): void => {
  let started = 0
  let pending = 0
  let over = false
  let timer: NodeJS.Timeout | undefined
  const next = (): void => {
    clearTimeout(timer)
    if (over || started >= endpoints.length) return
    const index = (preferred + started++) % endpoints.length
    const { host, port } = endpoints[index] as { host: string; port: number }
    pending++
    if (started < endpoints.length) timer = setTimeout(next, patienceMs)
    open(host, port, timeoutMs, (error, server) => {
      pending--
      if (over) return void server.destroy()
      if (!error) {
        over = true
        clearTimeout(timer)
        preferred = index
        return done(server)
      }
      if (started < endpoints.length) return next()
      if (pending === 0) {
        over = true
        done(undefined)
      }
    })
  }
  next()
}

createServer((client) => {
  client.on('error', () => undefined)
  openAny(5000, (server) => (server ? join(client, server) : client.destroy()))
}).listen({ fd: 3 })

createServer((client) => {
  client.on('error', () => undefined)
  let head = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf(10)
    if (end < 0 && head.length < 300) return
    client.off('data', onData)
    client.pause()
    const [host = '', port = '', timeoutMs = ''] = head.subarray(0, Math.max(end, 0)).toString('utf8').split(' ')
    const rest = head.subarray(end + 1)
    open(host, Number(port), Number(timeoutMs) || 5000, (error, server) => {
      if (error) return client.end(`error ${error}\n`)
      client.write('ok\n')
      if (rest.length > 0) server.write(rest)
      join(client, server)
    })
  }
  client.on('data', onData)
}).listen(socketPath)

// The relay outlives the command that started it; its own end is a signal, or its namespace's lab going down.
process.on('SIGTERM', () => process.exit(0))
process.on('SIGHUP', () => undefined)
