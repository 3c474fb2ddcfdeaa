import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../model/problem.js'
import type { ArgumentSpec } from './command.js'
import type { Context } from './context.js'

export const fileArgument: ArgumentSpec = {
  name: 'file',
  about: 'Cluster file; without one: $QUORATE_FILE, then ./cluster.yaml, then the built-in cluster demo',
  completes: 'file',
}

export const ownFileArgument: ArgumentSpec = {
  name: 'file',
  about: 'Cluster file; without one: $QUORATE_FILE, then ./cluster.yaml',
  completes: 'file',
}

/** The cluster file that is meant, or undefined for the built-in cluster. */
export const clusterFile = (given: string | undefined, context: Context): string | undefined => {
  if (given) return given
  if (context.env.QUORATE_FILE) return context.env.QUORATE_FILE
  return existsSync(join(context.cwd, 'cluster.yaml')) ? 'cluster.yaml' : undefined
}

/** The same where the built-in cluster will not do. Throws Fault Q4905. */
export const ownClusterFile = (given: string | undefined, context: Context, command: string): string => {
  const file = clusterFile(given, context)
  if (file === undefined) throw fault('Q4905', { command })
  return file
}
