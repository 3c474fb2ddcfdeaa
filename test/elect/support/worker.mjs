// COMMAND of the tests: says "token pid time" every 2 ms, to a file and to the fenced resource, and does not go when it is asked to.
import { appendFileSync } from 'node:fs'
import { connect } from 'node:net'

const [beats, resource] = process.argv.slice(2)
const token = process.env.QUORATE_FENCING_TOKEN
if (process.env.STUBBORN) process.on('SIGTERM', () => {})
const socket = connect(resource)
socket.on('error', () => {})
const beat = () => {
  const line = `${token} ${process.pid} ${process.hrtime.bigint()}\n`
  appendFileSync(beats, line)
  socket.write(line)
}
beat()
setInterval(beat, 2)
