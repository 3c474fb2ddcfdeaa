/** Lets at most `size` pieces of work run at once; the others wait in order. An aborted signal leaves the queue at once with its reason. */
export class Slots {
  #taken = 0
  readonly #queue: (() => void)[] = []

  constructor(private readonly size: number) {}

  async use<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal)
    try {
      return await work()
    } finally {
      // A place is handed over, not freed: nobody who comes later can slip in before the one who waits.
      const next = this.#queue.shift()
      if (next) next()
      else this.#taken--
    }
  }

  #enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#taken < this.size) {
      this.#taken++
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(enter), 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#queue.push(enter)
    })
  }
}
