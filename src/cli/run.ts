import type { Problem } from '../model/problem.js'
import type { CommandSpec } from './command.js'
import type { Context, Sink } from './context.js'
import { commandHelp, groupHelp, rootHelp } from './help.js'
import { type Loaders, loaders } from './load.js'
import { parse } from './parse.js'
import { palette, wantsColour } from './style.js'
import { commands, entries, groups, sections } from './table.js'
import { checkGiven } from './usage.js'

/** The outside of one run of the command line; main.ts gives the real one, tests give theirs. */
export interface Host {
  out: Sink
  err: Sink
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  signal: AbortSignal
  nowMs(): number
  load?: Loaders
  /** Told which command runs, before it runs: programs behind ssh and kubectl take Ctrl-C themselves. */
  onCommand?(spec: CommandSpec): void
}

const contextOf = (host: Host, flags: Record<string, unknown>): Context => {
  const colour = flags.color === false ? false : undefined
  const dumb = host.env.TERM === 'dumb' || Boolean(host.env.CI)
  return {
    out: host.out,
    err: host.err,
    outPalette: palette(wantsColour(host.out, host.env, colour)),
    errPalette: palette(wantsColour(host.err, host.env, colour)),
    env: host.env,
    cwd: host.cwd,
    signal: host.signal,
    nowMs: host.nowMs,
    load: host.load ?? loaders,
    quiet: flags.quiet === true,
    live: host.err.isTTY === true && !dumb && flags.plain !== true,
    verbose: flags.verbose === true,
    commands,
  }
}

const columnsOf = (sink: Sink): number => sink.columns ?? 80

const printHelp = (path: string, context: Context): void => {
  const { out, outPalette: paint } = context
  const spec = commands.find((one) => one.path === path)
  const group = groups.find((one) => one.path === path)
  if (spec) out.write(commandHelp(spec, paint, columnsOf(out)))
  else if (group) out.write(groupHelp(group, commands, paint, columnsOf(out)))
  else out.write(rootHelp(sections, entries, paint, columnsOf(out)))
}

/** Prints whatever was thrown and gives the exit status. Problems with a code are expected; everything else is a defect of ours: Q4999. */
const report = async (thrown: unknown, context: Context): Promise<number> => {
  const [{ causesOf, exitOf, faultsOf, problemsText }, { lineReader }, { problem }] = await Promise.all([
    import('./problems.js'),
    import('./line-reader.js'),
    import('../model/problem.js'),
  ])
  const faults = faultsOf(thrown)
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  const problems: Problem[] = faults.length > 0 ? faults.map((one) => one.problem) : [problem('Q4999', { reason })]
  context.err.write(problemsText(problems, context.errPalette, lineReader(context.cwd)))
  if (context.verbose || faults.length === 0) {
    const errors = faults.length > 0 ? faults : [thrown]
    for (const line of errors.flatMap(causesOf)) context.err.write(`  ${context.errPalette.dim('cause:')} ${line}\n`)
    if (context.verbose && thrown instanceof Error) context.err.write(`${thrown.stack}\n`)
  }
  return exitOf(problems)
}

/** Runs one command line, without the name of the program, and gives the exit status. Never throws; the streams are the host's. */
export const runCli = async (argv: readonly string[], host: Host): Promise<number> => {
  const early = { color: argv.includes('--no-color') ? false : undefined, verbose: argv.includes('--verbose') }
  let context = contextOf(host, early)
  try {
    const parsed = parse(argv, commands, groups)
    context = contextOf(host, parsed.flags)
    if (parsed.kind === 'help') {
      printHelp(parsed.path, context)
      return 0
    }
    host.onCommand?.(parsed.spec)
    const status = await parsed.spec.run(checkGiven(parsed.spec, parsed), context)
    return host.signal.aborted && !parsed.spec.passThrough ? 130 : status
  } catch (thrown) {
    if (host.signal.aborted && isAbort(thrown)) return 130
    const status = await report(thrown, context)
    return host.signal.aborted ? 130 : status
  }
}

const isAbort = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === 'AbortError'
