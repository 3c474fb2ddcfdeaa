import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Document, LineCounter, parseDocument, visit, type YAMLError } from 'yaml'
import type { Cluster, Hosted } from '../model/cluster.js'
import { type Position, type Problem, problem } from '../model/problem.js'
import { convert, hostedOf, pathIn } from './convert.js'
import { type Finding, wrong } from './finding.js'
import { inOrder, locator, positionAt } from './positions.js'
import { readShape } from './shape.js'
import type { Wire } from './v1alpha1.js'
import { validate } from './validate.js'

export interface Loaded {
  /** Absent when a problem is an error. */
  cluster?: Cluster
  /** In the order of the file. */
  problems: Problem[]
  /** Puts a later finding about this cluster at its place in the file; absent like the cluster. */
  locate?: (finding: Finding) => Problem
}

const syntaxCode = (error: YAMLError): string =>
  error.code === 'DUPLICATE_KEY' ? 'Q1002' : error.code === 'MULTIPLE_DOCS' ? 'Q1010' : 'Q1001'

/** What cannot be read, and where. A quote that is not closed is told where it opens, not at the end of the file, where reading stopped. */
const syntaxFault = (error: YAMLError, doc: Document): { reason: string; offset: number } => {
  const [end] = error.pos
  if (error.code !== 'MISSING_CHAR' || !error.message.includes('quote')) return { reason: error.message, offset: end }
  let offset = end
  visit(doc, {
    Scalar: (_, node) => {
      if (node.type?.startsWith('QUOTE') && node.range && node.range[0] <= end && end <= node.range[2]) offset = node.range[0]
    },
  })
  return { reason: offset === end ? error.message : 'the quote that opens here is never closed', offset }
}

/** What follows an unreadable place is mostly its consequence, so only the first is told; a key written twice stands for itself. */
const syntaxProblems = (doc: Document, at: (offset: number) => Position): Problem[] => {
  const unreadable = doc.errors.find((error) => syntaxCode(error) === 'Q1001')
  return doc.errors
    .filter((error) => error === unreadable || syntaxCode(error) !== 'Q1001')
    .map((error) => {
      const { reason, offset } = syntaxFault(error, doc)
      return problem(syntaxCode(error), { reason }, { at: at(offset) })
    })
}

/** The cluster that another file means as the host of this one's control plane; what is wrong in it is told by its own check. */
const readHost = (wire: Wire, file: string): { hosted?: Hosted; findings: Finding[] } => {
  const named = wire.spec.controlPlane?.hosted?.cluster
  if (named === undefined) return { findings: [] }
  const hostFile = pathIn(file, named)
  const unusable = (reason: string) => ({
    findings: [wrong('Q1651', ['spec', 'controlPlane', 'hosted', 'cluster'], { file: hostFile, reason })],
  })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(hostFile))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return unusable(code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : message)
  }
  const { cluster, problems } = loadText(text, hostFile, true)
  if (cluster) return { hosted: hostedOf(wire, cluster, hostFile), findings: [] }
  const first = problems.find((p) => p.severity === 'error')
  if (first?.code === 'Q1652') return { findings: [wrong('Q1652', ['spec', 'controlPlane', 'hosted', 'cluster'], { file: hostFile })] }
  return unusable(`${first?.code ?? 'an error'}${first?.at ? ` at line ${first.at.line}` : ''}`)
}

/** The same as loadCluster, and with it the places of the file. */
export const loadLocated = (text: string, file: string): Loaded => loadText(text, file, false)

/** `asHost`: for a cluster that another one names as its host, which cannot be hosted itself. */
const loadText = (text: string, file: string, asHost: boolean): Loaded => {
  const lines = new LineCounter()
  const at = (offset: number) => positionAt(lines, file, offset)
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' })
  if (doc.errors.length > 0) return { problems: syntaxProblems(doc, at) }
  if (doc.contents === null) return { problems: [problem('Q1011', { file }, { at: at(0) })] }
  let content: unknown
  try {
    content = doc.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return { problems: [problem('Q1001', { reason: (error as Error).message }, { at: at(0) })] }
  }
  const locate = locator(doc, lines, file)
  const { wire, findings } = readShape(content)
  if (!wire) return { problems: inOrder(findings.map(locate)) }
  if (asHost && wire.spec.controlPlane?.hosted) return { problems: [problem('Q1652', { file })] }
  const { hosted, findings: ofHost } = readHost(wire, file)
  const cluster: Cluster = { ...convert(wire, file), ...(hosted ? { hosted } : {}) }
  const problems = inOrder([...ofHost, ...validate(cluster, wire)].map(locate))
  return problems.some((p) => p.severity === 'error') ? { problems } : { cluster, problems, locate }
}

/**
 * The cluster of a file's text, with every problem at its line and column. All problems of one stage come together: syntax, then fields, then
 * rules across fields. `file` only names the place, and is what relative paths in the file start from.
 */
export const loadCluster = (text: string, file: string): Omit<Loaded, 'locate'> => {
  const { locate: _, ...loaded } = loadLocated(text, file)
  return loaded
}

/** A file on disk with its places. A file that cannot be read is a problem like any other; nothing is thrown. */
export const loadLocatedFile = async (path: string): Promise<Loaded> => {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : message
    return { problems: [problem('Q1009', { file: path, reason })] }
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { problems: [problem('Q1009', { file: path, reason: 'it is not UTF-8 text' })] }
  }
  return loadLocated(text, path)
}

/** The cluster of a file on disk, with every problem at its line and column. Nothing is thrown. */
export const loadClusterFile = async (path: string): Promise<Omit<Loaded, 'locate'>> => {
  const { locate: _, ...loaded } = await loadLocatedFile(path)
  return loaded
}
