import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fault } from '../../model/problem.js'
import { defineCommand } from '../command.js'

export const init = defineCommand({
  path: 'init',
  summary: 'Write a commented cluster file to start from',
  about:
    'Every field that is worth a thought is there, with a comment. Machines are spread over the zones one after another. Without --file the text goes to standard output.',
  flags: [
    { flags: '--name <name>', about: 'Name of the cluster', default: 'demo' },
    { flags: '--control-planes <count>', about: 'Machines with an API server and a member of etcd; odd', kind: 'count', default: 3 },
    { flags: '--workers <count>', about: 'Machines for programs of yours', kind: 'count', default: 2 },
    {
      flags: '--balancers <count>',
      about: 'Machines that share the virtual IP; 0 puts balancers on the control planes',
      kind: 'count',
      default: 2,
    },
    { flags: '--zones <count>', about: 'Failure domains to spread them over', kind: 'count', default: 3 },
    { flags: '-f, --file <file>', about: 'Write to this file instead of standard output' },
    { flags: '--force', about: 'Replace the file when it exists' },
  ],
  examples: [
    { run: 'quorate init > cluster.yaml', why: 'three control planes, two balancers, two workers' },
    { run: 'quorate init --name prod --control-planes 5 --workers 10 --file prod.yaml', why: 'a larger one' },
    { run: 'quorate init --balancers 0 --workers 0 --file small.yaml', why: 'three machines that do everything' },
  ],
  changes: 'Nothing but the file that --file names.',
  exits: [0],
  run: async (given, context) => {
    const config = await context.load.config()
    const { flags } = given
    const text = config.initText({
      name: String(flags.name),
      controlPlanes: Number(flags.controlPlanes),
      workers: Number(flags.workers),
      balancers: Number(flags.balancers),
      zones: Number(flags.zones),
    })
    if (flags.file === undefined) {
      context.out.write(text)
      return 0
    }
    const file = String(flags.file)
    const path = resolve(context.cwd, file)
    if (existsSync(path) && !flags.force) throw fault('Q4906', { file })
    try {
      writeFileSync(path, text)
    } catch (cause) {
      throw fault('Q4907', { file, reason: (cause as Error).message }, { cause })
    }
    context.err.write(`${file} written. Next: quorate config validate ${file}\n`)
    return 0
  },
})
