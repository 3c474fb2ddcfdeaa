import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProcess } from '../machine/process.js'
import { contained } from './contained.js'

/** Holds a pod's namespaces and reaps what is left to it; ends on request. Every pod has one: in C it costs a machine a few kilobytes. */
export const pauseSource = `#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, 0, WNOHANG) > 0) {} }
int main(void) {
  signal(SIGINT, end);
  signal(SIGTERM, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
`

/** Compiles `dir`/pause, static: its image holds nothing else. */
export const makePause = async (dir: string, signal?: AbortSignal): Promise<void> => {
  const source = join(dir, 'pause.c')
  await writeFile(source, pauseSource)
  await runProcess(contained(['gcc', '-Os', '-static', '-s', '-o', join(dir, 'pause'), source]), {
    timeoutMs: 60_000,
    ...(signal ? { signal } : {}),
  })
}
