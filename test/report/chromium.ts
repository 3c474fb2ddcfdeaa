import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { endChild } from '../end-child.js'

/** The browser's program, or undefined where none is installed. */
export const chromiumPath = (): string | undefined =>
  ['chromium', 'chromium-browser', 'google-chrome'].find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)

interface Reply {
  id?: number
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { message: string }
}

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-pipe',
]

/** Chromium driven over two pipes: no port is opened. Every call ends within ten seconds. */
export class Chromium {
  private next = 0
  private readonly waiting = new Map<number, (reply: Reply) => void>()
  private readonly listeners = new Set<(reply: Reply) => void>()
  private rest = ''
  private session: string | undefined

  private constructor(
    private readonly process: ChildProcess,
    private readonly directory: string,
  ) {
    const from = process.stdio[4] as Readable
    from.setEncoding('utf8')
    from.on('data', (text: string) => {
      const parts = (this.rest + text).split('\0')
      this.rest = parts.pop() ?? ''
      for (const part of parts) this.take(JSON.parse(part) as Reply)
    })
  }

  static async start(path: string): Promise<Chromium> {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-chromium-'))
    const process = spawn(path, [...flags, `--user-data-dir=${directory}`], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
    const browser = new Chromium(process, directory)
    const { targetId } = await browser.call('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await browser.call('Target.attachToTarget', { targetId, flatten: true })
    browser.session = String(sessionId)
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await browser.call(`${domain}.enable`)
    return browser
  }

  private take(reply: Reply): void {
    if (reply.id !== undefined) this.waiting.get(reply.id)?.(reply)
    else for (const listener of this.listeners) listener(reply)
  }

  call(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.next
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer within 10 s`)), 10_000)
      this.waiting.set(id, (reply) => {
        clearTimeout(timer)
        this.waiting.delete(id)
        if (reply.error) reject(new Error(`${method}: ${reply.error.message}`))
        else resolve(reply.result ?? {})
      })
      const to = this.process.stdio[3] as Writable
      to.write(`${JSON.stringify({ id, method, params, ...(this.session ? { sessionId: this.session } : {}) })}\0`)
    })
  }

  /** Opens a page and returns every complaint and every request that it made until it had loaded. */
  async open(url: string): Promise<{ complaints: string[]; requests: string[] }> {
    const complaints: string[] = []
    const requests: string[] = []
    let loaded: () => void = () => {}
    const load = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${url} did not load within 10 s`)), 10_000)
      loaded = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    const listener = ({ method, params = {} }: Reply): void => {
      if (method === 'Page.loadEventFired') loaded()
      if (method === 'Network.requestWillBeSent') requests.push((params.request as { url: string }).url)
      if (method === 'Log.entryAdded') complaints.push(JSON.stringify((params.entry as { text: string }).text))
      if (method === 'Runtime.exceptionThrown' || method === 'Runtime.consoleAPICalled') complaints.push(JSON.stringify(params))
    }
    this.listeners.add(listener)
    try {
      await this.call('Page.navigate', { url })
      await load
      await new Promise((resolve) => setTimeout(resolve, 200))
      return { complaints, requests }
    } finally {
      this.listeners.delete(listener)
    }
  }

  /** Value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call('Runtime.evaluate', { expression, returnByValue: true })
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails))
    return (result as { value: T }).value
  }

  async media(media: 'screen' | 'print', scheme: 'light' | 'dark'): Promise<void> {
    await this.call('Emulation.setEmulatedMedia', { media, features: [{ name: 'prefers-color-scheme', value: scheme }] })
  }

  async width(width: number): Promise<void> {
    await this.call('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false })
  }

  async stop(): Promise<void> {
    // Asked, it ends its helper processes too; killed, it leaves that to them.
    const ended = once(this.process, 'exit', { signal: AbortSignal.timeout(5000) }).catch(() => endChild(this.process))
    await this.call('Browser.close').catch(() => endChild(this.process))
    await ended
    // Helper processes of the browser may still hold files for a moment.
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
