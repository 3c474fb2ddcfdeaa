/**
 * A command that ends when quorate does, however it ends (prctl(2) PR_SET_PDEATHSIG): what survived a kill -9 would go on writing into a folder
 * that the next build takes for its own. `alone` gives it, as root, its own processes and mounts: with it everything that it started is gone too,
 * and no mount is left.
 */
export const contained = (argv: readonly [string, ...string[]], { alone = false } = {}): [string, ...string[]] => [
  'setpriv',
  '--pdeathsig',
  'KILL',
  '--',
  ...(alone ? ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'] : []),
  ...argv,
]
