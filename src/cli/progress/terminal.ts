/** The control sequences used, all of them in every terminal since the VT100: see ECMA-48. */
export const hideCursor = '\x1b[?25l'
export const showCursor = '\x1b[?25h'
/** From here to the end of the screen. */
export const clearBelow = '\x1b[J'
export const clearLineEnd = '\x1b[K'
export const upLines = (count: number): string => (count > 0 ? `\x1b[${count}A` : '')
export const restoreTerminal = `${showCursor}\x1b[0m`
