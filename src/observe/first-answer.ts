import { setMaxListeners } from 'node:events'
import type { KubernetesClient } from '../client/kubernetes.js'

/** How long one server may be silent before the next is asked as well. */
const patienceMs = 150

/**
 * The first answer of any of these servers. They are asked one after another, each a moment after the one before or as soon as that
 * one failed, so a dead or frozen server costs a moment and a healthy cluster is asked once. The server that answered is asked first
 * the next time. Throws the last error when none answers.
 */
export class FirstAnswer {
  #preferred = 0
  constructor(private readonly servers: readonly KubernetesClient[]) {}

  ask<T>(
    question: (client: KubernetesClient, signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
    nextAfterMs = patienceMs,
  ): Promise<T> {
    const count = this.servers.length
    const stop = new AbortController()
    setMaxListeners(0, stop.signal)
    return new Promise<T>((resolve, reject) => {
      let started = 0
      let failed = 0
      let timer: NodeJS.Timeout | undefined
      const finish = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        stop.abort(new Error('another server has answered'))
      }
      const onAbort = () => {
        finish()
        reject(signal?.reason)
      }
      const next = () => {
        clearTimeout(timer)
        if (started >= count || stop.signal.aborted) return
        const index = (this.#preferred + started++) % count
        const client = this.servers[index]
        if (!client) return
        if (started < count) timer = setTimeout(next, nextAfterMs)
        question(client, stop.signal).then(
          (answer) => {
            if (stop.signal.aborted) return
            this.#preferred = index
            finish()
            resolve(answer)
          },
          (error: unknown) => {
            if (stop.signal.aborted) return
            if (++failed === count) {
              finish()
              reject(error)
            } else next()
          },
        )
      }
      if (signal?.aborted) reject(signal.reason)
      else if (count === 0) reject(new Error('there is no API server'))
      else {
        signal?.addEventListener('abort', onAbort, { once: true })
        next()
      }
    })
  }
}
