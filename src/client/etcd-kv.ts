import { base64Of, bytesOf, numberOf, prefixEnd } from './etcd-value.js'

export interface KeyValue {
  key: string
  value: Buffer
  createRevision: number
  modRevision: number
  /** Writes since the key was created; 0 = deleted. */
  version: number
}

export interface RawKeyValue {
  key?: string
  value?: string
  create_revision?: string
  mod_revision?: string
  version?: string
}

export const keyValueOf = (raw: RawKeyValue): KeyValue => ({
  key: bytesOf(raw.key).toString('utf8'),
  value: bytesOf(raw.value),
  createRevision: numberOf(raw.create_revision),
  modRevision: numberOf(raw.mod_revision),
  version: numberOf(raw.version),
})

export interface RangeOptions {
  /** All keys that start with the key. */
  prefix?: boolean
  rangeEnd?: string
  /** Answer from this member's own state, possibly old, without asking the others. */
  serializable?: boolean
  revision?: number
  limit?: number
  keysOnly?: boolean
  countOnly?: boolean
}

export const rangeBody = (key: string, options: RangeOptions): Record<string, unknown> => ({
  key: base64Of(key),
  ...(options.prefix
    ? { range_end: prefixEnd(key).toString('base64') }
    : options.rangeEnd
      ? { range_end: base64Of(options.rangeEnd) }
      : {}),
  ...(options.serializable ? { serializable: true } : {}),
  ...(options.revision ? { revision: options.revision } : {}),
  ...(options.limit ? { limit: options.limit } : {}),
  ...(options.keysOnly ? { keys_only: true } : {}),
  ...(options.countOnly ? { count_only: true } : {}),
})

/** A guard of a transaction. `mod`, `create` and `version` compare numbers, `value` compares bytes. */
export interface Compare {
  key: string
  target: 'mod' | 'create' | 'version' | 'value'
  op?: '=' | '>' | '<' | '!='
  to: number | string | Uint8Array
}

export type Operation =
  | { put: string; value: string | Uint8Array }
  | { range: string; options?: RangeOptions }
  | { remove: string; prefix?: boolean }

const comparison = { '=': 'EQUAL', '>': 'GREATER', '<': 'LESS', '!=': 'NOT_EQUAL' } as const

export const compareBody = ({ key, target, op = '=', to }: Compare): Record<string, unknown> => {
  const head = { key: base64Of(key), result: comparison[op] }
  if (target === 'value') return { ...head, target: 'VALUE', value: base64Of(typeof to === 'number' ? String(to) : to) }
  if (target === 'mod') return { ...head, target: 'MOD', mod_revision: Number(to) }
  if (target === 'create') return { ...head, target: 'CREATE', create_revision: Number(to) }
  return { ...head, target: 'VERSION', version: Number(to) }
}

export const operationBody = (operation: Operation): Record<string, unknown> => {
  if ('put' in operation) return { request_put: { key: base64Of(operation.put), value: base64Of(operation.value) } }
  if ('range' in operation) return { request_range: rangeBody(operation.range, operation.options ?? {}) }
  return {
    request_delete_range: {
      key: base64Of(operation.remove),
      ...(operation.prefix ? { range_end: prefixEnd(operation.remove).toString('base64') } : {}),
    },
  }
}
