/** Where in the user's file a problem sits; line and column count from 1. */
export interface Position {
  file: string
  line: number
  column: number
  /** Field path, for example `spec.machines[2].address`. */
  path?: string
}

/** A problem that the user can fix. A value, never text: cli/ and report/ turn it into words with model/codes.ts. */
export interface Problem {
  code: string
  severity: 'error' | 'warning'
  /** Fills the {placeholders} of the code's message and remedy. */
  data: Record<string, string | number>
  at?: Position
  machine?: string
}

/** One entry of the registry of codes. `explain` is the page that `quorate explain CODE` prints: why, how to see it, how to fix it. */
export interface CodeEntry {
  title: string
  /** Sentence with {placeholders}. */
  message: string
  /** The next thing to do or type, with {placeholders}. */
  remedy: string
  explain: string
  /** Exit status of the command line when this ends it. */
  exit: 1 | 2 | 4 | 5
}

/** Thrown where work cannot go on. Carries the problem, and the cause if another error led here. */
export class Fault extends Error {
  override readonly name = 'Fault'
  constructor(
    readonly problem: Problem,
    options?: { cause?: unknown },
  ) {
    super(`${problem.code} ${JSON.stringify(problem.data)}`, options)
  }
}

export const problem = (
  code: string,
  data: Problem['data'] = {},
  rest: { at?: Position; machine?: string; severity?: Problem['severity'] } = {},
): Problem => ({
  code,
  severity: rest.severity ?? 'error',
  data,
  ...(rest.at ? { at: rest.at } : {}),
  ...(rest.machine ? { machine: rest.machine } : {}),
})

export const fault = (code: string, data: Problem['data'] = {}, rest: { at?: Position; machine?: string; cause?: unknown } = {}): Fault =>
  new Fault(problem(code, data, rest), { cause: rest.cause })
