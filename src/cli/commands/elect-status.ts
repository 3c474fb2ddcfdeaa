import { fault } from '../../model/problem.js'
import { defineCommand } from '../command.js'
import { lockFlags, lockPlace } from '../elect-flags.js'
import { outputFlag, printStructured } from '../output/format.js'

export const electStatus = defineCommand({
  path: 'elect-status',
  summary: 'Show which machine holds the lock of an election',
  about: 'Asks a quorum of the store, so the answer is that of now. Takes no part in the election.',
  flags: [...lockFlags, outputFlag(['text', 'json', 'yaml', 'name'], 'A table, data, or only the name of the active machine')],
  examples: [
    { run: 'quorate elect-status --lock reports --etcd http://127.0.0.1:2379', why: 'who is active?' },
    { run: 'quorate elect-status --lock mailer --kubeconfig /etc/mailer/kubeconfig -o json', why: 'for a program' },
  ],
  changes: 'Nothing.',
  exits: [0, 4, 5],
  run: async (given, context) => {
    const [{ newClaimant, openLock }, { table }, { reasonOf, TransportFault }, { EtcdError }] = await Promise.all([
      import('../../elect/open-lock.js'),
      import('../output/table.js'),
      import('../../client/transport.js'),
      import('../../client/etcd-error.js'),
    ])
    const place = lockPlace(given.flags)
    const lock = openLock(place, newClaimant(), 5000, context.env)
    const tries = place.etcd?.split(',').length ?? 2
    try {
      for (let left = tries; ; left--) {
        const { endpoint } = lock
        try {
          const holder = await lock.read({ deadlineMs: 3000 })
          const value = { lock: place.name, held: holder !== undefined, ...(holder ? { holder } : {}) }
          if (await printStructured(value, given.flags.output, context)) return holder ? 0 : 4
          if (given.flags.output === 'name') context.out.write(holder ? `${holder.identity}\n` : '')
          else {
            const row = [place.name, holder?.identity, holder?.token, holder?.since, holder?.ttlMs ? `${holder.ttlMs / 1000}s` : undefined]
            context.out.write(table(['LOCK', 'ACTIVE', 'TOKEN', 'SINCE', 'LEASE'], [row]))
          }
          return holder ? 0 : 4
        } catch (cause) {
          // A member without a leader answers, and knows nothing.
          const silent = cause instanceof TransportFault || (cause instanceof EtcdError && cause.outcome === 'unknown')
          if (!silent) throw cause
          if (left <= 1) {
            const asked = place.etcd ?? endpoint
            throw fault('Q7907', { endpoint: asked, lock: place.name, reason: reasonOf(cause) }, { cause })
          }
        }
      }
    } finally {
      lock.close()
    }
  },
})
