import type { Operation, WatchEvent } from './types.js'

const at = (ms: number): string => `${(ms / 1000).toFixed(3)} s`
const quoted = (value: string | null | undefined): string =>
  value === null || value === undefined ? 'nothing' : `"${value.length > 40 ? `${value.slice(0, 39)}…` : value}"`

const verbs: Record<Operation['kind'], string> = { create: 'create', read: 'read', update: 'update', delete: 'delete', list: 'list' }

/** One operation in words: `update w17 by c3 of k via cp-1, 1.200 s to 1.204 s, acknowledged at revision 812`. */
export const operationInWords = (op: Operation): string => {
  const what = `${verbs[op.kind]} ${op.id} by ${op.client} of ${op.key}`
  const value = op.value === undefined ? '' : ` to ${quoted(op.value)}`
  const guard = op.expectedRevision === undefined ? '' : ` if still at revision ${op.expectedRevision}`
  const when = `${at(op.startMs)} to ${at(op.endMs)} via ${op.endpoint}`
  const revision = op.revision === undefined ? '' : ` at revision ${op.revision}`
  const store = op.revision === undefined && op.storeRevision !== undefined ? ` at store revision ${op.storeRevision}` : ''
  const result =
    op.outcome === 'failed'
      ? `refused${op.error ? ` (${op.error})` : ''}`
      : op.outcome === 'unknown'
        ? `without answer${op.error ? ` (${op.error})` : ''}`
        : op.kind === 'read'
          ? `returned ${quoted(op.observedValue)}${revision}${store}`
          : op.kind === 'list'
            ? `returned ${Object.keys(op.items ?? {}).length} items${store}`
            : `acknowledged${revision}${store}`
  return `${what}${value}${guard}, ${when}, ${result}`
}

/** One watch event in words: `watcher w1 received modified k "v" at revision 812 as number 40, 1.204 s`. */
export const eventInWords = (event: WatchEvent): string => {
  const what =
    event.type === 'added' || event.type === 'modified' || event.type === 'deleted'
      ? `received ${event.type} ${event.key}${event.value === undefined || event.type === 'deleted' ? '' : ` ${quoted(event.value)}`}`
      : event.type
  return `watcher ${event.watcher} ${what} at revision ${event.revision} as number ${event.seq}, ${at(event.atMs)}`
}

export const valueInWords = quoted
