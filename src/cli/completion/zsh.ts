import type { CommandWords } from './words.js'

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
/** In _arguments and _describe a colon parts fields and brackets hold the text. */
const plain = (text: string): string => text.replace(/[[\]]/g, '').replaceAll(':', '\\:')

const specs = (command: CommandWords): string[] => {
  const flags = command.flags.flatMap((flag) => {
    const value = !flag.takesValue
      ? ''
      : flag.choices.length > 0
        ? `:value:(${flag.choices.join(' ')})`
        : flag.isFile
          ? ':file:_files'
          : ':value:'
    return [flag.long, ...(flag.short ? [flag.short] : [])].map((name) => quote(`${name}[${plain(flag.about)}]${value}`))
  })
  const places = command.places.map((place, index) => {
    const last = index === command.places.length - 1
    const what =
      place.from === 'file'
        ? '_files'
        : place.from === 'machine'
          ? '_quorate_machines'
          : place.words.length > 0
            ? `(${place.words.join(' ')})`
            : ' '
    return quote(`${last ? '*' : index + 1}:argument:${what}`)
  })
  return [...flags, ...places]
}

/** A completion script for zsh; also works by \`source\` after compinit. */
export const zshScript = (commands: readonly CommandWords[], first: ReadonlyMap<string, string>): string => {
  const groups = [...first.keys()].filter((word) => commands.some((one) => one.path.startsWith(`${word} `)))
  const list = (rows: Iterable<readonly [string, string]>) =>
    [...rows].map(([word, about]) => `    ${quote(`${word}:${plain(about)}`)}`).join('\n')
  const second = groups.map((group) => {
    const rows = commands
      .filter((one) => one.path.startsWith(`${group} `))
      .map((one) => [one.path.slice(group.length + 1), one.summary] as const)
    return `    ${group})\n      words_=(\n${list(rows)}\n      )\n      (( CURRENT == 3 )) && { _describe command words_; return }\n      command="$command \${words[3]}"; shift=2 ;;`
  })
  const cases = commands.map((one) => `    ${quote(one.path)}) _arguments -s ${specs(one).join(' ')} ;;`)
  return `#compdef quorate
# zsh completion for quorate; made by: quorate completion zsh
_quorate_machines() {
  local -a names
  names=(\${(f)"$(quorate machines -o name --quiet 2>/dev/null | sed 's|^machine/||')"})
  compadd -a names
}
_quorate() {
  local -a words_
  local command=\${words[2]} shift=1
  words_=(
${list(first.entries())}
  )
  (( CURRENT == 2 )) && { _describe command words_; return }
  case "$command" in
${second.join('\n')}
  esac
  words=("\${words[@]:$shift}")
  (( CURRENT -= shift ))
  case "$command" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_quorate" ]; then _quorate "$@"; else compdef _quorate quorate; fi
`
}
