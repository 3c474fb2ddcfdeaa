// A balancer that is somebody else's: takes connections at ADDRESS:6443 and hands each to the next API server in turn, passing over those that refuse.
// Arguments: the address, then those of the API servers.
import { connect, createServer } from 'node:net'

const [address = '', ...servers] = process.argv.slice(2)
let next = 0
const hand = (client, left) => {
  if (left === 0) return client.destroy()
  const server = connect(6443, servers[next++ % servers.length])
  const refused = () => hand(client, left - 1)
  server.once('error', refused)
  server.once('connect', () => {
    server.off('error', refused)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
}
createServer((client) => {
  client.on('error', () => undefined)
  hand(client, servers.length)
}).listen(6443, address, () => console.log('ready'))
