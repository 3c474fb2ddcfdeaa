import { jsonSchema } from './json-schema.js'

/** One field of the cluster file. Fields of list items have `[]` in their path. */
export interface FieldRow {
  path: string
  type: string
  /** '' = none; `required` where the file must have it. */
  default: string
  about: string
}

interface Schema {
  type?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  minimum?: number
  maximum?: number
}

const simpleTypes: Record<string, string> = { string: 'text', integer: 'number', object: 'mapping', boolean: 'true or false' }

const typeOf = (schema: Schema): string => {
  if (schema.const !== undefined) return String(schema.const)
  if (schema.enum) return schema.enum.join(' | ')
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ')
  if (schema.type === 'array') return `list of ${schema.items?.enum ? typeOf(schema.items) : `${typeOf(schema.items ?? {})}s`}`
  if (schema.type === 'integer' && schema.maximum !== undefined && schema.maximum < 2 ** 31) return `${schema.minimum}..${schema.maximum}`
  return simpleTypes[schema.type ?? ''] ?? schema.type ?? 'anything'
}

const rowsIn = (schema: Schema, path: string): FieldRow[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path ? `${path}.${name}` : name
    const required = schema.required?.includes(name) && field.const === undefined
    const row = {
      path: at,
      type: typeOf(field),
      default: field.default === undefined ? (required ? 'required' : '') : String(field.default),
      about: field.description ?? '',
    }
    const inside = field.anyOf?.find((one) => one.properties) ?? field
    return [row, ...rowsIn(inside, at), ...(field.items ? rowsIn(field.items, `${at}[]`) : [])]
  })

let rows: FieldRow[] | undefined

/** Every field of the cluster file, parents before what is inside them. */
export const fieldTable = (): FieldRow[] => (rows ??= rowsIn(jsonSchema() as Schema, ''))

/** A field and those inside it; `[2]` and `[]` mean the same. Empty where there is no such field. */
export const explainField = (path: string): FieldRow[] => {
  const asked = path.replace(/^\./, '').replace(/\[\d*\]/g, '[]')
  return fieldTable().filter((row) => row.path === asked || row.path.startsWith(`${asked}.`) || row.path.startsWith(`${asked}[]`))
}
