import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { main, stopAll } from './command.js'

/** A folder of one benchmark: its cluster files, its state, its records. */
export interface Scratch {
  root: string
  /** Writes a cluster file for `work`, and takes its cluster down when that has ended or failed. */
  withCluster<T>(text: string, work: (file: string) => Promise<T>): Promise<T>
}

/**
 * Gives `work` a folder, where every run of quorate that this process starts keeps its state, and takes it away at the end with every cluster
 * that is still up: also when the work fails, and when somebody ends the benchmark, since a cluster that is left behind goes on using the computer.
 */
export const withScratch = async (title: string, work: (scratch: Scratch) => Promise<void>): Promise<void> => {
  const root = mkdtempSync(`/var/tmp/quorate-bench-${title}-`)
  process.env.QUORATE_STATE = join(root, 'state')
  const up = new Set<string>()
  const down = (name: string): void => {
    spawnSync(process.execPath, [main, 'down', name], { stdio: 'ignore' })
    up.delete(name)
  }
  const clean = (): void => {
    for (const name of up) down(name)
    rmSync(root, { recursive: true, force: true })
  }
  const ended = (): void => {
    void stopAll().finally(() => {
      clean()
      process.exit(130)
    })
  }
  process.once('SIGINT', ended).once('SIGTERM', ended)
  const withCluster: Scratch['withCluster'] = async (text, inside) => {
    const { name } = (parse(text) as { metadata: { name: string } }).metadata
    const file = join(root, `${name}.yaml`)
    writeFileSync(file, text)
    up.add(name)
    try {
      return await inside(file)
    } finally {
      down(name)
    }
  }
  try {
    await work({ root, withCluster })
  } finally {
    process.off('SIGINT', ended).off('SIGTERM', ended)
    clean()
  }
}
