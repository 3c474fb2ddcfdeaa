import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProcess } from '../../../src/machine/process.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Compiles the prober as it stands, apart from dist, which may be older. */
export const compileProber = async (): Promise<{ directory: string; main: string; start: string; remove: () => Promise<void> }> => {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-prober-'))
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      rootDir: join(root, 'src'),
      outDir: join(directory, 'out'),
      noEmit: false,
      declaration: false,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [join(root, 'src/drill/prober')],
  }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(settings))
  await writeFile(join(directory, 'package.json'), '{"type":"module"}')
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
  // What does not compile elsewhere in the tree is reported by others; what is emitted is what is needed here.
  await runProcess([join(root, 'node_modules/.bin/tsc'), '-p', join(directory, 'tsconfig.json')], { allowFailure: true })
  const at = (name: string): string => join(directory, 'out/drill/prober', name)
  return { directory, main: at('main.js'), start: at('start.js'), remove: () => rm(directory, { recursive: true, force: true }) }
}
