import type { z } from 'zod'
import { fieldTable } from './fields.js'
import { type FieldPath, type Finding, pathText, wrong } from './finding.js'
import { nearestWord } from './nearest.js'
import { type Wire, wireSchema } from './v1alpha1.js'

type Issue = z.core.$ZodIssue

const nameOf = (value: unknown): string =>
  value === null || value === undefined
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'a mapping'
        : `${JSON.stringify(value)}`

const typeWords: Record<string, string> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  object: 'a mapping',
  array: 'a list',
  boolean: 'true or false',
}

const valueAt = (root: unknown, path: FieldPath): unknown =>
  path.reduce<unknown>(
    (node, step) => (typeof node === 'object' && node !== null ? (node as Record<string | number, unknown>)[step] : undefined),
    root,
  )

/** Fields that the schema has at a path, or none where it has no mapping there. */
const fieldsAt = (path: FieldPath): string[] => {
  let node: unknown = wireSchema
  const inner = (schema: unknown): { shape?: Record<string, unknown>; element?: unknown; options?: unknown[] } => {
    let at = schema as {
      def: { type: string; innerType?: unknown }
      shape?: Record<string, unknown>
      element?: unknown
      options?: unknown[]
    }
    while (at.def.innerType) at = at.def.innerType as typeof at
    if (at.def.type === 'union') return inner(at.options?.find((option) => (option as typeof at).def.type === 'object'))
    return at
  }
  for (const step of path) {
    const at = inner(node)
    node = typeof step === 'number' ? at.element : at.shape?.[step]
    if (!node) return []
  }
  return Object.keys(inner(node).shape ?? {})
}

/** `spec.machines[2].address` as the table of fields names it: `spec.machines[].address`. */
const generic = (path: FieldPath): string => pathText(path).replace(/\[\d+\]/g, '[]')

/** What a field is for, as the hint of what to write there. */
const aboutOf = (path: FieldPath): string => {
  const name = generic(path)
  const row = fieldTable().find((one) => one.path === name) ?? fieldTable().find((one) => `${one.path}[]` === name)
  return row?.about ?? (name ? `quorate config explain ${name}` : 'quorate init writes a file to start from')
}

const missing = (path: FieldPath, field: string): Finding => ({ ...wrong('Q1004', path, { field, about: aboutOf(path) }), atKey: true })

const findingsOf = (issue: Issue, root: unknown, above: FieldPath = []): Finding[] => {
  const path: FieldPath = [...above, ...(issue.path as (string | number)[])]
  const field = pathText(path) || 'the file'
  const value = valueAt(root, path)
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = fieldsAt(path)
      const used = typeof value === 'object' && value !== null ? Object.keys(value) : []
      return issue.keys.map((key) => {
        const near = nearestWord(
          key,
          known.filter((name) => !used.includes(name)),
        )
        const hint = near ? `did you mean ${near}?` : `fields here: ${known.join(', ')}`
        const see = `quorate config explain ${generic(path)}`.trim()
        return {
          ...wrong('Q1003', [...path, key], { field: pathText([...path, key]), hint, see }),
          atKey: true,
          ...(near ? { meant: [...path, near] } : {}),
        }
      })
    }
    case 'invalid_union': {
      // A mapping was meant as the branch that takes mappings; anything else as one of the words.
      const branch = issue.errors[typeof value === 'object' ? issue.errors.length - 1 : 0] ?? []
      return branch.flatMap((one) => findingsOf(one, root, path))
    }
    case 'invalid_type':
      if (value === undefined) return [missing(path, field)]
      return [
        wrong('Q1005', path, {
          field,
          expected: typeWords[issue.expected] ?? issue.expected,
          found: nameOf(value),
          about: aboutOf(path),
        }),
      ]
    case 'invalid_value': {
      if (value === undefined) return [missing(path, field)]
      const values = issue.values.map(String)
      const near = typeof value === 'string' ? nearestWord(value, values) : undefined
      return [
        wrong('Q1006', path, {
          field,
          found: nameOf(value),
          values: values.join(', '),
          hint: near === undefined ? `write one of them: ${aboutOf(path)}` : `write ${near}`,
        }),
      ]
    }
    case 'too_small':
      return [
        wrong('Q1007', path, {
          field,
          generic: generic(path),
          found: value === '' || (Array.isArray(value) && value.length === 0) ? 'empty' : nameOf(value),
          limit: value === '' ? 'not be empty' : Array.isArray(value) ? 'have an entry' : `be at least ${issue.minimum}`,
        }),
      ]
    case 'too_big':
      return [wrong('Q1007', path, { field, generic: generic(path), found: nameOf(value), limit: `be at most ${issue.maximum}` })]
    default:
      return [wrong('Q1007', path, { field, generic: generic(path), found: nameOf(value), limit: `be right: ${issue.message}` })]
  }
}

/**
 * A field whose name was misspelt is both unknown and missing; saying the first is enough, since it names the second. One unknown field
 * beside one missing field is taken for such a pair, however little the two names are alike.
 */
const withoutRenamed = (findings: Finding[]): Finding[] => {
  const beside = (code: string, path: FieldPath): Finding[] =>
    findings.filter((one) => one.problem.code === code && pathText(one.path.slice(0, -1)) === pathText(path.slice(0, -1)))
  const paired = findings.map((one): Finding => {
    if (one.problem.code !== 'Q1003' || one.meant) return one
    const [lacking, ...more] = beside('Q1004', one.path)
    if (!lacking || more.length > 0 || beside('Q1003', one.path).length > 1) return one
    const data = { ...one.problem.data, hint: `did you mean ${lacking.path.at(-1)}?` }
    return { ...one, problem: { ...one.problem, data }, meant: lacking.path }
  })
  const meant = new Set(paired.flatMap((one) => (one.meant ? [pathText(one.meant)] : [])))
  return paired.filter((one) => one.problem.code !== 'Q1004' || !meant.has(pathText(one.path)))
}

/** Holds a file's content against the schema. Every fault at once, in the order of the schema. */
export const readShape = (content: unknown): { wire?: Wire; findings: Finding[] } => {
  const parsed = wireSchema.safeParse(content)
  if (parsed.success) return { wire: parsed.data, findings: [] }
  return { findings: withoutRenamed(parsed.error.issues.flatMap((issue) => findingsOf(issue, content))) }
}
