/** A wait that can be cut short, again and again. Unlike a race of promises it leaves nothing behind on what it waits beside. */
export class Sleeper {
  #wake: (() => void) | undefined
  #awake = false

  /** Ends the present wait, and every later one at once. */
  wakeForGood(): void {
    this.#awake = true
    this.#wake?.()
  }

  sleep(ms: number): Promise<void> {
    if (this.#awake || ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wake = done
    })
  }
}
