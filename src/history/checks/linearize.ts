/** One operation on one register. Values are small whole numbers; 0 = absent. */
export interface RegisterOperation {
  startMs: number
  /** Infinity = never answered: may take effect at any later time, or not at all. */
  endMs: number
  /** Value that the register must hold for this to happen; absent = any. A read requires and writes nothing. */
  requires?: number
  writes?: number
}

export type Answer = 'yes' | 'no' | 'out-of-budget'

interface Frame {
  /** State before this frame. */
  state: number
  /** Operations put in order by this frame: one write, then the reads that it satisfies. */
  done: number[]
  candidates: number[]
  next: number
}

const answered = (op: RegisterOperation): boolean => op.endMs !== Number.POSITIVE_INFINITY

/** Configurations kept in memory at most; about 100 bytes each. */
const mostConfigurations = 1_500_000

/**
 * Whether the operations on one register, at first absent, have one order that agrees with real time and in which every required
 * value is the current one (the search of Wing and Gong with Lowe's memory of configurations).
 *
 * Three facts keep it near linear on real histories: a read that fits can be placed at once without looking back; a value cannot be
 * overwritten for good while reads of it are left; and a write without answer matters only while somebody still requires its value.
 * `expired` is asked now and then and ends the search.
 */
export const linearizable = (input: readonly RegisterOperation[], expired: () => boolean): Answer => {
  const required = new Set(input.map((one) => one.requires).filter((one) => one !== undefined))
  const useful = (op: RegisterOperation): boolean => answered(op) || (op.writes !== undefined && required.has(op.writes))
  const ops = input.filter(useful).sort((a, b) => a.startMs - b.startMs)
  const count = ops.length
  const must: number[] = []
  const optional: number[] = []
  /** Where an operation stands in `must`. */
  const rank = new Int32Array(count)
  const mustRequire = new Map<number, number>()
  const mayRequire = new Map<number, number>()
  const writersLeft = new Map<number, number>()
  const bump = (map: Map<number, number>, value: number | undefined, by: number): void => {
    if (value !== undefined) map.set(value, (map.get(value) ?? 0) + by)
  }
  const tally = (op: RegisterOperation, by: number): void => {
    if (answered(op)) bump(mustRequire, op.requires, by)
    bump(mayRequire, op.requires, by)
    bump(writersLeft, op.writes, by)
  }
  for (const [index, op] of ops.entries()) {
    if (answered(op)) {
      rank[index] = must.length
      must.push(index)
    } else optional.push(index)
    tally(op, 1)
  }

  const placed = new Uint8Array(count)
  let placedMust = 0
  let low = 0
  let state = 0
  const place = (index: number): void => {
    const op = ops[index]
    if (!op) return
    placed[index] = 1
    if (answered(op)) placedMust++
    tally(op, -1)
    if (op.writes !== undefined) state = op.writes
  }
  const unplace = (index: number): void => {
    const op = ops[index]
    if (!op) return
    placed[index] = 0
    if (answered(op)) {
      placedMust--
      low = Math.min(low, rank[index] ?? 0)
    }
    tally(op, 1)
  }
  /** Operations of `must` that may come next: those that began before every other one still open had ended. */
  const enabled = (): number[] => {
    while (low < must.length && placed[must[low] ?? 0]) low++
    const found: number[] = []
    let firstEnd = Number.POSITIVE_INFINITY
    for (let i = low; i < must.length; i++) {
      const index = must[i] ?? 0
      const op = ops[index]
      if (!op || op.startMs > firstEnd) break
      if (placed[index]) continue
      found.push(index)
      if (op.endMs < firstEnd) firstEnd = op.endMs
    }
    const open = found.filter((index) => (ops[index]?.startMs ?? 0) <= firstEnd)
    for (const index of optional) {
      if ((ops[index]?.startMs ?? 0) > firstEnd) break
      if (!placed[index]) open.push(index)
    }
    return open
  }
  const isRead = (op: RegisterOperation): boolean => op.writes === undefined
  /** Places every read that fits now, until no more does; returns what may come next. */
  const absorb = (done: number[]): number[] => {
    for (;;) {
      const open = enabled()
      const fitting = open.filter((index) => {
        const op = ops[index]
        return op !== undefined && isRead(op) && op.requires === state
      })
      if (fitting.length === 0) return open
      for (const index of fitting) {
        place(index)
        done.push(index)
      }
    }
  }
  const writesOf = (open: readonly number[]): number[] => {
    const waiting = mustRequire.get(state) ?? 0
    const stuck = waiting > 0 && (writersLeft.get(state) ?? 0) === 0
    return open
      .filter((index) => {
        const op = ops[index]
        if (!op || isRead(op)) return false
        if (op.requires !== undefined && op.requires !== state) return false
        // Nobody can bring this value back: all who require it must come first.
        if (stuck && !(op.requires === state && answered(op) && waiting === 1)) return false
        return answered(op) || (mayRequire.get(op.writes ?? -1) ?? 0) > 0
      })
      .sort((a, b) => (ops[a]?.endMs ?? 0) - (ops[b]?.endMs ?? 0))
  }
  const configuration = (): string => {
    const beyond: number[] = []
    for (let i = low, left = placedMust - low; i < must.length && left > 0; i++)
      if (placed[must[i] ?? 0]) {
        beyond.push(i)
        left--
      }
    return `${state}|${low}|${beyond.join(',')}|${optional.filter((index) => placed[index]).join(',')}`
  }

  const first: number[] = []
  const stack: Frame[] = [{ state, done: first, candidates: writesOf(absorb(first)), next: 0 }]
  const seen = new Set<string>()
  let steps = 0
  while (stack.length > 0) {
    if (placedMust === must.length) return 'yes'
    if ((++steps & 255) === 0 && (expired() || seen.size > mostConfigurations)) return 'out-of-budget'
    const frame = stack[stack.length - 1]
    if (!frame) break
    const candidate = frame.candidates[frame.next++]
    if (candidate === undefined) {
      stack.pop()
      for (const index of frame.done) unplace(index)
      state = frame.state
      continue
    }
    const before = state
    const done = [candidate]
    place(candidate)
    const candidates = writesOf(absorb(done))
    const key = configuration()
    if (placedMust < must.length && seen.has(key)) {
      for (const index of done) unplace(index)
      state = before
      continue
    }
    seen.add(key)
    stack.push({ state: before, done, candidates, next: 0 })
  }
  return placedMust === must.length ? 'yes' : 'no'
}
