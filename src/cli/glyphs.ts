/** Signs used in drawings. Each state has a shape of its own, so a picture without colours says the same. */
export interface Glyphs {
  good: string
  warn: string
  bad: string
  unknown: string
  plain: string
  run: string
  wait: string
  bar: { full: string; empty: string }
  spin: readonly string[]
  ellipsis: string
  line: {
    h: string
    v: string
    tl: string
    tr: string
    bl: string
    br: string
    down: string
    up: string
    cross: string
    left: string
    right: string
  }
}

const unicode: Glyphs = {
  good: '●',
  warn: '◐',
  bad: '✗',
  unknown: '○',
  plain: '●',
  run: '▸',
  wait: '·',
  bar: { full: '━', empty: '─' },
  spin: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  ellipsis: '…',
  line: { h: '─', v: '│', tl: '╭', tr: '╮', bl: '╰', br: '╯', down: '┬', up: '┴', cross: '┼', left: '├', right: '┤' },
}

const ascii: Glyphs = {
  good: '*',
  warn: '~',
  bad: 'x',
  unknown: '?',
  plain: 'o',
  run: '>',
  wait: '.',
  bar: { full: '=', empty: '-' },
  spin: ['|', '/', '-', '\\'],
  ellipsis: '...',
  line: { h: '-', v: '|', tl: '+', tr: '+', bl: '+', br: '+', down: '+', up: '+', cross: '+', left: '+', right: '+' },
}

/** ASCII where it is asked for, where the locale is said not to be UTF-8, and on the Linux console, whose font lacks the signs. */
export const glyphsFor = (env: Readonly<Record<string, string | undefined>>): Glyphs => {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  const narrow = locale !== undefined && locale !== '' && !/utf-?8/i.test(locale)
  return env.QUORATE_ASCII || narrow || env.TERM === 'linux' ? ascii : unicode
}
