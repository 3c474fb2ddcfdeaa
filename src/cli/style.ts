import type { Sink } from './context.js'

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

export type Palette = Record<keyof typeof codes, (text: string) => string>

const paint = (on: boolean, open: number, close: number) => (text: string) =>
  on && text !== '' ? `\x1b[${open}m${text}\x1b[${close}m` : text

/** Functions that colour text, or leave it alone when `on` is false. Meaning never rests on colour only: marks differ in shape too. */
export const palette = (on: boolean): Palette => {
  const entries = Object.entries(codes).map(([name, [open, close]]) => [name, paint(on, open, close)])
  return Object.fromEntries(entries) as Palette
}

/**
 * Is this stream to be coloured? A flag beats the environment; a non-empty NO_COLOR (no-color.org) beats FORCE_COLOR (force-color.org);
 * otherwise only a terminal that is not dumb gets colours.
 */
export const wantsColour = (sink: Sink, env: Readonly<Record<string, string | undefined>>, flag?: boolean): boolean => {
  if (flag === false) return false
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return sink.isTTY === true && env.TERM !== 'dumb'
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with the control character ESC
const escapes = /\x1b\[[0-9;?]*[A-Za-z]/g

export const stripStyle = (text: string): string => text.replace(escapes, '')

/** Columns that a text takes on a terminal. Our own texts hold no wide characters; names of machines are DNS labels. */
export const widthOf = (text: string): number => [...stripStyle(text)].length

export const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** Cuts plain or coloured text to a width, ending in an ellipsis; colours opened before the cut are closed. */
export const cutTo = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text
  if (width <= 0) return ''
  let left = width - 1
  let result = ''
  let coloured = false
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  for (const part of text.split(/(\x1b\[[0-9;?]*[A-Za-z])/)) {
    if (part.startsWith('\x1b[')) {
      result += part
      coloured = true
      continue
    }
    const characters = [...part]
    result += characters.slice(0, left).join('')
    if (characters.length > left) break
    left -= characters.length
  }
  return `${result}…${coloured ? '\x1b[0m' : ''}`
}
