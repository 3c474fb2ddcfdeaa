import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Emit, Event, EventBody } from '../model/event.js'

/** Stamps events with a sequence number and the time, and hands each to every listener in order. */
export const stampEvents = (listeners: readonly ((event: Event) => void)[], now: () => Date): Emit => {
  let seq = 0
  return (body: EventBody): void => {
    const event: Event = { v: 1, seq: ++seq, at: now().toISOString(), ...body }
    for (const listener of listeners) listener(event)
  }
}

/** The log of what quorate did to a cluster: JSON lines, appended in one write each so a line is whole or absent. */
export interface Journal {
  listener: (event: Event) => void
  /** Writes what is pending, fsyncs and closes. */
  close(): Promise<void>
}

/** Progress ticks are left out: the journal tells what happened, not how far along it was. */
export const openJournal = async (path: string): Promise<Journal> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'a', 0o600)
  let tail: Promise<unknown> = Promise.resolve()
  return {
    listener: (event) => {
      if (event.type === 'step.progress') return
      const line = `${JSON.stringify(event)}\n`
      tail = tail.then(() => file.appendFile(line)).catch(() => undefined)
    },
    close: async () => {
      await tail
      await file.sync().catch(() => undefined)
      await file.close()
    },
  }
}
