import { html, type Markup } from './markup.js'

export type Mark = 'good' | 'bad' | 'open' | 'plain'

/** Shapes that differ without colour: a check, a cross, a question mark in a ring, a dash. Drawn on a field of 16 by 16. */
export const shape = (mark: Mark): Markup =>
  ({
    good: html`<path d="M3 8.6 6.6 12 13 4.6" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>`,
    bad: html`<path d="M4 4l8 8M12 4l-8 8" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>`,
    open: html`<circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M6 6.3a2 2 0 1 1 2.7 2c-.5.2-.7.5-.7 1" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/><circle cx="8" cy="11.6" r="1" fill="currentColor"/>`,
    plain: html`<path d="M4 8h8" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/>`,
  })[mark]

export const badge = (mark: Mark, text: string): Markup =>
  html`<span class="badge ${mark}"><svg width="13" height="13" viewBox="0 0 16 16" aria-hidden="true">${shape(mark)}</svg>${text}</span>`

/** A shape alone, with its meaning for who cannot see it. */
export const sign = (mark: Mark, meaning: string): Markup =>
  html`<svg width="16" height="16" viewBox="0 0 16 16" role="img" aria-label="${meaning}" style="color:var(--${mark === 'plain' ? 'faint' : mark})"><title>${meaning}</title>${shape(mark)}</svg>`

export const markOfFault = (verdict: 'pass' | 'fail' | 'not-evaluated'): Mark =>
  verdict === 'pass' ? 'good' : verdict === 'fail' ? 'bad' : 'open'
export const wordOfFault = { pass: 'passed', fail: 'failed', 'not-evaluated': 'not evaluated' } as const
export const markOfDomain = (verdict: 'proven' | 'disproved' | 'not proven'): Mark =>
  verdict === 'proven' ? 'good' : verdict === 'disproved' ? 'bad' : 'open'
export const markOfSafety = (verdict: 'valid' | 'violated' | 'unknown'): Mark =>
  verdict === 'valid' ? 'good' : verdict === 'violated' ? 'bad' : 'open'
export const wordOfSafety = { valid: 'safe', violated: 'violated', unknown: 'unknown' } as const
