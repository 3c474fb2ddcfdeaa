/** A piece of markup that is already safe. Everything else that enters a template is escaped, names from a cluster included. */
export class Markup {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text
  }
}

export type Content = Markup | string | number | undefined | null | false | readonly Content[]

const escaped: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const textOf = (content: Content): string => {
  if (content === undefined || content === null || content === false) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'object') return content.map(textOf).join('')
  return (
    String(content)
      .replace(/[&<>"']/g, (character) => escaped[character] ?? '')
      // Control characters have no place in HTML, and bidirectional overrides could make a name read as another.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD')
  )
}

/** Template tag for HTML and SVG: interpolated strings are escaped, markup and lists of markup are taken as they are. */
export const html = (parts: TemplateStringsArray, ...contents: Content[]): Markup =>
  new Markup(parts.reduce((text, part, i) => `${text}${textOf(contents[i - 1])}${part}`))

/** A number for an SVG attribute, one digit after the point. */
export const px = (value: number): string => String(Math.round(value * 10) / 10)
