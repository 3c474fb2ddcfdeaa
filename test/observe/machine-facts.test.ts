import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Machine, RunOptions } from '../../src/machine/machine.js'
import { fault } from '../../src/model/problem.js'
import { addressesOf, carries, observeMachine, parseMachineFacts } from '../../src/observe/machine-facts.js'

/** This computer as a machine: the script runs in a real sh. */
const here: Machine = {
  name: 'here',
  address: '127.0.0.1',
  sh: (script: string, _options?: RunOptions) =>
    new Promise((resolve, reject) => {
      const child = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'pipe'] })
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', (part: Buffer) => {
        stdout += part
      })
      child.stderr.on('data', (part: Buffer) => {
        stderr += part
      })
      child.on('error', reject)
      child.on('close', (exit) => resolve({ exit: exit ?? 1, stdout, stderr, ms: 0 }))
      child.stdin.end(script)
    }),
} as unknown as Machine

describe('this computer', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "quorate facts' "))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('tells its facts in one go', async () => {
    const small = join(directory, 'small')
    const link = join(directory, 'link')
    const large = join(directory, 'large')
    await writeFile(small, 'content')
    await symlink(small, link)
    await writeFile(large, '')
    await truncate(large, 64 * 1024 * 1024)
    const facts = await observeMachine(here, {
      files: [small, link, large, join(directory, 'absent'), directory],
      exists: [large, '/nowhere'],
      units: ['nothing-of-that-name.service'],
    })
    const sum = createHash('sha256').update('content').digest('hex')
    expect(facts).toMatchObject({ machine: 'here', reachable: true, hostname: hostname() })
    expect(facts.error).toBeUndefined()
    expect(facts.files).toEqual({ [small]: sum, [link]: sum, [large]: 'present' })
    expect(facts.cpus).toBeGreaterThan(0)
    expect(facts.memoryBytes).toBeGreaterThan(64 * 1024 * 1024)
    expect(facts.diskFreeBytes).toBeGreaterThan(0)
    expect(facts.kernel).toMatch(/^\d+\.\d+/)
    expect(Math.abs(facts.clockSkewMs)).toBeLessThan(200)
  })

  it('tells the size of a large file instead of its sum', async () => {
    const large = join(directory, 'larger')
    await writeFile(large, '')
    await truncate(large, 64 * 1024 * 1024)
    const facts = await observeMachine(here, { files: [large], units: [] })
    expect(facts.files).toEqual({ [large]: `size-${64 * 1024 * 1024}` })
  })
})

describe('output of another machine', () => {
  const text = `clock 1700000000500000000
hostname cp-1
kernel 6.1.0
os Debian GNU/Linux 12 (bookworm)
online 0-1
memory 2048
disk 4096
ip [{"ifname":"lo","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]},{"ifname":"host0","addr_info":[{"family":"inet","local":"10.99.0.21","prefixlen":24},{"family":"inet","local":"10.99.0.10","prefixlen":24}]},{"ifname":"veth1"}]
ActiveState=active
Id=kubelet.service
Id=haproxy.service
ActiveState=failed
${'a'.repeat(64)}  /etc/with space
version kubelet v1.36.3
version etcd=3.6.16
something new
clock 1700000000700000000
`
  it('is read line by line', () => {
    const facts = parseMachineFacts('cp-1', text, 1_700_000_000_000, 1_700_000_000_200)
    expect(facts).toMatchObject({
      hostname: 'cp-1',
      os: 'Debian GNU/Linux 12 (bookworm)',
      cpus: 2,
      memoryBytes: 2048 * 1024,
      diskFreeBytes: 4096,
      clockSkewMs: 500,
      addresses: { lo: ['127.0.0.1/8'], host0: ['10.99.0.21/24', '10.99.0.10/24'] },
      units: { 'kubelet.service': 'active', 'haproxy.service': 'failed' },
      files: { '/etc/with space': 'a'.repeat(64) },
      versions: { kubelet: 'v1.36.3', etcd: '3.6.16' },
    })
    expect(carries(facts.addresses, '10.99.0.10')).toBe(true)
    expect(carries(facts.addresses, '10.99.0.1')).toBe(false)
  })

  it('may be cut anywhere', () => {
    for (let length = 0; length < text.length; length += 7) {
      expect(() => parseMachineFacts('cp-1', text.slice(0, length), 0, 1)).not.toThrow()
    }
    expect(addressesOf('{"not":"a list"}')).toEqual({})
  })
})

describe('a machine that does not answer', () => {
  const machine = (sh: Machine['sh']): Machine => ({ name: 'cp-1', address: '10.99.0.21', sh }) as unknown as Machine
  it('is not reachable, with the reason', async () => {
    const refused = machine(() => Promise.reject(fault('Q3010', { reason: 'connection refused' })))
    expect(await observeMachine(refused, { files: [], units: [] })).toMatchObject({ reachable: false, error: 'connection refused' })
    const garbled = machine(() => Promise.resolve({ exit: 255, stdout: '', stderr: 'banner\nssh: broken pipe\n', ms: 1 }))
    expect(await observeMachine(garbled, { files: [], units: [] })).toMatchObject({ reachable: false, error: 'ssh: broken pipe' })
  })

  it('does not hide that the caller stopped', async () => {
    const stop = AbortSignal.abort(new Error('stopped by hand'))
    const slow = machine(() => Promise.reject(new Error('aborted')))
    await expect(observeMachine(slow, { files: [], units: [] }, { signal: stop })).rejects.toThrow('stopped by hand')
  })
})
