import type { Context } from '../context.js'
import { glyphsFor } from '../glyphs.js'
import type { Pen } from './topology.js'

/** A pen for stdout: its colours, its width (80 where there is no terminal), the signs its font has. */
export const outPen = (context: Context): Pen => ({
  glyphs: glyphsFor(context.env),
  paint: context.outPalette,
  columns: Math.min(context.out.columns ?? 80, 120),
})
