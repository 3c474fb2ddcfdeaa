import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
let clone = ''

/** A clone in small: the real wrapper and scripts, one source file, the real compiler; `npm` is a stand-in that counts its calls. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'quorate-clone-'))
  const folders = ['scripts', 'src/cli', 'bin']
  for (const folder of folders) mkdirSync(join(clone, folder), { recursive: true })
  for (const file of ['quorate', 'scripts/prepare', 'scripts/bundle-programs.mjs', 'tsconfig.build.json'])
    copyFileSync(join(root, file), join(clone, file))
  writeFileSync(join(clone, 'package.json'), '{"type":"module"}')
  writeFileSync(join(clone, 'package-lock.json'), '{}')
  writeFileSync(join(clone, 'tsconfig.json'), '{"compilerOptions":{"module":"NodeNext","target":"ES2022","types":[]},"include":["src"]}')
  writeFileSync(join(clone, 'src/cli/main.ts'), mainSaying('one'))
  const npm = `#!/bin/sh
echo "$*" >>"${clone}/npm-calls"
mkdir -p node_modules/.bin && ln -sf "${root}/node_modules/typescript/bin/tsc" node_modules/.bin/tsc &&
  ln -sfn "${root}/node_modules/rolldown" node_modules/rolldown && echo '{}' >node_modules/.package-lock.json
`
  writeFileSync(join(clone, 'bin/npm'), npm)
  chmodSync(join(clone, 'bin/npm'), 0o755)
})
afterEach(() => rmSync(clone, { recursive: true, force: true }))

const mainSaying = (word: string): string =>
  `declare const process: { argv: string[]; exitCode: number }\nconsole.log('${word}', process.argv.slice(2).join('|'))\nif (process.argv[2] === 'fail') process.exitCode = 4\n`

const env = () => ({ PATH: `${join(clone, 'bin')}${delimiter}${process.env.PATH}`, HOME: process.env.HOME ?? '/' })
const run = (args: string[] = [], more: Record<string, string> = {}, cwd = clone): SpawnSyncReturns<string> =>
  spawnSync(join(clone, 'quorate'), args, { encoding: 'utf8', cwd, env: { ...env(), ...more } })
const touch = (file: string, seconds: number) => utimesSync(join(clone, file), Date.now() / 1000 + seconds, Date.now() / 1000 + seconds)
const npmCalls = () =>
  existsSync(join(clone, 'npm-calls')) ? spawnSync('cat', [join(clone, 'npm-calls')], { encoding: 'utf8' }).stdout : ''

describe('./quorate on a fresh clone', () => {
  it('installs, compiles, says so on stderr, and passes arguments and status on', () => {
    const first = run(['fail', 'a b', '--c'])
    expect(first.stdout).toBe('one fail|a b|--c\n')
    expect(first.status).toBe(4)
    expect(first.stderr).toContain('installing Node packages')
    expect(first.stderr).toContain('compiling')
    expect(npmCalls()).toMatch(/^ci --include=dev/)
    expect(readdirSync(join(clone, '.quorate')).filter((name) => name.startsWith('dist'))).toEqual([])
  })

  it('does nothing the second time, from any folder and through a link', () => {
    run()
    const second = run(['x'])
    expect([second.stdout, second.stderr]).toEqual(['one x\n', ''])
    symlinkSync(join(clone, 'quorate'), join(clone, 'bin/q'))
    const linked = spawnSync(join(clone, 'bin/q'), ['y'], { encoding: 'utf8', cwd: '/', env: env() })
    expect([linked.stdout, linked.stderr]).toEqual(['one y\n', ''])
  })

  it('compiles again after an edit and after a deletion, and leaves no stale file', () => {
    writeFileSync(join(clone, 'src/cli/extra.ts'), 'export const x = 1\n')
    run()
    expect(existsSync(join(clone, 'dist/cli/extra.js'))).toBe(true)
    writeFileSync(join(clone, 'src/cli/main.ts'), mainSaying('two'))
    touch('src/cli/main.ts', 5)
    expect(run().stdout).toBe('two \n')
    touch('src/cli/main.ts', -5)
    rmSync(join(clone, 'src/cli/extra.ts'))
    touch('src/cli', 5)
    run()
    expect(existsSync(join(clone, 'dist/cli/extra.js'))).toBe(false)
  })

  it('installs again when the lock file is newer', () => {
    run()
    touch('package-lock.json', 5)
    run()
    expect(npmCalls().trim().split('\n')).toHaveLength(2)
  })

  it('keeps the old program and fails when the sources do not compile', () => {
    run()
    writeFileSync(join(clone, 'src/cli/main.ts'), 'const x: number = "text"\n')
    touch('src/cli/main.ts', 5)
    const broken = run()
    expect(broken.status).toBe(1)
    expect(broken.stdout).toBe('')
    expect(broken.stderr).toContain('do not compile')
    expect(run([], { QUORATE_NO_BUILD: '1' }).stdout).toBe('one \n')
  })

  it('says which Node is needed when this one is too old', () => {
    writeFileSync(join(clone, 'bin/node'), '#!/bin/sh\necho 18.20.4\n')
    chmodSync(join(clone, 'bin/node'), 0o755)
    const old = run()
    expect(old.status).toBe(1)
    expect(old.stderr).toContain('Node 18.20.4 is too old: 20.19 or newer is needed')
    expect(npmCalls()).toBe('')
  })

  it('may be started several times at once: one prepares, the others wait', async () => {
    const runs = Array.from({ length: 3 }, () => {
      const child = spawn(join(clone, 'quorate'), ['z'], { env: env(), stdio: ['ignore', 'pipe', 'pipe'] })
      let out = ''
      child.stdout.on('data', (data) => {
        out += data
      })
      return new Promise<{ out: string; status: number | null }>((done) => child.on('close', (status) => done({ out, status })))
    })
    expect(await Promise.all(runs)).toEqual([1, 2, 3].map(() => ({ out: 'one z\n', status: 0 })))
    expect(npmCalls().trim().split('\n')).toHaveLength(1)
  })
})
