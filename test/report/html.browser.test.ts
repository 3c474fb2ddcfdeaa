import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportHtml } from '../../src/report/html.js'
import { Chromium, chromiumPath } from './chromium.js'
import { sampleReport } from './sample.js'

const path = chromiumPath()
if (path === undefined)
  console.warn('SKIPPED: the report was not looked at in a browser, because chromium is not installed (apt-get install chromium)')

/** Contrast of every text with what lies behind it, by the rule of WCAG 2; returns the texts below the least. */
const poorContrast = `(() => {
  const parse = (text) => { const part = text.match(/[\\d.]+/g).map(Number); return { rgb: part.slice(0, 3), alpha: part[3] ?? 1 } }
  const light = ([r, g, b]) => { const f = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b) }
  const over = (top, below) => top.rgb.map((c, i) => c * top.alpha + below[i] * (1 - top.alpha))
  const behind = (element) => {
    const layers = []
    for (let one = element; one; one = one.parentElement) layers.unshift(parse(getComputedStyle(one).backgroundColor))
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255])
  }
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (!node.nodeValue.trim() || !element.getClientRects().length || element.closest('title,desc,style,.hidden')) continue
    const svg = element.closest('svg')
    const style = getComputedStyle(element)
    const ink = parse(svg ? style.fill : style.color)
    // White names within coloured bars are measured against their bar.
    let ground = behind(svg ? svg.parentElement : element)
    if (svg && svg.classList.contains('timeline') && ink.rgb.every((c) => c === 255)) {
      const bar = element.previousElementSibling
      ground = parse(getComputedStyle(bar).fill).rgb
    }
    const [a, b] = [light(over(ink, ground)), light(ground)].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    if (ratio < 4.5) found.push(ratio.toFixed(2) + ' ' + element.tagName + '.' + element.getAttribute('class') + ' "' + node.nodeValue.trim().slice(0, 40) + '"')
  }
  return [...new Set(found)].slice(0, 20)
})()`

/** Texts of a drawing that lie outside of it, and so are cut off. */
const cutOff = `[...document.querySelectorAll('svg text')].filter((text) => {
  const own = text.getBoundingClientRect(), box = text.ownerSVGElement.getBoundingClientRect()
  return own.width > 0 && (own.left < box.left - 1.5 || own.right > box.right + 1.5 || own.bottom > box.bottom + 1.5 || own.top < box.top - 1.5)
}).map((text) => text.textContent + ' in ' + text.ownerSVGElement.getAttribute('aria-label')).slice(0, 10)`

describe.skipIf(path === undefined)('the page in Chromium', () => {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-report-'))
  const report = sampleReport({ unsafe: true })
  const page = join(directory, 'report.html')
  let browser: Chromium
  let seen: Awaited<ReturnType<Chromium['open']>>
  beforeAll(async () => {
    writeFileSync(page, reportHtml(report))
    browser = await Chromium.start(path ?? '')
    await browser.width(1280)
    seen = await browser.open(`file://${page}`)
  }, 30_000)
  afterAll(async () => {
    await browser?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  it('complains of nothing and asks for nothing but itself', () => {
    expect(seen.complaints).toEqual([])
    expect(seen.requests.filter((one) => !one.startsWith('data:'))).toEqual([`file://${page}`])
  })
  it('draws a timeline for every fault, with every lane', async () => {
    const drawn = await browser.evaluate<{ title: string; wide: number; high: number; lanes: string[] }[]>(
      `[...document.querySelectorAll('.fault')].map((one) => { const svg = one.querySelector('svg.timeline'), box = svg.getBoundingClientRect()
        return { title: one.querySelector('h3').textContent, wide: box.width, high: box.height, lanes: [...svg.querySelectorAll('g > text:first-child')].map((text) => text.textContent) } })`,
    )
    expect(drawn.map((one) => one.title)).toEqual(report.faults.map((one) => one.title))
    for (const [i, one] of drawn.entries()) {
      expect(one.wide).toBeGreaterThan(800)
      expect(one.high).toBeGreaterThan(200)
      expect(new Set(one.lanes)).toEqual(new Set(report.faults[i]?.timeline.lanes.map((lane) => lane.name)))
    }
  })
  it.each(['light', 'dark'] as const)('is readable in %s mode: contrast of at least 4.5 everywhere', async (scheme) => {
    await browser.media('screen', scheme)
    expect(await browser.evaluate(poorContrast)).toEqual([])
    const ground = await browser.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    expect(ground).toBe(scheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(16, 21, 27)')
  })
  it.each([1280, 1000, 390])('fits into a window of %i pixels, and cuts no text off', async (width) => {
    await browser.media('screen', 'light')
    await browser.width(width)
    expect(await browser.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    expect(await browser.evaluate(cutOff)).toEqual([])
    await browser.width(1280)
  })
  it('prints in light colours, also for who reads in the dark, every fault within a page', async () => {
    await browser.media('print', 'dark')
    expect(await browser.evaluate<string>('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
    expect(await browser.evaluate<string>(`getComputedStyle(document.querySelector('nav')).display`)).toBe('none')
    expect(await browser.evaluate(poorContrast)).toEqual([])
    const { data } = await browser.call('Page.printToPDF', { preferCSSPageSize: true, printBackground: true })
    const pdf = Buffer.from(String(data), 'base64').toString('latin1')
    const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0
    expect(pages).toBeGreaterThan(report.faults.length / 2)
    expect(pages).toBeLessThanOrEqual(report.faults.length + 8)
  })
  it('runs nothing that hides in a name', async () => {
    const attacked = sampleReport({
      change: (plans) =>
        plans.slice(0, 3).map((one) => ({ ...one, title: `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>` })),
    })
    writeFileSync(page, reportHtml(attacked))
    const { complaints } = await browser.open(`file://${page}`)
    expect(complaints).toEqual([])
    expect(await browser.evaluate<string>('typeof window.pwned')).toBe('undefined')
  })
})
