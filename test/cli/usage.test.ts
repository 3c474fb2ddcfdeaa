import { describe, expect, it } from 'vitest'
import { cli } from './terminal.js'

describe('wrong usage ends in one message with code and remedy, status 2, nothing on stdout', () => {
  const cases: [string[], string, string][] = [
    [['stats'], 'Q4901', 'quorate status'],
    [['kubeclt', 'get', 'pods'], 'Q4901', 'quorate kubectl'],
    [['config', 'validat'], 'Q4901', 'quorate config validate'],
    [['up', '--surce', 'modules'], 'Q4902', '--source'],
    [['--frobnicate'], 'Q4902', 'quorate --help'],
    [['up', '--source', 'modul'], 'Q4903', '"modules"'],
    [['up', '--source'], 'Q4903', 'needs a value'],
    [['up', 'a.yaml', 'b.yaml'], 'Q4903', '"b.yaml" is one argument too many'],
    [['status', '--interval', 'soon'], 'Q4903', 'seconds'],
    [['status', '--interval', '0'], 'Q4903', 'seconds'],
    [['status', '-o', 'tabel'], 'Q4903', '--output'],
    [['ssh'], 'Q4903', 'machine is missing'],
    [['completion', 'tcsh'], 'Q4903', 'bash'],
    [['explain', 'Q99'], 'Q4904', 'quorate explain'],
    [['apply'], 'Q4905', 'quorate init'],
  ]
  it.each(cases)('%j', async (argv, code, hint) => {
    const { status, out, err } = await cli(argv)
    expect(status).toBe(2)
    expect(out).toBe('')
    expect(err).toContain(`error ${code}:`)
    expect(err).toContain(hint)
    expect(err).toContain(`quorate explain ${code}`)
  })
})

describe('words for another program', () => {
  it('pass through kubectl untouched, also flags that look like ours', async () => {
    let seen: readonly string[] = []
    const { status } = await cli(['kubectl', 'get', 'pods', '-o', 'wide', '--help', '-q', '--', 'x'], {
      verbs: {
        kubectl: async (_file, args) => {
          seen = args
          return 7
        },
      },
    })
    expect(seen).toEqual(['get', 'pods', '-o', 'wide', '--help', '-q', '--', 'x'])
    expect(status).toBe(7)
  })

  it('take flags of ours only before the first word', async () => {
    let asked: unknown
    await cli(['ssh', '--file', 'prod.yaml', 'cp-1', 'ls', '--file', 'x'], {
      verbs: {
        ssh: async (file, machine, command) => {
          asked = { file, machine, command }
          return 0
        },
      },
    })
    expect(asked).toEqual({ file: 'prod.yaml', machine: 'cp-1', command: ['ls', '--file', 'x'] })
  })

  it('take a command for a machine after two hyphens too, as problems tell it', async () => {
    let asked: unknown
    await cli(['ssh', 'cp-1', '--', 'journalctl', '-u', 'kubelet', '-n', '50'], {
      verbs: {
        ssh: async (_file, machine, command) => {
          asked = { machine, command }
          return 0
        },
      },
    })
    expect(asked).toEqual({ machine: 'cp-1', command: ['journalctl', '-u', 'kubelet', '-n', '50'] })
  })
})

describe('the file that is meant', () => {
  const fileSeen = async (argv: string[], env: Record<string, string> = {}) => {
    let seen: string | undefined = 'nothing'
    await cli(argv, {
      host: { env },
      verbs: {
        check: async (file) => {
          seen = file
          return []
        },
      },
    })
    return seen
  }
  it('is the argument, then QUORATE_FILE, then the built-in cluster', async () => {
    expect(await fileSeen(['check', 'a.yaml'], { QUORATE_FILE: 'b.yaml' })).toBe('a.yaml')
    expect(await fileSeen(['check'], { QUORATE_FILE: 'b.yaml' })).toBe('b.yaml')
    expect(await fileSeen(['check'])).toBeUndefined()
  })
})
