import type { CommandWords } from './words.js'

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const valueCases = (command: CommandWords): string[] =>
  command.flags
    .filter((flag) => flag.takesValue)
    .map((flag) => {
      const names = [flag.long, ...(flag.short ? [flag.short] : [])].join('|')
      if (flag.choices.length > 0)
        return `        ${names}) COMPREPLY=($(compgen -W ${quote(flag.choices.join(' '))} -- "$cur")); return ;;`
      return `        ${names}) ${flag.isFile ? 'COMPREPLY=($(compgen -f -- "$cur")); ' : ''}return ;;`
    })

const placeCases = (command: CommandWords): string[] =>
  command.places.map((place, index) => {
    const at = index === command.places.length - 1 ? '*' : String(index)
    if (place.from === 'machine') return `        ${at}) COMPREPLY=($(compgen -W "$(_quorate_machines)" -- "$cur")) ;;`
    if (place.from === 'file') return `        ${at}) COMPREPLY=($(compgen -f -- "$cur")) ;;`
    if (place.from === 'words') return `        ${at}) COMPREPLY=($(compgen -W ${quote(place.words.join(' '))} -- "$cur")) ;;`
    return `        ${at}) ;;`
  })

const commandCase = (command: CommandWords): string => {
  const flags = command.flags.flatMap((flag) => [flag.long, ...(flag.short ? [flag.short] : [])])
  const values = valueCases(command)
  const withValue = command.flags.filter((flag) => flag.takesValue).flatMap((flag) => [flag.long, ...(flag.short ? [flag.short] : [])])
  return [
    `    ${quote(command.path)})`,
    ...(values.length > 0 ? ['      case "$prev" in', ...values, '      esac'] : []),
    `      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W ${quote(flags.join(' '))} -- "$cur")); return; fi`,
    `      _quorate_place ${command.path.split(' ').length} ${quote(withValue.join(' '))}`,
    ...(command.places.length > 0 ? ['      case "$place" in', ...placeCases(command), '      esac'] : []),
    '      ;;',
  ].join('\n')
}

/** A completion script for bash 4 and later; it needs no bash-completion package. */
export const bashScript = (commands: readonly CommandWords[], first: ReadonlyMap<string, string>): string => {
  const groups = [...first.keys()].filter((word) => commands.some((one) => one.path.startsWith(`${word} `)))
  const seconds = groups.map((group) => {
    const words = commands.filter((one) => one.path.startsWith(`${group} `)).map((one) => one.path.slice(group.length + 1))
    return `    ${quote(group)}) COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$cur")) ;;`
  })
  return `# bash completion for quorate; made by: quorate completion bash
_quorate_machines() {
  quorate machines -o name --quiet 2>/dev/null | sed 's|^machine/||'
}
# Sets place to the number of positional words before the cursor, after the command of $1 words; $2 are flags that take a value.
_quorate_place() {
  local i word skip=
  place=0
  for ((i = 1 + $1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $skip ]]; then skip=; continue; fi
    if [[ $word == -* ]]; then [[ " $2 " == *" $word "* ]] && skip=1; continue; fi
    place=$((place + 1))
  done
}
_quorate() {
  local cur prev command place
  COMPREPLY=()
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD - 1]}
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W ${quote([...first.keys(), '--help', '--version'].join(' '))} -- "$cur"))
    return
  fi
  command=\${COMP_WORDS[1]}
  case "$command" in
    ${groups.length > 0 ? groups.map(quote).join('|') : "'-'"})
      if ((COMP_CWORD > 2)); then command="$command \${COMP_WORDS[2]}"; fi ;;
  esac
  case "$command" in
${seconds.join('\n')}
${commands.map(commandCase).join('\n')}
  esac
}
complete -o filenames -F _quorate quorate ./quorate
`
}
