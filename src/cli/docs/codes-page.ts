import type { CodeEntry } from '../../model/problem.js'
import { generatedNote } from './markdown.js'

const parts: Record<string, string> = {
  Q1: 'Q1: the cluster file',
  Q2: 'Q2: the bundle',
  Q3: 'Q3: machines and the lab',
  Q4: 'Q4: running, and the command line',
  Q5: 'Q5: claims about a live cluster',
  Q6: 'Q6: drills',
  Q7: 'Q7: clients and keys',
}

const escaped = (text: string): string => text.replace(/\{(\w+)\}/g, '*$1*')

/** docs/reference/codes.md: every problem that quorate can print. */
export const codesPage = (codes: Readonly<Record<string, CodeEntry>>): string => {
  const all = Object.entries(codes).sort(([a], [b]) => a.localeCompare(b))
  const lines = [
    '# Problem codes',
    generatedNote,
    'Each problem that quorate prints has a code. `quorate explain CODE` prints the same page in a terminal.',
  ]
  for (const [prefix, title] of Object.entries(parts)) {
    const inside = all.filter(([code]) => code.startsWith(prefix))
    if (inside.length === 0) continue
    lines.push(`## ${title}`)
    for (const [code, entry] of inside) {
      lines.push(`### ${code}: ${entry.title}`, `> ${escaped(entry.message)}`, `**Next.** ${escaped(entry.remedy)}`)
      lines.push(['```text', entry.explain.trim(), '```'].join('\n'), `Exit status ${entry.exit}.`)
    }
  }
  return `${lines.join('\n\n')}\n`
}
