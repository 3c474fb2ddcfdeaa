// Makes each program in a folder of compiled modules one file and the parts that it loads later: DIST/cli/main.js and so on are written
// over, modules stay as they are for whoever imports them. Finding and reading some hundred small files is most of what a short command
// costs. The packages that end up in the bundles are named, with their licences, in DIST/THIRD-PARTY.txt.
//   node scripts/bundle-programs.mjs DIST
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { rolldown } from 'rolldown'

const dist = resolve(process.argv[2] ?? 'dist')

/** Every main.js and NAME-main.js is a program. */
const programs = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => /(^|[/-])main\.js$/.test(name))
const input = Object.fromEntries(programs.map((name) => [name.replace(/\.js$/, ''), join(dist, name)]))

const bundle = await rolldown({ input, platform: 'node', external: /^node:/, cwd: dist })
const { output } = await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'programs/[name]-[hash].js',
})

const within = `${sep}node_modules${sep}`
const packageOf = (module) => {
  const start = module.lastIndexOf(within) + within.length
  const words = module.slice(start).split(sep)
  return join(module.slice(0, start), ...words.slice(0, words[0]?.startsWith('@') ? 2 : 1))
}
const modules = output.flatMap((file) => ('moduleIds' in file ? file.moduleIds : []))
const packages = [...new Set(modules.filter((id) => id.includes(within)).map(packageOf))].sort()
const notice = (folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one))
  if (file === undefined && license === undefined) throw new Error(`${name} has no licence: it cannot be part of a program`)
  return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim()}\n`
}
writeFileSync(join(dist, 'THIRD-PARTY.txt'), packages.map(notice).join(`\n${'-'.repeat(80)}\n\n`))
