import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { initText } from '../../src/config/init.js'
import { loadCluster, loadClusterFile } from '../../src/config/load.js'
import { describe as words } from '../../src/model/codes.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-load-'))
afterAll(() => rmSync(folder, { recursive: true }))
const text = initText({ name: 'demo', controlPlanes: 3, workers: 0, balancers: 0, zones: 3 })

describe('loadClusterFile', () => {
  const reasonOf = async (file: string): Promise<string> => {
    const { cluster, problems } = await loadClusterFile(file)
    expect(cluster).toBeUndefined()
    expect(problems.map((p) => p.code)).toEqual(['Q1009'])
    return problems.map((p) => words(p).message).join()
  }

  it('says that there is no such file', async () => {
    expect(await reasonOf(join(folder, 'no.yaml'))).toMatch(/there is no such file$/)
  })

  it('says that it is a directory', async () => {
    expect(await reasonOf(folder)).toMatch(/it is a directory$/)
  })

  it('says that it is no text', async () => {
    writeFileSync(join(folder, 'bytes.yaml'), Buffer.from([0x6e, 0xff, 0xfe, 0x00]))
    expect(await reasonOf(join(folder, 'bytes.yaml'))).toMatch(/it is not UTF-8 text$/)
  })

  it('reads a byte order mark and lines that end in CR LF', async () => {
    writeFileSync(join(folder, 'windows.yaml'), `\uFEFF${text.replaceAll('\n', '\r\n')}`)
    const { cluster, problems } = await loadClusterFile(join(folder, 'windows.yaml'))
    expect(problems).toEqual([])
    expect(cluster?.machines).toHaveLength(3)
  })

  it('takes paths from the folder of the file, or from the home', async () => {
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'sub', 'cni.yaml'), 'kind: List\n')
    const file = join(folder, 'sub', 'a.yaml')
    writeFileSync(
      file,
      text
        .replace('plugin: routed', 'plugin: { manifest: ./cni.yaml }')
        .replace('  machines:\n', '  ssh: { identityFile: ~/.ssh/absent-key }\n  machines:\n'),
    )
    const { cluster, problems } = await loadClusterFile(file)
    expect(cluster?.network.plugin).toEqual({ kind: 'manifest', path: join(folder, 'sub', 'cni.yaml') })
    expect(cluster?.machines[0]?.ssh).toEqual({ user: 'root', port: 22, identityFile: join(homedir(), '.ssh/absent-key') })
    expect(problems.map((p) => `${p.severity} ${p.code} ${p.at?.path}`)).toEqual(['warning Q1802 spec.ssh.identityFile'])
  })
})

describe('loadCluster', () => {
  it('follows anchors and merges nothing silently', () => {
    const { cluster, problems } = loadCluster(text.replace('zone: a', 'zone: &z a').replace('zone: b', 'zone: *z'), 'x.yaml')
    expect(problems.map((p) => p.code)).toEqual(['Q1502'])
    expect(cluster?.machines[1]?.zone).toBe('a')
  })

  it('refuses aliases that grow without end', () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'.replace(/./g, (c) => {
      const before = String.fromCharCode(c.charCodeAt(0) - 1)
      return `${c}: &${c} [${Array(9).fill(`*${before}`).join(', ')}]\n`
    })}`
    expect(loadCluster(bomb, 'x.yaml').problems.map((p) => p.code)).toEqual(['Q1001'])
  })

  it('tells the problems of one stage together, in the order of the file', () => {
    const { problems } = loadCluster(
      text.replace('name: cp-3', 'name: cp-1').replace('10.99.0.10', '10.99.0.21').replace('name: demo', 'name: Demo'),
      'x.yaml',
    )
    expect(problems.map((p) => p.code)).toEqual(['Q1101', 'Q1201', 'Q1102'])
    const lines = problems.map((p) => p.at?.line ?? 0)
    expect(lines).toEqual([...lines].sort((a, b) => a - b))
  })

  it('never throws, whatever a line is replaced by', () => {
    const lines = text.split('\n')
    for (const junk of ['', ':', '  - ', '{', ']', '? a', '- - -', '<<: *x', '!!binary x', '"', 'a: b: c', '\t']) {
      for (let i = 0; i < lines.length; i++) {
        const { cluster, problems } = loadCluster([...lines.slice(0, i), junk, ...lines.slice(i + 1)].join('\n'), 'x.yaml')
        expect(cluster !== undefined || problems.some((p) => p.severity === 'error')).toBe(true)
      }
    }
  })
})
