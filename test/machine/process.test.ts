import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pasteable, runProcess, shellQuote } from '../../src/machine/process.js'
import { packageFile } from '../../src/package.js'
import { faultOf } from './contract.js'

describe('a word for the shell', () => {
  it('is read back as it was, whatever is in it', async () => {
    const word = fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\0', ''))
    const words = fc.sample(word, { numRuns: 300, seed: 7 })
    const { stdout } = await runProcess(['sh', '-c', `printf '%s\\0' ${pasteable(words)}`])
    expect(stdout.split('\0').slice(0, -1)).toEqual(words)
  })

  it('is left as it is where it needs no quotes', () => {
    expect(['a-b_c', '/etc/x.conf', 'k=v', '', "it's"].map(shellQuote)).toEqual(['a-b_c', '/etc/x.conf', 'k=v', "''", "'it'\\''s'"])
  })
})

describe('a program on this computer', () => {
  it('that does not exist, or fails, ends in Q3001 with a command line that can be pasted', async () => {
    expect((await faultOf(runProcess(['/no/such program', 'x']))).problem).toMatchObject({
      code: 'Q3001',
      data: { exit: 127, command: "'/no/such program' x" },
    })
    expect((await faultOf(runProcess(['sh', '-c', 'echo out; exit 2']))).problem.data).toMatchObject({ exit: 2, stderr: 'out' })
    expect((await runProcess(['sh', '-c', 'kill -TERM $$'], { allowFailure: true })).exit).toBe(143)
  })

  it('that fills the disk ends in Q3012', async () => {
    const { problem } = await faultOf(runProcess(['sh', '-c', 'head -c 9 /dev/zero > /dev/full']))
    expect(problem).toMatchObject({ code: 'Q3012', data: { said: expect.stringContaining('No space left on device') } })
  })

  it('is ended at its deadline with all that it started', async () => {
    const startedMs = performance.now()
    const { problem } = await faultOf(runProcess(['sh', '-c', 'sleep 16.1803 & echo $!; wait'], { timeoutMs: 200 }))
    expect(problem).toMatchObject({ code: 'Q3002', data: { timeoutMs: 200 } })
    expect(performance.now() - startedMs).toBeLessThan(1900)
    const { stdout } = await runProcess(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" "\\n" | grep -c "^16.1803$" || true'])
    expect(stdout).toBe('0\n')
  })

  it('is given up at its deadline although its output is held open by a process that left its group', async () => {
    const startedMs = performance.now()
    const { problem } = await faultOf(runProcess(['sh', '-c', 'setsid sleep 5 & sleep 9'], { timeoutMs: 200 }))
    expect(problem.code).toBe('Q3002')
    expect(performance.now() - startedMs).toBeLessThan(1900)
  })

  it('is given up at its deadline also when its output ends soon after', async () => {
    const { problem } = await faultOf(runProcess(['sh', '-c', 'setsid sleep 0.7 & exit 0'], { timeoutMs: 300 }))
    expect(problem).toMatchObject({ code: 'Q3002' })
  })

  it('is ended by the signal, with its reason', async () => {
    await expect(runProcess(['sleep', '9'], { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/)
    await expect(runProcess(['sleep', '9'], { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped')
  })

  it('does not outlive us', async () => {
    const { spawnSync } = await import('node:child_process')
    const built = packageFile('dist/machine/process.js')
    const script = `import { runProcess } from ${JSON.stringify(built)}
runProcess(['sh', '-c', 'echo $$; exec sleep 14.1421'], {}).catch(() => {})
setTimeout(() => process.exit(3), 300)`
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', script]).status).toBe(3)
    const { stdout } = await runProcess(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" "\\n" | grep -c "^14.1421$" || true'])
    expect(stdout).toBe('0\n')
  })
})
