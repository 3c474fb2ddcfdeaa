// Runs the stages of `npm test` one after another and adds up what passed, failed and was skipped. Lint and types count as tests.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { relative } from 'node:path'

const reports = '.quorate/test'
const minute = 60_000

/** Runs a program with our terminal; resolves with its exit status, or 124 when it had to be ended after `limitMs`. */
const run = (program, args, limitMs) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref()
    }, limitMs)
    child.on('error', (error) => {
      clearTimeout(timer)
      console.error(`${program}: ${error.message}`)
      resolve(127)
    })
    child.on('exit', (code) => {
      clearTimeout(timer)
      if (late) console.error(`${program} took longer than ${limitMs / minute} minutes and was ended`)
      resolve(late ? 124 : (code ?? 1))
    })
  })

/** A stage that is one test: it passes when the program ends with 0. */
const one = (program, args, limitMs) => async () => {
  const ok = (await run(program, args, limitMs)) === 0
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }
}

/** The report page is looked at in a browser: where we may install one there is one from here on, elsewhere its tests are skipped and say so. */
const browser = async () => {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get') || existsSync('/usr/bin/chromium')) return
  try {
    const { ensureHostPackages } = await import('../dist/bundle/host-packages.js')
    await ensureHostPackages(({ text }) => console.log(text), ['chromium'])
  } catch (error) {
    console.error(error.message)
  }
}

/** Tests against real programs find them here. */
const programsOfBundle = async () => {
  const [{ findBundle }, { defaults }] = await Promise.all([import('../dist/bundle/ready.js'), import('../dist/config/defaults.js')])
  const bundle = await findBundle({ kubernetesVersion: defaults.kubernetesVersion, metallb: false })
  if (!bundle) return
  process.env.QUORATE_ETCD_BINARY = bundle.binaries.etcd
  process.env.QUORATE_APISERVER_BINARY = bundle.binaries['kube-apiserver']
}

/** Adds up vitest's own report. A file that could not even be loaded, or a crash of vitest, is a failure too. */
const vitest = (project, limitMs) => async () => {
  const file = `${reports}/${project}.json`
  rmSync(file, { force: true })
  const args = ['run', '--project', project, '--passWithNoTests', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const exit = await run('node_modules/.bin/vitest', args, limitMs)
  const total = { passed: 0, failed: 0, skipped: 0, failures: [] }
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'))
    total.passed = report.numPassedTests
    total.failed = report.numFailedTests
    total.skipped = report.numPendingTests + (report.numTodoTests ?? 0)
    const unloaded = report.testResults.filter(
      (one) => one.status === 'failed' && one.assertionResults.every((test) => test.status !== 'failed'),
    )
    total.failed += unloaded.length
    total.failures = [
      ...unloaded.map((one) => `${relative('.', one.name)}\n${one.message}`),
      ...report.testResults.flatMap((one) =>
        one.assertionResults
          .filter((test) => test.status === 'failed')
          .map((test) => `${relative('.', one.name)} > ${test.fullName}\n${test.failureMessages.join('\n')}`),
      ),
    ]
  } catch {
    total.failed += exit === 0 ? 0 : 1
  }
  if (exit !== 0 && total.failed === 0) total.failed = 1
  return total
}

const testFiles = (folder) => {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'))
  } catch {
    return []
  }
}

/** Tests in a folder, by the words that begin one; for stages that cannot run here. */
const countTests = (folder) =>
  testFiles(folder).reduce(
    (sum, name) => sum + (readFileSync(`${folder}/${name}`, 'utf8').match(/^\s*(it|test)(\.\w+)*\(/gm)?.length ?? 0),
    0,
  )

const loudly = (text) => {
  const line = '!'.repeat(100)
  console.error(`\n${line}\n${text}\n${line}\n`)
}

const noLab = () => {
  if (process.platform !== 'linux') return `this is ${process.platform}, and machines are made with Linux`
  if (process.getuid?.() !== 0) return 'making machines needs root'
  return undefined
}

/** A stage that makes machines. */
const onMachines = (project, folder) => async () => {
  const why = noLab()
  if (why === undefined) return vitest(project, 30 * minute)()
  const skipped = Math.max(1, countTests(folder))
  loudly(
    `THE TESTS OF ${project.toUpperCase()} ARE SKIPPED: ${why}.\nNothing below says that a cluster comes up or survives a failure. Run npm test as root on Linux.`,
  )
  return { passed: 0, failed: 0, skipped }
}

const stages = [
  { name: 'lint', run: one('node_modules/.bin/biome', ['check', '.'], 5 * minute) },
  { name: 'types', run: one('node_modules/.bin/tsc', ['-p', 'tsconfig.json', '--noEmit'], 5 * minute) },
  { name: 'build', run: one('scripts/prepare', [], 5 * minute) },
  { name: 'unit', run: async () => browser().then(vitest('unit', 15 * minute)) },
  { name: 'timed', run: vitest('timed', 10 * minute) },
  { name: 'package', run: one('scripts/check-package', [], 5 * minute), needs: ['build'] },
  { name: 'bundle', run: one('node', ['dist/cli/main.js', 'bundle', 'build', '--plain'], 30 * minute), needs: ['build'] },
  { name: 'real', run: async () => programsOfBundle().then(vitest('real', 15 * minute)), needs: ['bundle'], folder: 'test/real' },
  { name: 'lab', run: onMachines('lab', 'test/lab'), needs: ['bundle'], folder: 'test/lab' },
  { name: 'topologies', run: onMachines('topologies', 'test/topologies'), needs: ['bundle'], folder: 'test/topologies' },
  { name: 'hosted', run: onMachines('hosted', 'test/hosted'), needs: ['bundle'], folder: 'test/hosted' },
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !stages.some((stage) => stage.name === name))
if (unknown.length > 0) {
  console.error(`no such stage: ${unknown.join(', ')}; there are: ${stages.map((stage) => stage.name).join(', ')}`)
  process.exit(2)
}
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(130))

mkdirSync(reports, { recursive: true })
const total = { passed: 0, failed: 0, skipped: 0 }
const rows = []
/** What failed, told again at the end: what a stage printed in its middle is long gone by then. */
const failures = []
const broken = new Set()
for (const stage of stages) {
  if (wanted.length > 0 && !wanted.includes(stage.name)) continue
  const missing = (stage.needs ?? []).filter((name) => broken.has(name))
  let result
  const started = Date.now()
  if (missing.length > 0) {
    loudly(`${stage.name} IS SKIPPED: it needs ${missing.join(' and ')}, which failed.`)
    result = { passed: 0, failed: 0, skipped: stage.folder ? Math.max(1, countTests(stage.folder)) : 1 }
    broken.add(stage.name)
  } else {
    console.log(`\n== ${stage.name}`)
    result = await stage.run()
  }
  if (result.failed > 0) broken.add(stage.name)
  for (const key of Object.keys(total)) total[key] += result[key]
  failures.push(...(result.failures ?? []))
  rows.push({ name: stage.name, ...result, seconds: (Date.now() - started) / 1000 })
}

if (failures.length > 0) console.log('\n== failed')
for (const text of failures) console.log(`\n${text.split('\n').slice(0, 12).join('\n')}`)
console.log('\n== totals')
for (const row of rows) {
  console.log(
    `${row.name.padEnd(8)} ${String(row.passed).padStart(5)} passed ${String(row.failed).padStart(4)} failed ${String(row.skipped).padStart(4)} skipped ${row.seconds.toFixed(1).padStart(8)} s`,
  )
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 ? 1 : 0
