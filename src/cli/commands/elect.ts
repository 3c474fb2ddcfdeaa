import { defineCommand } from '../command.js'
import { lockFlags, lockPlace } from '../elect-flags.js'

export const elect = defineCommand({
  path: 'elect',
  summary: 'Run a program on one machine at a time, the others standing by',
  about:
    'Start the same line on every machine. One of them gets the lock and runs COMMAND; when it ends, dies, freezes or is cut off, another takes over. COMMAND is ended before the lock can pass to another machine. It finds a number in QUORATE_FENCING_TOKEN that grows with every takeover: have what it writes to refuse older numbers, for the one case that nobody on a machine can prevent, a machine frozen as a whole.',
  arguments: [{ name: 'command', about: 'COMMAND and its arguments, after --', required: true, variadic: true, completes: 'command' }],
  flags: [
    ...lockFlags,
    { flags: '--ttl <duration>', about: 'Lease: after this long without the active machine another takes over', default: '5s' },
    { flags: '--grace <duration>', about: 'From SIGTERM to SIGKILL when the lease runs out (a quarter of the lease when left out)' },
    { flags: '--stop-timeout <duration>', about: 'From SIGTERM to SIGKILL on a stop that is asked for; the lock is held', default: '60s' },
    { flags: '--identity <name>', about: 'Name of this machine for people (host name, pid and chance when left out)' },
    { flags: '--keep', about: 'When COMMAND ends by itself, stand by again instead of ending with its status' },
    { flags: '--on-elected <shell>', about: 'Run when this machine becomes active' },
    { flags: '--on-lost <shell>', about: 'Run when COMMAND is down, before the lock is given up' },
    { flags: '--on-change <shell>', about: 'Run on every machine when another becomes active' },
    { flags: '--status-file <file>', about: 'Keep the present state there, as JSON' },
    { flags: '--log <format>', about: 'What is said on stderr: text, json', choices: ['text', 'json'], default: 'text' },
  ],
  examples: [
    {
      run: 'quorate elect --lock web --etcd https://10.0.0.21:2379 --cacert ca.crt -- web-daemon',
      why: 'one web-daemon among all machines that run this; name every member of etcd, comma-separated',
    },
    {
      run: 'quorate elect --lock mailer --kubeconfig kube.conf --namespace mail --ttl 15s -- mailer',
      why: 'the lock as a Lease of Kubernetes',
    },
    {
      run: 'quorate elect --lock backup --etcd http://127.0.0.1:2379 --keep -- backup --once',
      why: 'stand by again when it is done',
    },
  ],
  changes: 'One key of etcd or one Lease of Kubernetes; what COMMAND does.',
  exits: [0, 1],
  passThrough: true,
  run: async (given, context) => {
    const [{ elect }, { findProgram, newClaimant, openLock }, { electTiming, parseDurationMs }, { electLine }, { constants }] =
      await Promise.all([
        import('../../elect/elector.js'),
        import('../../elect/open-lock.js'),
        import('../../elect/timing.js'),
        import('../draw/elect.js'),
        import('node:os'),
      ])
    const { flags } = given
    const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined)
    const claimant = newClaimant(text('identity'))
    const ttlMs = parseDurationMs(String(flags.ttl), '--ttl')
    const graceMs = text('grace') === undefined ? undefined : parseDurationMs(String(flags.grace), '--grace')
    electTiming(ttlMs, graceMs)
    findProgram(given.args[0] ?? '', context.env, context.cwd)
    const place = lockPlace(flags)
    const lock = openLock(place, claimant, ttlMs, context.env)

    // Ctrl-C is ours, although words after -- are not: COMMAND runs in a session of its own and does not hear it.
    const stop = new AbortController()
    const onStop = () => stop.abort()
    if (context.signal.aborted) onStop()
    context.signal.addEventListener('abort', onStop, { once: true })
    process.on('SIGINT', onStop)
    const hooks = { 'on-elected': text('onElected'), 'on-lost': text('onLost'), 'on-change': text('onChange') }
    try {
      const ending = await elect({
        lock,
        name: place.name,
        claimant,
        ttlMs,
        ...(graceMs === undefined ? {} : { graceMs }),
        stopTimeoutMs: parseDurationMs(String(flags.stopTimeout), '--stop-timeout'),
        command: given.args,
        env: { ...context.env },
        keep: flags.keep === true,
        hooks: Object.fromEntries(Object.entries(hooks).filter(([, command]) => command !== undefined)),
        ...(text('statusFile') ? { statusFile: text('statusFile') as string } : {}),
        signal: stop.signal,
        emit: (event) => {
          if (flags.log === 'json') context.err.write(`${JSON.stringify({ time: new Date().toISOString(), lock: place.name, ...event })}\n`)
          else if (!context.quiet) context.err.write(`elect ${place.name}: ${electLine(event)}\n`)
        },
      })
      // Stopped as asked: that is a success, however COMMAND took its SIGTERM.
      if (!ending || stop.signal.aborted) return 0
      if (ending.signal) return 128 + (constants.signals[ending.signal] ?? 0)
      return ending.code ?? 1
    } finally {
      process.off('SIGINT', onStop)
      context.signal.removeEventListener('abort', onStop)
    }
  },
})
