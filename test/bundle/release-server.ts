import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const digestOf = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')

export interface Asked {
  path: string
  range: string | undefined
  authorization: string | undefined
}

/** What a path does instead of giving its file; undefined = it gives it. */
export type Trouble = (request: IncomingMessage, response: ServerResponse, file: Buffer | undefined) => boolean | Promise<boolean>

/** A mirror of releases on loopback, with ranges as RFC 9110 has them. */
export const releaseServer = async (files: Record<string, Buffer>, trouble: Trouble = () => false) => {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    if (request.method !== 'HEAD') asked.push({ path, range: request.headers.range, authorization: request.headers.authorization })
    const file = files[path]
    if (await trouble(request, response, file)) return
    if (!file) return void response.writeHead(404).end('no such file')
    if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': file.length }).end()
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
    if (from === undefined) return void response.writeHead(200, { 'content-length': file.length }).end(file)
    const start = Number(from)
    if (start >= file.length) return void response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
    const rest = file.subarray(start)
    const range = `bytes ${start}-${file.length - 1}/${file.length}`
    response.writeHead(206, { 'content-length': rest.length, 'content-range': range }).end(rest)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
