import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DrillReport } from '../../src/report/drill-report.js'
import { reportHtml } from '../../src/report/html.js'
import { parseReport, reportJson } from '../../src/report/json.js'
import { reportJunit } from '../../src/report/junit.js'
import { reportMarkdown } from '../../src/report/markdown.js'
import { sampleReport } from './sample.js'
import { all, readXml } from './xml.js'

const few = ['no-fault', 'quorum-lost', 'machine-power-loss-vip', 'network-vrrp-drop', 'network-mtu']
const small = (): DrillReport => sampleReport({ change: (plans) => plans.filter((one) => few.includes(one.id)) })

/** What a reader sees of a page, one block a line: the golden file stays readable, and a change of style does not touch it. */
const textOf = (page: string): string =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<desc>[\s\S]*?<\/desc>/g, '')
    .replace(/<\/(p|h1|h2|h3|h4|li|tr|dd|div|text|title|ul|table)>/g, '\n')
    .replace(/<(td|th|dt|br)\b[^>]*>/g, ' | ')
    .replace(/<[^>]+>/g, '')
    .replace(
      /&amp;|&lt;|&gt;|&quot;|&#39;|&nbsp;/g,
      (one) => ({ '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&nbsp;': ' ' })[one] ?? "'",
    )
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '' && line !== '|')
    .join('\n')

/** Every text of a report that comes from somebody else's machine. */
const hostile = (bad: string): DrillReport => {
  const poison = (value: unknown, key?: string): unknown => {
    if (typeof value === 'string')
      return key !== undefined &&
        [
          'name',
          'title',
          'says',
          'role',
          'label',
          'evidence',
          'claim',
          'formula',
          'endpoint',
          'address',
          'cpuModel',
          'domain',
          'kernel',
          'os',
          'against',
          'zone',
          'probe',
          'id',
          'quorate',
          'kubernetesVersion',
          'balancer',
          'because',
        ].includes(key)
        ? `${bad}${value}`
        : value
    if (Array.isArray(value)) return value.map((one) => poison(one, key))
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, one]) => [k, poison(one, k)]))
    return value
  }
  return poison(sampleReport({ unsafe: true })) as DrillReport
}

const attack = '</title></style><script>window.pwned=1</script><img src=x onerror="window.pwned=1">\'"&<!--]]>'

describe('golden', () => {
  it('Markdown', async () => {
    await expect(reportMarkdown(small())).toMatchFileSnapshot('golden/report.md.golden')
  })
  it('JUnit', async () => {
    await expect(reportJunit(small())).toMatchFileSnapshot('golden/report.junit.golden')
  })
  it('HTML, as read', async () => {
    await expect(textOf(reportHtml(small()))).toMatchFileSnapshot('golden/report.html.golden')
  })
})

describe('HTML', () => {
  const page = reportHtml(sampleReport())
  it('needs nothing from anywhere', () => {
    expect(page).not.toMatch(/<script|<link(?! rel="icon" href="data:,")|<iframe|<object|@import|url\((?!#)/i)
    expect(page.match(/(?:src|href)="([^"]*)"/g)?.filter((one) => !/="(#|data:,)/.test(one))).toEqual([])
    expect(page).not.toMatch(/https?:\/\//)
  })
  it('has every id once, and every link leads to one', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((one) => one[1])
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of page.matchAll(/(?:href="#|aria-labelledby=")([^"]+)"/g)) expect(ids).toContain(target)
  })
  it('escapes names from a cluster', () => {
    const bad = reportHtml(hostile(attack))
    expect(bad).not.toMatch(/<script|<img|onerror="/i)
    expect(bad).not.toContain('<!--')
    expect(bad).toContain('&lt;script&gt;')
    const turned = reportHtml(hostile('\u202Egnp.\u0000'))
    expect(turned.includes('\u202E') || turned.includes('\u0000')).toBe(false)
  })
  it('draws figures only from numbers: no NaN, no undefined', () => {
    for (const report of [sampleReport(), sampleReport({ clean: true }), { ...sampleReport(), faults: [], domains: [] }])
      expect(reportHtml(report)).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })
  it('draws a fault that never began and a report without zones', () => {
    const report = small()
    for (const fault of report.faults) {
      fault.timeline.lanes = []
      delete fault.times.effectiveMs
      fault.measured = []
    }
    for (const machine of report.cluster.machines) delete machine.zone
    const drawn = reportHtml(report)
    expect(drawn).toContain('No timeline was recorded')
    expect(drawn).not.toMatch(/NaN|undefined|Infinity/)
  })
})

describe('JUnit', () => {
  it('is well formed, counts what it holds, and carries predicted and measured', () => {
    const report = sampleReport()
    const root = readXml(reportJunit(report))
    const cases = all(root, 'testcase')
    expect(root.name).toBe('testsuites')
    expect(cases).toHaveLength(report.faults.length)
    expect(Number(root.attributes.tests)).toBe(cases.length)
    expect(Number(root.attributes.failures)).toBe(all(root, 'failure').length)
    expect(Number(root.attributes.skipped)).toBe(all(root, 'skipped').length)
    expect(all(root, 'failure').length).toBe(report.faults.filter((one) => one.verdict === 'fail').length)
    for (const suite of all(root, 'testsuite')) expect(Number(suite.attributes.tests)).toBe(all(suite, 'testcase').length)
    const power = cases.find((one) => one.attributes.name?.startsWith('machine-power-loss-vip'))
    const properties = Object.fromEntries(all(power ?? root, 'property').map((one) => [one.attributes.name, one.attributes.value]))
    expect(properties).toMatchObject({ predicted_ms: '480', measured_span_ms: '380', runs: '5', safety: 'valid' })
  })
  it('stays well formed with hostile names and characters that XML forbids', () => {
    for (const bad of [attack, '\u0000\u0008\uFFFE\uD800]]>&#x0;\n\t"<'])
      expect(all(readXml(reportJunit(hostile(bad))), 'testcase').length).toBeGreaterThan(0)
  })
  it('is read by another parser', ({ skip }) => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-junit-'))
    try {
      const file = join(directory, 'junit.xml')
      writeFileSync(file, reportJunit(hostile(attack)))
      const parse = spawnSync('python3', [
        '-c',
        'import sys, xml.dom.minidom as m; print(len(m.parse(sys.argv[1]).getElementsByTagName("testcase")))',
        file,
      ])
      if (parse.error) skip('python3 is not installed')
      expect(String(parse.stderr)).toBe('')
      expect(Number(parse.stdout)).toBeGreaterThan(0)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})

describe('Markdown', () => {
  it('keeps every table row in its columns, whatever the names', () => {
    const lines = reportMarkdown(hostile('a|b\n| c ` <b> [x](y) ')).split('\n')
    let columns = 0
    for (const line of lines) {
      const cells = line.replace(/\\./g, '').split('|').length
      if (!line.startsWith('| ')) columns = 0
      else if (columns === 0) columns = cells
      else expect(cells, line).toBe(columns)
    }
    expect(lines.join('\n')).not.toMatch(/(?<!\\)<b>/)
  })
})

describe('JSON', () => {
  it('comes back as it was', () => {
    const report = sampleReport()
    expect(parseReport(reportJson(report), 'report.json')).toEqual(JSON.parse(JSON.stringify(report)))
  })
  it('refuses other versions and what is no report', () => {
    const problem = (text: string): unknown => {
      try {
        return parseReport(text, 'x.json')
      } catch (error) {
        return (error as { problem: { code: string } }).problem.code
      }
    }
    expect(problem('{"v":7,"faults":[]}')).toBe('Q6903')
    expect(problem('nonsense')).toBe('Q6902')
    expect(problem('null')).toBe('Q6903')
    expect(problem('{"v":1}')).toBe('Q6902')
  })
})
