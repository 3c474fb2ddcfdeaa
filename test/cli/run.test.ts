import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/table.js'
import { Fault, fault, problem } from '../../src/model/problem.js'
import { brokenCheck, sampleChecks, sampleResult } from './sample.js'
import { cli, recorder } from './terminal.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

describe('help', () => {
  it('of every command teaches: purpose, usage, examples, what it changes, exit statuses', async () => {
    for (const spec of commands) {
      const { status, out, err } = await cli([...spec.path.split(' '), '--help'])
      expect(status, spec.path).toBe(0)
      expect(err).toBe('')
      for (const part of [
        spec.summary,
        `quorate ${spec.path}`,
        'Examples',
        'What it changes',
        'Exit status',
        ...spec.examples.map((one) => one.run),
      ]) {
        expect(out, spec.path).toContain(part)
      }
      expect(Math.max(...out.split('\n').map((line) => line.length)), spec.path).toBeLessThanOrEqual(100)
    }
  })

  it('without words is the first page and status 0', async () => {
    const { status, out } = await cli([])
    expect(status).toBe(0)
    for (const word of new Set(commands.map((one) => one.path.split(' ')[0] ?? ''))) expect(out).toContain(`  ${word} `)
    expect((await cli(['--help'])).out).toBe(out)
  })

  it('has no summary that ends in a full stop, and no two commands of one name', () => {
    expect(commands.filter((one) => one.summary.endsWith('.'))).toEqual([])
    expect(new Set(commands.map((one) => one.path)).size).toBe(commands.length)
  })
})

describe('exit status', () => {
  it('of up is 0 when all claims hold and 4 when one does not', async () => {
    expect((await cli(['up'])).status).toBe(0)
    const broken = await cli(['up'], { verbs: { up: async () => ({ ...sampleResult, checks: [brokenCheck] }) } })
    expect(broken.status).toBe(4)
    expect(broken.out).toContain('lb-1 and lb-2 both carry 10.99.0.10')
  })

  it('of check is 4 also when a claim could not be seen', async () => {
    const unseen = { ...brokenCheck, verdict: 'Unknown' as const }
    expect((await cli(['check'], { verbs: { check: async () => [...sampleChecks, unseen] } })).status).toBe(4)
  })

  it('of plan --exit-code is 3 with work to do, 0 without, and 1 when a step is blocked', async () => {
    const step = { id: 'a/b/c', stage: 's', title: 't', needs: [], lane: 'any' as const, risk: 'none' as const, awaits: false }
    const planned = (state: 'done' | 'todo' | 'blocked') => ({
      plan: async () => ({
        cluster: sampleResult.cluster,
        plan: { v: 1 as const, cluster: 'demo', stages: [{ id: 's', title: 'S' }], steps: [{ ...step, state }] },
      }),
    })
    expect((await cli(['plan', '--exit-code'], { verbs: planned('todo') })).status).toBe(3)
    expect((await cli(['plan'], { verbs: planned('todo') })).status).toBe(0)
    expect((await cli(['plan', '--exit-code'], { verbs: planned('done') })).status).toBe(0)
    expect((await cli(['plan', '--exit-code'], { verbs: planned('blocked') })).status).toBe(1)
  })

  it('of an interrupted command is 130, with or without an error on the way out', async () => {
    const controller = new AbortController()
    const stopped = {
      up: async () => {
        controller.abort()
        return sampleResult
      },
    }
    expect((await cli(['up'], { verbs: stopped, host: { signal: controller.signal } })).status).toBe(130)
    const thrown = {
      up: async (): Promise<never> => {
        throw new DOMException('stopped', 'AbortError')
      },
    }
    const result = await cli(['up'], { verbs: thrown, host: { signal: controller.signal } })
    expect(result.status).toBe(130)
    expect(result.err).not.toContain('Q4999')
  })

  it('of an error nobody foresaw is 1, and the message says so', async () => {
    const { status, err } = await cli(['up'], {
      verbs: {
        up: async () => {
          throw new Error('the sky fell')
        },
      },
    })
    expect(status).toBe(1)
    expect(err).toContain('Q4999')
    expect(err).toContain('the sky fell')
  })
})

describe('problems', () => {
  it('show the line of the file with a mark under the word, all of them, errors deciding the status', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-cli-'))
    folders.push(folder)
    writeFileSync(join(folder, 'c.yaml'), 'spec:\n  machines:\n  - { name: a, adress: 10.0.0.1 }\n')
    const at = { file: 'c.yaml', line: 3, column: 16, path: 'spec.machines[0].adress' }
    const faults = [
      fault('Q4903', { command: 'x', what: 'first', remedy: 'one' }, { at }),
      new Fault(problem('Q4905', { command: 'second' }, { machine: 'lb-1' })),
    ]
    const { status, err } = await cli(['up'], {
      verbs: {
        up: async () => {
          throw new AggregateError(faults)
        },
      },
      host: { cwd: folder },
    })
    expect(status).toBe(2)
    expect(err).toContain('c.yaml:3:16  spec.machines[0].adress')
    expect(err).toContain('     3 |   - { name: a, adress: 10.0.0.1 }\n       |                ^^^^^^\n')
    expect(err).toContain('first')
    expect(err).toContain('lb-1: quorate second')
    expect(err).toContain('more: quorate explain Q4903, quorate explain Q4905')
  })

  it('of several machines are told once', async () => {
    const on = (machine: string) => fault('Q4907', { file: '/x', reason: 'full' }, { machine })
    const { err } = await cli(['up'], {
      verbs: {
        up: async () => {
          throw new AggregateError([on('a'), on('b'), on('a'), fault('Q4905', { command: 'up' })])
        },
      },
    })
    expect(err.match(/Q4907:/g)).toHaveLength(1)
    expect(err).toContain('a, b: /x: full')
    expect(err).toContain('error Q4905:')
  })

  it('show what led to them only with --verbose', async () => {
    const verbs = {
      up: async () => {
        throw fault('Q4905', { command: 'up' }, { cause: new Error('the deeper reason') })
      },
    }
    expect((await cli(['up'], { verbs })).err).not.toContain('the deeper reason')
    expect((await cli(['up', '--verbose'], { verbs })).err).toContain('the deeper reason')
  })
})

describe('output', () => {
  it('json and yaml hold the whole value and nothing else', async () => {
    const json = await cli(['up', '-o', 'json'])
    expect(JSON.parse(json.out)).toEqual(JSON.parse(JSON.stringify(sampleResult)))
    const { parse } = await import('yaml')
    expect(parse((await cli(['up', '-o', 'yaml'])).out)).toEqual(JSON.parse(JSON.stringify(sampleResult)))
  })

  it('events are one JSON object a line on stdout, numbered, and nothing else', async () => {
    const { out, err } = await cli(['up', '--output', 'events'], {
      verbs: {
        up: async (_file, { emit }) => {
          emit({ type: 'run.started', verb: 'up', cluster: 'demo', machines: ['a'], steps: 1 })
          emit({ type: 'note', level: 'info', text: 'one\ntwo' })
          return sampleResult
        },
      },
    })
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.map((one) => [one.v, one.seq, one.type])).toEqual([
      [1, 0, 'run.started'],
      [1, 1, 'note'],
    ])
    expect(err).toBe('')
  })

  it('has colours only where they are wanted', async () => {
    const terminal = (env: Record<string, string>, argv: string[] = []) => {
      const out = recorder({ isTTY: true, columns: 80 })
      return cli(['status', ...argv], { host: { out, env } }).then(() => out.text().includes('\x1b['))
    }
    expect(await terminal({})).toBe(true)
    expect(await terminal({ NO_COLOR: '1' })).toBe(false)
    expect(await terminal({ NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false)
    expect(await terminal({ TERM: 'dumb' })).toBe(false)
    expect(await terminal({}, ['--no-color'])).toBe(false)
    expect((await cli(['status'])).out).not.toContain('\x1b[')
    expect((await cli(['status'], { host: { env: { FORCE_COLOR: '1' } } })).out).toContain('\x1b[')
  })

  it('names are type/name, one a line', async () => {
    expect((await cli(['down', '-o', 'name'])).out).toBe('machine/lb-1\nmachine/w-1\n')
    expect((await cli(['status', '-o', 'name'])).out.split('\n')[0]).toBe('machine/lb-1')
  })

  it('--quiet leaves results and takes progress', async () => {
    const { out, err } = await cli(['down', '--quiet'])
    expect(out).toBe('machine/lb-1 removed\nmachine/w-1 removed\n')
    expect(err).toBe('')
  })
})
