import type { Lab } from '../lab/lab.js'
import type { Machine } from '../machine/machine.js'
import { lastLine } from '../machine/process.js'
import { Fault } from '../model/problem.js'
import { type Ground, labsOf } from './ground.js'
import { unitOf, unitPrefix } from './inject/armed-undo.js'
import { endRecord } from './inject/end-record.js'
import { listRecords, readRecord, removeRecord } from './inject/record.js'
import { tablePrefix } from './scripts/partition.js'
import { drillDir } from './scripts/prelude.js'

/** One fault that was found open, and what became of it. */
export interface Healed {
  machine: string
  /** Id of the fault; `?` when a machine could not be asked. */
  id: string
  /** What was done, in words. */
  what: string
  ok: boolean
}

/** Prints `fault ID` for each folder, then what is left where a folder is gone: `table FAMILY NAME`, `timer NAME`. */
export const findScript = `
for d in ${drillDir}/*/; do
  [ -d "$d" ] || continue
  d=\${d%/}
  echo "fault \${d##*/} $(cat "$d/what" 2>/dev/null)"
done
nft list tables 2>/dev/null | sed -n 's/^table \\([a-z]*\\) \\(${tablePrefix}[a-z0-9_]*\\)$/table \\1 \\2/p'
systemctl list-units --plain --no-legend --all '${unitPrefix}*.timer' 2>/dev/null | sed -n 's/^ *\\(${unitPrefix}[a-z0-9-]*\\)\\.timer .*/timer \\1/p'
exit 0
`

export interface Found {
  faults: { id: string; title: string }[]
  tables: { family: string; name: string }[]
  timers: string[]
}

/** Reads what `findScript` printed; lines that it cannot have printed are left out. */
export const parseFound = (text: string): Found => {
  const found: Found = { faults: [], tables: [], timers: [] }
  for (const line of text.split('\n')) {
    const [kind, first = '', ...rest] = line.trim().split(' ')
    if (kind === 'fault' && /^[a-z0-9-]+$/.test(first)) found.faults.push({ id: first, title: rest.join(' ') })
    else if (kind === 'table' && rest[0] !== undefined) found.tables.push({ family: first, name: rest[0] })
    else if (kind === 'timer' && first !== '') found.timers.push(first)
  }
  return found
}

const findMs = 10_000
/** A member that is replaced has to catch up. */
const endMs = 240_000

const healMachine = async (machine: Machine): Promise<Healed[]> => {
  const found = parseFound((await machine.sh(findScript, { timeoutMs: findMs })).stdout)
  const healed: Healed[] = []
  for (const { id, title } of found.faults) {
    const dir = `${drillDir}/${id}`
    // A folder without its script is one that was being laid out: nothing had been broken.
    const timers = `systemctl stop ${unitOf(id, 'fault')}.timer ${unitOf(id, 'prepare')}.timer 2>/dev/null; true`
    const end = `if [ -e ${dir}/end.sh ]; then sh ${dir}/end.sh || exit 1; else rm -rf ${dir}; fi\n${timers}`
    const { ok, said } = await machine.sh(end, { allowFailure: true, timeoutMs: endMs }).then(
      ({ exit, stdout, stderr }) => ({ ok: exit === 0, said: lastLine(stdout) || lastLine(stderr) }),
      (error: unknown) => ({ ok: false, said: reasonOf(error) }),
    )
    const name = title || id
    const what = ok ? `${name}: undone${said ? ` (${said})` : ''}` : `${name}: still there: ${said}`
    healed.push({ machine: machine.name, id, what, ok })
  }
  // Whatever has no folder any more.
  const left = parseFound((await machine.sh(findScript, { timeoutMs: findMs })).stdout)
  for (const { family, name } of left.tables) {
    const result = await machine.exec(['nft', 'delete', 'table', family, name], { allowFailure: true, timeoutMs: findMs })
    healed.push({ machine: machine.name, id: idOfTable(name), what: `rules ${family} ${name} removed`, ok: result.exit === 0 })
  }
  const open = new Set(left.faults.map((one) => one.id))
  for (const unit of left.timers) {
    if (open.has(unit.slice(unitPrefix.length).replace(/-prepare$/, ''))) continue
    const result = await machine.exec(['systemctl', 'stop', `${unit}.timer`], { allowFailure: true, timeoutMs: findMs })
    healed.push({ machine: machine.name, id: unit.slice(unitPrefix.length), what: `timer ${unit} let go`, ok: result.exit === 0 })
  }
  return healed
}

const reasonOf = (error: unknown): string =>
  error instanceof Fault
    ? `${error.problem.code} ${Object.values(error.problem.data).join(' ')}`
    : error instanceof Error
      ? error.message
      : String(error)

const idOfTable = (name: string): string => name.slice(tablePrefix.length).replaceAll('_', '-')

/** Faults from outside first: a machine without power, or frozen, cannot be asked for the others. */
const healRecords = async (lab: Lab): Promise<Healed[]> => {
  const healed: Healed[] = []
  for (const path of await listRecords(lab.paths)) {
    const record = await readRecord(path)
    if (!record) {
      await removeRecord(path)
      continue
    }
    const { id, title, machines } = record
    try {
      await endRecord(path, lab)
      for (const machine of machines) healed.push({ machine, id, what: `${title}: undone`, ok: true })
    } catch (error) {
      for (const machine of machines) healed.push({ machine, id, what: `${title}: still there: ${reasonOf(error)}`, ok: false })
    }
  }
  return healed
}

/**
 * Undoes every fault of a drill that is still open, on this computer and on every machine, and removes what half-made ones left. Safe at any time, also
 * while a timer does the same. Returns what was found; nothing found = an empty list. A machine that cannot be asked is one entry that is not ok.
 */
export const heal = async (ground: Ground): Promise<Healed[]> => {
  const fromOutside: Healed[] = []
  for (const lab of labsOf(ground)) fromOutside.push(...(await healRecords(lab)))
  const { cluster, fleet } = ground
  const onMachines = await Promise.all(
    cluster.machines.map(({ name }) =>
      healMachine(fleet.machine(name)).catch((error: unknown): Healed[] => [
        { machine: name, id: '?', what: `could not be asked: ${reasonOf(error)}`, ok: false },
      ]),
    ),
  )
  return [...fromOutside, ...onMachines.flat()]
}
