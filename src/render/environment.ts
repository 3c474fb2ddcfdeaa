/** Environment variables as lines of a systemd unit. */
export const environmentLines = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `Environment=${name}=${value}\n`)
    .join('')

/** The same, as containers take them. */
export const environmentList = (variables: Readonly<Record<string, string>>): { name: string; value: string }[] =>
  Object.entries(variables).map(([name, value]) => ({ name, value }))
