/** What rendering must know of machines beyond the cluster file. */
export interface RenderOptions {
  /** Machines made on this computer: a shared kernel, few privileges, no registry, no other purpose than this cluster. */
  lab: boolean
  /**
   * How many threads of a Go program may run at once, where machines share the processors of one computer; unset, each machine has its own. A program
   * that takes itself for the only one spends a quarter of its time waking threads.
   */
  goThreads?: number
}
