/** A small strict reader of XML: throws on anything that is not well formed, returns the elements as a tree. */
export interface Element {
  name: string
  attributes: Record<string, string>
  children: Element[]
  text: string
}

const decode = (text: string, where: string): string => {
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text)) throw new Error(`character that XML forbids in ${where}`)
  if (/&(?!(amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)/.test(text)) throw new Error(`bare ampersand in ${where}: ${text}`)
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
}

export const readXml = (input: string): Element => {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open: Element[] = [root]
  let at = 0
  const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(input)
  if (declaration) at = declaration[0].length
  const tag = /<(\/?)([A-Za-z][\w.-]*)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>/y
  while (at < input.length) {
    const next = input.indexOf('<', at)
    const parent = open[open.length - 1]
    if (!parent) throw new Error('closed too often')
    const text = input.slice(at, next < 0 ? input.length : next)
    if (text.includes(']]>')) throw new Error(']]> in text')
    parent.text += decode(text, parent.name)
    if (parent === root && text.trim() !== '') throw new Error(`text outside of the root: ${text}`)
    if (next < 0) break
    tag.lastIndex = next
    const match = tag.exec(input)
    if (!match) throw new Error(`not a tag: ${input.slice(next, next + 60)}`)
    at = tag.lastIndex
    const [, closing, name = '', rest = '', selfClosing] = match
    if (closing) {
      if (parent.name !== name) throw new Error(`</${name}> closes <${parent.name}>`)
      open.pop()
      continue
    }
    const element: Element = { name, attributes: {}, children: [], text: '' }
    for (const [, key = '', value = ''] of rest.matchAll(/\s+([\w:.-]+)="([^"<]*)"/g)) {
      if (key in element.attributes) throw new Error(`${key} given twice on <${name}>`)
      element.attributes[key] = decode(value, `${name} ${key}`)
    }
    parent.children.push(element)
    if (!selfClosing) open.push(element)
  }
  if (open.length !== 1) throw new Error(`<${open[open.length - 1]?.name}> is not closed`)
  const [top, ...more] = root.children
  if (!top || more.length > 0) throw new Error('there must be one root element')
  return top
}

export const all = (element: Element, name: string): Element[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)])
