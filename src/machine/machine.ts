/** One way to reach a machine, the same for machines made on this computer, hosts over SSH, and fakes in tests. */

export interface CommandResult {
  /** Exit status; 128+n when ended by signal n. */
  exit: number
  stdout: string
  stderr: string
  ms: number
}

export interface RunOptions {
  /** Given to the command on standard input: the only way a secret may travel. */
  stdin?: string | Uint8Array
  /** Deadline; default 60,000. Passing it throws Fault Q3002. */
  timeoutMs?: number
  signal?: AbortSignal
  /** Return the result instead of throwing Fault Q3001 when the exit status is not 0. */
  allowFailure?: boolean
  /** Called with each line of standard error as it comes. */
  onLine?: (line: string) => void
}

/** One file as it should be. Written beside its place, fsynced, renamed: never seen half-written. */
export interface FileSpec {
  path: string
  content: string | Uint8Array
  /** Default 0o644. Keys and kubeconfigs are 0o600. */
  mode?: number
}

export interface Machine {
  readonly name: string
  readonly address: string
  /** Runs POSIX sh text as root. The text travels on standard input, so it is in no process list. */
  sh(script: string, options?: RunOptions): Promise<CommandResult>
  /** Runs one program with arguments that are safe to be seen in a process list. */
  exec(argv: readonly string[], options?: RunOptions): Promise<CommandResult>
  /** Undefined when the file does not exist. */
  read(path: string): Promise<string | undefined>
  /** Writes those whose content or mode differs, all in one round trip; returns the paths that changed. */
  write(files: readonly FileSpec[]): Promise<string[]>
  /** Copies a local file (bundle archive) to the machine, atomically. */
  upload(
    localPath: string,
    remotePath: string,
    options?: { mode?: number; onProgress?: (bytes: number) => void; signal?: AbortSignal },
  ): Promise<void>
  close(): Promise<void>
}
