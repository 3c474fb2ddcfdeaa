import { loaders } from '../../src/cli/load.js'
import { type Host, runCli } from '../../src/cli/run.js'
import type { Verbs } from '../../src/cli/verbs.js'
import { fault } from '../../src/model/problem.js'
import { sampleChecks, sampleCluster, sampleObserved, sampleResult } from './sample.js'

/** A stream that remembers what was written. */
export const recorder = (rest: { isTTY?: boolean; columns?: number; rows?: number } = {}) => {
  const texts: string[] = []
  return { ...rest, write: (text: string) => texts.push(text), text: () => texts.join('') }
}

/** What a terminal shows after these bytes: only what our own drawing uses (move up, clear, return, newline, colours). */
export const screenOf = (bytes: string, columns: number, rows: number): { screen: string[]; history: string[] } => {
  const history: string[] = []
  let screen: string[] = Array.from({ length: rows }, () => '')
  let x = 0
  let y = 0
  const put = (character: string) => {
    if (x >= columns) newline()
    const line = (screen[y] ?? '').padEnd(x)
    screen[y] = line.slice(0, x) + character + line.slice(x + 1)
    x++
  }
  const newline = () => {
    x = 0
    y++
    if (y < rows) return
    history.push(screen.shift() ?? '')
    screen.push('')
    y = rows - 1
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with the control character ESC
  for (const part of bytes.match(/\x1b\[[0-9;?]*[A-Za-z]|[\s\S]/gu) ?? []) {
    if (part === '\n') newline()
    else if (part === '\r') x = 0
    else if (!part.startsWith('\x1b[')) put(part)
    else if (part.endsWith('A')) y = Math.max(0, y - Number(part.slice(2, -1)))
    else if (part.endsWith('K')) screen[y] = (screen[y] ?? '').slice(0, x)
    else if (part.endsWith('J')) screen = screen.map((line, i) => (i < y ? line : i === y ? line.slice(0, x) : ''))
    else if (part.endsWith('H')) [x, y] = [0, 0]
  }
  return { screen: screen.map((line) => line.trimEnd()), history: history.map((line) => line.trimEnd()) }
}

const missing = (): never => {
  throw fault('Q4999', { reason: 'this test gave no such verb' })
}

/** Verbs that answer with the sample cluster; a test replaces the one it looks at. */
export const sampleVerbs = (replaced: Partial<Verbs> = {}): Verbs => ({
  plan: async () => ({ cluster: sampleCluster, plan: { v: 1, cluster: 'demo', stages: [], steps: [] } }),
  up: async () => sampleResult,
  apply: async () => sampleResult,
  down: async () => ({ removed: ['lb-1', 'w-1'], ms: 900 }),
  status: async () => ({ cluster: sampleCluster, observed: sampleObserved(), checks: sampleChecks }),
  check: async () => sampleChecks,
  machines: async () => [],
  kubeconfig: async () => ({ path: '/tmp/kubeconfig', text: 'apiVersion: v1\n' }),
  ssh: missing,
  kubectl: missing,
  drill: missing,
  heal: missing,
  judge: missing,
  planFaults: missing,
  ...replaced,
})

/** Runs one command line in this process, with streams that are remembered. */
export const cli = async (argv: string[], rest: { verbs?: Partial<Verbs>; host?: Partial<Host> } = {}) => {
  const out = recorder()
  const err = recorder()
  const status = await runCli(argv, {
    out,
    err,
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    nowMs: Date.now,
    load: { ...loaders, verbs: async () => sampleVerbs(rest.verbs) },
    ...rest.host,
  })
  return { status, out: out.text(), err: err.text() }
}
