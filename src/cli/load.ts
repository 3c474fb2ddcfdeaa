import type { Verbs } from './verbs.js'

/** How commands reach what is heavy: each part is imported when a command first asks for it. */
export interface Loaders {
  verbs(): Promise<Verbs>
}

export const loaders: Loaders = {
  verbs: async () => {
    // The name is built at run time only until the engine's folder is part of the tree.
    const path = '../operate/index.js'
    return (await import(path)) as Verbs
  },
}
