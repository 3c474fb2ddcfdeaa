/** `1500ms` or `20s`: read alike by Go, haproxy and systemd. */
export const duration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`)

/** Whole seconds, rounded up, at least one: for settings that know nothing finer. */
export const wholeSeconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))
