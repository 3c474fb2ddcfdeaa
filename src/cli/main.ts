#!/usr/bin/env node
import { runCli } from './run.js'
import { interrupts } from './signals.js'

const needed = [20, 19]
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < (needed[0] ?? 0) || (major === needed[0] && minor < (needed[1] ?? 0))) {
  process.stderr.write(`quorate needs Node ${needed.join('.')} or newer; this is ${process.version} (${process.execPath})\n`)
  process.exit(1)
}

// Whoever reads our output may stop reading (quorate explain | head): that is no error of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
}

const stop = interrupts(process.stderr, (status) => process.exit(status))

const status = await runCli(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: stop.signal,
  nowMs: Date.now,
  onCommand: (spec) => stop.leaveToChild(spec.passThrough === true),
})

// Everything written reaches a slow reader before the process ends, and nothing left open keeps it alive.
await new Promise<void>((done) => process.stdout.write('', () => process.stderr.write('', () => done())))
process.exit(status)
