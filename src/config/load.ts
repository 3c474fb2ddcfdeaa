import { readFile } from 'node:fs/promises'
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml'
import type { Cluster } from '../model/cluster.js'
import { type Position, type Problem, problem } from '../model/problem.js'
import { convert } from './convert.js'
import { type FieldPath, type Finding, pathText } from './finding.js'
import { readShape } from './shape.js'
import { validate } from './validate.js'

interface Loaded {
  /** Absent when a problem is an error. */
  cluster?: Cluster
  /** In the order of the file. */
  problems: Problem[]
}

const startOf = (node: unknown): number | undefined => (isNode(node) && node.range ? node.range[0] : undefined)

/** Offset of a field's name, or of its value; that of the nearest thing around it where the file does not write it. */
const offsetOf = (doc: Document, path: FieldPath, atKey: boolean): number => {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? doc.contents : doc.getIn(path.slice(0, depth - 1), true)
    const last = path[depth - 1]
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last)
      const found = pair && startOf((atKey && depth === path.length) || !isScalar(pair.value) ? pair.key : pair.value)
      if (found !== undefined) return found
    } else {
      const found = startOf(doc.getIn(path.slice(0, depth), true))
      if (found !== undefined) return found
    }
  }
  return startOf(doc.contents as Node | null) ?? 0
}

const syntaxCode = (error: YAMLError): string =>
  error.code === 'DUPLICATE_KEY' ? 'Q1002' : error.code === 'MULTIPLE_DOCS' ? 'Q1010' : 'Q1001'

/**
 * The cluster of a file's text, with every problem at its line and column. All problems of one stage come together: syntax, then fields, then
 * rules across fields. `file` only names the place, and is what relative paths in the file start from.
 */
export const loadCluster = (text: string, file: string): Loaded => {
  const lines = new LineCounter()
  const at = (offset: number, path?: string): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), ...(path ? { path } : {}) }
  }
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' })
  if (doc.errors.length > 0) {
    return { problems: doc.errors.map((error) => problem(syntaxCode(error), { reason: error.message }, { at: at(error.pos[0]) })) }
  }
  if (doc.contents === null) return { problems: [problem('Q1011', { file }, { at: at(0) })] }
  const locate = ({ problem: found, path, atKey }: Finding): Problem => ({
    ...found,
    at: at(offsetOf(doc, path, atKey ?? false), pathText(path)),
  })
  let content: unknown
  try {
    content = doc.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return { problems: [problem('Q1001', { reason: (error as Error).message }, { at: at(0) })] }
  }
  const { wire, findings } = readShape(content)
  if (!wire) return { problems: sorted(findings.map(locate)) }
  const cluster = convert(wire, file)
  const problems = sorted(validate(cluster).map(locate))
  return problems.some((p) => p.severity === 'error') ? { problems } : { cluster, problems }
}

const sorted = (problems: Problem[]): Problem[] =>
  [...problems].sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0))

/** The same from a file on disk. A file that cannot be read is a problem like any other; nothing is thrown. */
export const loadClusterFile = async (path: string): Promise<Loaded> => {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : message
    return { problems: [problem('Q1009', { file: path, reason })] }
  }
  try {
    return loadCluster(new TextDecoder('utf-8', { fatal: true }).decode(bytes), path)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { problems: [problem('Q1009', { file: path, reason: 'it is not UTF-8 text' })] }
  }
}
