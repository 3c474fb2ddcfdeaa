import { connect, createServer, type Socket } from 'node:net'

/**
 * The program of the relay: it runs inside the lab's namespace and is the only way in.
 * - file descriptor 3 is a listener of the computer's own 127.0.0.1, opened before entering: bytes from there go to the cluster's endpoint;
 * - a unix socket, which no network namespace confines: quorate writes "HOST PORT TIMEOUT_MS\n", is answered "ok\n" or "error REASON\n", then bytes flow.
 * Arguments: socket path, endpoint host, endpoint port.
 */
const [socketPath = '', endpointHost = '', endpointPort = '0'] = process.argv.slice(2)

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

createServer((client) => {
  client.on('error', () => undefined)
  open(endpointHost, Number(endpointPort), 5000, (error, server) => (error ? client.destroy() : join(client, server)))
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
