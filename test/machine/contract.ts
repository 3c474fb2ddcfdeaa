import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Machine } from '../../src/machine/machine.js'
import { Fault } from '../../src/model/problem.js'

export interface Subject {
  machine: Machine
  /** Is there another side that runs the commands? A fake only answers. */
  real: boolean
  close(): Promise<void>
}

/** The code of the Fault that a promise ends in; the test fails when it ends otherwise. */
export const faultOf = async (work: Promise<unknown>): Promise<Fault> => {
  const ended = await work.then(
    (value) => value,
    (error: unknown) => error,
  )
  if (!(ended instanceof Fault)) throw new Error(`expected a Fault, got ${ended instanceof Error ? ended.stack : JSON.stringify(ended)}`)
  return ended
}

const hostile = [
  '',
  ' ',
  "it's",
  '"; touch /tmp/quorate-was-here; "',
  '$(touch /tmp/quorate-was-here)',
  '`id`',
  '$HOME',
  'a\nb',
  'back\\slash',
  '*',
  '-n',
  '~',
  'ü漢字',
  '!!',
  'a\tb',
]

/** What every kind of machine keeps, so that steps need not know which they have. */
export const machineContract = (kind: string, open: () => Promise<Subject>): void => {
  describe(`a machine: ${kind}`, { timeout: 60_000 }, () => {
    let subject: Subject
    let machine: Machine
    const dir = `/tmp/quorate-contract-${randomBytes(4).toString('hex')}`
    beforeAll(async () => {
      subject = await open()
      machine = subject.machine
    })
    afterAll(async () => {
      if (subject?.real) await machine.sh(`rm -rf ${dir}`)
      await subject?.close()
    })

    it('runs shell text and gives back what it said and how it ended', async () => {
      const result = await machine.sh('echo out; echo err >&2; exit 7', { allowFailure: true })
      expect(result).toMatchObject({ exit: 7, stdout: 'out\n', stderr: 'err\n' })
      expect(result.ms).toBeGreaterThanOrEqual(0)
    })

    it('throws Q3001 with command, status and last words when a command fails', async () => {
      const { problem } = await faultOf(machine.sh('echo why >&2; exit 3'))
      expect(problem).toMatchObject({ code: 'Q3001', machine: machine.name, data: { exit: 3, command: 'echo why >&2; exit 3' } })
      expect(String(problem.data.stderr)).toContain('why')
    })

    it('tells every exit status apart, also 255', async () => {
      for (const exit of [1, 126, 254, 255]) {
        const result = await machine.sh(`echo said >&2; exit ${exit}`, { allowFailure: true })
        expect(result).toMatchObject({ exit, stderr: 'said\n' })
      }
    })

    it('hands words over unchanged, whatever is in them', async () => {
      const result = await machine.exec(['printf', '%s\\0', ...hostile])
      expect(result.stdout.split('\0').slice(0, -1)).toEqual(hostile)
      expect((await machine.sh('ls /tmp/quorate-was-here', { allowFailure: true })).exit).not.toBe(0)
    })

    it('gives standard input to the command and none of its own text', async () => {
      expect((await machine.sh('cat; echo after')).stdout).toBe('after\n')
      const text = `${hostile.join('\n')}\nno newline at the end`
      expect((await machine.sh('cat; echo after', { stdin: text })).stdout).toBe(`${text}after\n`)
      const bytes = randomBytes(200_000)
      expect((await machine.sh('sha256sum | cut -d" " -f1; wc -c < /dev/null', { stdin: bytes })).stdout).toMatch(/^[0-9a-f]{64}\n0\n$/)
      expect((await machine.exec(['wc', '-c'], { stdin: bytes })).stdout.trim()).toBe('200000')
    })

    it('takes no notice of a command that does not read its input', async () => {
      expect((await machine.sh('echo done', { stdin: randomBytes(3_000_000) })).stdout).toBe('done\n')
    })

    it('refuses to begin once the signal has been given', async () => {
      await expect(machine.sh('true', { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped')
    })

    it('writes files once, with their mode, and says which', async () => {
      const files = [
        { path: `${dir}/plain`, content: hostile.join('\n') },
        { path: `${dir}/deep/er/secret key`, content: new Uint8Array([0, 1, 2, 255, 10, 0]), mode: 0o600 },
        { path: `${dir}/empty`, content: '', mode: 0o755 },
      ]
      expect((await machine.write(files)).sort()).toEqual(files.map((f) => f.path).sort())
      expect(await machine.write(files)).toEqual([])
      expect(await machine.read(`${dir}/plain`)).toBe(hostile.join('\n'))
      expect(await machine.read(`${dir}/empty`)).toBe('')
      expect(await machine.read(`${dir}/none`)).toBeUndefined()
      const [plain, secret, empty] = files as [(typeof files)[0], (typeof files)[0], (typeof files)[0]]
      expect(await machine.write([plain, { ...secret, mode: 0o640 }, { ...empty, content: 'x' }])).toEqual([secret.path, empty.path])
      expect(await machine.write([])).toEqual([])
    })
  })

  describe(`a machine with another side: ${kind}`, { timeout: 60_000 }, () => {
    let subject: Subject
    let machine: Machine
    const dir = `/tmp/quorate-contract-${randomBytes(4).toString('hex')}`
    beforeAll(async () => {
      subject = await open()
      machine = subject.machine
    })
    afterAll(async () => {
      if (subject?.real) await machine.sh(`rm -rf ${dir}`)
      await subject?.close()
    })
    const processes = async (mark: string): Promise<number> =>
      Number((await machine.sh(`cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c '^${mark}$' || true`)).stdout)

    it('ends the other side too when the deadline passes', async (context) => {
      if (!subject.real) return context.skip('nothing runs behind a fake')
      const script = `sleep 31.4159 & sh -c 'sleep 31.4159; true' & sleep 31.4159`
      const startedMs = performance.now()
      const { problem } = await faultOf(machine.sh(script, { timeoutMs: 400 }))
      expect(problem).toMatchObject({ code: 'Q3002', machine: machine.name, data: { command: script, timeoutMs: 400 } })
      expect(performance.now() - startedMs).toBeLessThan(5000)
      expect(await processes('31\\.4159')).toBe(0)
    })

    it('ends the other side too when the signal is given', async (context) => {
      if (!subject.real) return context.skip('nothing runs behind a fake')
      const stop = new AbortController()
      setTimeout(() => stop.abort(new Error('stopped')), 300)
      await expect(machine.sh('sleep 27.1828; echo late', { signal: stop.signal })).rejects.toThrow('stopped')
      expect(await processes('27\\.1828')).toBe(0)
    })

    it('cuts what is printed beyond all measure, and goes on', async (context) => {
      if (!subject.real) return context.skip('a fake prints what it is told')
      const result = await machine.sh('head -c 40000000 /dev/zero | tr "\\0" a; echo end >&2')
      expect(result.stdout.length).toBe(32 * 1024 * 1024)
      expect(result).toMatchObject({ exit: 0, stderr: 'end\n' })
    })

    it('gives standard error line by line while the command runs', async (context) => {
      if (!subject.real) return context.skip('a fake has ended when it answers')
      const lines: [string, number][] = []
      const startedMs = performance.now()
      await machine.sh('echo one >&2; sleep 0.4; printf "tw" >&2; printf "ö\\nthree" >&2', {
        onLine: (line) => lines.push([line, performance.now() - startedMs]),
      })
      expect(lines.map(([line]) => line)).toEqual(['one', 'twö', 'three'])
      expect((lines[2]?.[1] ?? 0) - (lines[0]?.[1] ?? 0)).toBeGreaterThan(300)
    })

    it('never shows input or script in a process list', async (context) => {
      if (!subject.real) return context.skip('nothing runs behind a fake')
      const secret = `s3cret${randomBytes(6).toString('hex')}`
      // printf is the shell's own, and the search knows its word from a file: neither shows it by itself.
      const search = `cat > /dev/null; f=$(mktemp); printf %s ${secret} > $f
cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -cFf $f; rm $f`
      expect((await machine.sh(search, { stdin: secret })).stdout.trim()).toBe('0')
    })

    it('writes whole files or none, for root, and never through a link', async (context) => {
      if (!subject.real) return context.skip('a fake has no disk')
      const path = `${dir}/config`
      await machine.sh(
        `mkdir -p ${dir}; echo target > ${dir}/target; ln -s target ${path}; echo left > ${dir}/.config.quorate-new; chmod 666 ${dir}/.config.quorate-new`,
      )
      expect(await machine.write([{ path, content: 'key\n', mode: 0o600 }])).toEqual([path])
      const shown = await machine.sh(`stat -c '%F %a %u:%g' ${path}; cat ${dir}/target; ls -A ${dir}`)
      expect(shown.stdout).toBe('regular file 600 0:0\ntarget\nconfig\ntarget\n')
      // Another owner is a difference too; the inode says whether the file was replaced.
      const inode = async (): Promise<string> => (await machine.sh(`stat -c %i ${path}`)).stdout
      const before = await inode()
      expect(await machine.write([{ path, content: 'key\n', mode: 0o600 }])).toEqual([])
      expect(await inode()).toBe(before)
      await machine.sh(`chown 1:1 ${path}`)
      expect(await machine.write([{ path, content: 'key\n', mode: 0o600 }])).toEqual([path])
    })

    it('writes nothing at all when the disk is full, and says so', async (context) => {
      if (!subject.real) return context.skip('a fake has no disk')
      await machine.sh(`mkdir -p ${dir}/full && mount -t tmpfs -o size=64k tmpfs ${dir}/full && echo old > ${dir}/full/a`)
      const files = [
        { path: `${dir}/full/a`, content: 'new\n' },
        { path: `${dir}/full/b`, content: 'x'.repeat(200_000) },
      ]
      const { problem } = await faultOf(machine.write(files))
      const left = await machine.sh(`cat ${dir}/full/a; ls -A ${dir}/full; umount ${dir}/full`)
      expect(problem).toMatchObject({ code: 'Q3012', machine: machine.name })
      expect(String(problem.data.command)).toContain(`${dir}/full/a`)
      expect(left.stdout).toBe('old\na\n')
    })

    it('uploads a file whole, and leaves nothing of one that failed', async (context) => {
      if (!subject.real) return context.skip('a fake has no disk')
      const here = mkdtempSync(join(tmpdir(), 'q-upload-'))
      const local = join(here, 'local')
      const bytes = randomBytes(5_000_000)
      writeFileSync(local, bytes)
      const place = `${dir}/up/it's there`
      let sent = 0
      const onProgress = (count: number): void => {
        sent = count
      }
      await machine.upload(local, place, { mode: 0o755, onProgress })
      const there = await machine.sh(`sha256sum < "${place}"; stat -c '%a %s' "${place}"; ls -A ${dir}/up`)
      expect(there.stdout).toBe(`${createHash('sha256').update(bytes).digest('hex')}  -\n755 ${bytes.length}\nit's there\n`)
      expect(sent).toBe(bytes.length)

      await machine.sh(`mkdir -p ${dir}/full && mount -t tmpfs -o size=64k tmpfs ${dir}/full`)
      const { problem } = await faultOf(machine.upload(local, `${dir}/full/file`))
      const left = await machine.sh(`ls -A ${dir}/full; umount ${dir}/full`)
      expect(problem).toMatchObject({ code: 'Q3012', machine: machine.name })
      expect(left.stdout).toBe('')
      await expect(machine.upload(local, `${dir}/x`, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped')
      rmSync(here, { recursive: true })
    })
  })
}
