import type { CommandWords } from './words.js'

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const when = (path: string): string => {
  const [first = '', second] = path.split(' ')
  const seen = `__fish_seen_subcommand_from ${first}`
  return quote(second ? `${seen}; and __fish_seen_subcommand_from ${second}` : seen)
}

const rows = (command: CommandWords): string[] => {
  const here = when(command.path)
  const flags = command.flags.map((flag) => {
    const parts = [`-l ${flag.long.slice(2)}`, ...(flag.short ? [`-s ${flag.short.slice(1)}`] : []), `-d ${quote(flag.about)}`]
    if (flag.choices.length > 0) parts.push(`-x -a ${quote(flag.choices.join(' '))}`)
    else if (flag.isFile) parts.push('-r -F')
    else if (flag.takesValue) parts.push('-x')
    return `complete -c quorate -n ${here} ${parts.join(' ')}`
  })
  const places = command.places.flatMap((place) => {
    if (place.from === 'file') return [`complete -c quorate -n ${here} -F`]
    if (place.from === 'machine') return [`complete -c quorate -n ${here} -a '(__quorate_machines)'`]
    return place.words.length > 0 ? [`complete -c quorate -n ${here} -a ${quote(place.words.join(' '))}`] : []
  })
  return [...flags, ...places]
}

/** A completion script for fish 3 and later. */
export const fishScript = (commands: readonly CommandWords[], first: ReadonlyMap<string, string>): string => {
  const groups = [...first.keys()].filter((word) => commands.some((one) => one.path.startsWith(`${word} `)))
  const firsts = [...first].map(([word, about]) => `complete -c quorate -n __fish_use_subcommand -a ${word} -d ${quote(about)}`)
  const seconds = groups.flatMap((group) => {
    const inside = commands.filter((one) => one.path.startsWith(`${group} `))
    const words = inside.map((one) => one.path.slice(group.length + 1))
    const here = quote(`__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${words.join(' ')}`)
    return inside.map((one, i) => `complete -c quorate -n ${here} -a ${words[i]} -d ${quote(one.summary)}`)
  })
  return `# fish completion for quorate; made by: quorate completion fish
function __quorate_machines
    quorate machines -o name --quiet 2>/dev/null | string replace 'machine/' ''
end
complete -c quorate -f
${[...firsts, ...seconds, ...commands.flatMap(rows)].join('\n')}
`
}
