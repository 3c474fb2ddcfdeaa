import { type Document, isMap, isNode, isPair, isScalar, type LineCounter, type Node } from 'yaml'
import type { Position, Problem } from '../model/problem.js'
import { type FieldPath, type Finding, pathText } from './finding.js'

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

/** Line and column of an offset, both from 1. */
export const positionAt = (lines: LineCounter, file: string, offset: number, path?: string): Position => {
  const { line, col } = lines.linePos(offset)
  return { file, line: Math.max(line, 1), column: Math.max(col, 1), ...(path ? { path } : {}) }
}

/** Gives findings the place in the file that they speak of. */
export const locator =
  (doc: Document, lines: LineCounter, file: string) =>
  ({ problem, path, atKey }: Finding): Problem => ({
    ...problem,
    at: positionAt(lines, file, offsetOf(doc, path, atKey ?? false), pathText(path)),
  })

/** Problems in the order of the file. */
export const inOrder = (problems: readonly Problem[]): Problem[] =>
  [...problems].sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0))
