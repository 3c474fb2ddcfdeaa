import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import type { Machine } from '../machine/machine.js'
import { fault } from '../model/problem.js'

export interface HostLock {
  release(): Promise<void>
}

export interface HostLockOptions {
  verb: string
  /** Path on every host; below /run, so it does not survive a reboot. */
  path?: string
  /** Nobody refreshed it for this long: its owner is gone. Default 90,000. */
  staleMs?: number
}

const held = 73

/** Prints what is there and exits 73 when somebody else holds it. `set -C` makes the shell refuse to write over a file: one of two writers wins. */
const takeScript = (path: string, staleS: number): string => `umask 077
mine=$(cat)
mkdir -p "$(dirname ${path})" || exit 1
for try in 1 2 3; do
  (set -C; printf '%s\\n' "$mine" > ${path}) 2>/dev/null && exit 0
  [ "$(cat ${path} 2>/dev/null)" = "$mine" ] && { touch ${path}; exit 0; }
  age=$(($(date +%s) - $(stat -c %Y ${path} 2>/dev/null || date +%s)))
  if [ $age -ge ${staleS} ]; then mv ${path} ${path}.stale.$$ 2>/dev/null && rm -f ${path}.stale.$$; continue; fi
  cat ${path}
  exit ${held}
done
exit 1
`

const onlyMine = (path: string, act: string): string => `[ "$(cat ${path} 2>/dev/null)" = "$(cat)" ] && ${act} ${path}; true\n`

/**
 * Takes the lock of a cluster on its hosts, so that two operators on different computers do not change it at once. Held on every host given that
 * answers, and refreshed while it is held; when quorate dies it is free after `staleMs`. Throws Fault Q4002 naming owner and age.
 */
export const takeHostLock = async (hosts: readonly Machine[], options: HostLockOptions): Promise<HostLock> => {
  const { verb, path = '/run/quorate/operator', staleMs = 90_000 } = options
  const since = new Date()
  const owner = JSON.stringify({
    user: userInfo().username,
    host: hostname(),
    pid: process.pid,
    verb,
    since: since.toISOString(),
    id: randomBytes(8).toString('hex'),
  })
  const ask = (script: string) => (host: Machine) => host.sh(script, { stdin: `${owner}\n`, timeoutMs: 15_000, allowFailure: true })
  const free = async (): Promise<void> => {
    await Promise.allSettled(hosts.map(ask(onlyMine(path, 'rm -f'))))
  }
  // A host that does not answer cannot be changed by anybody either; the steps tell why.
  const answers = await Promise.allSettled(hosts.map(ask(takeScript(path, Math.ceil(staleMs / 1000)))))
  const other = answers.flatMap((a) => (a.status === 'fulfilled' && a.value.exit === held ? [a.value.stdout] : []))[0]
  if (other !== undefined) {
    await free()
    throw fault('Q4002', { ...ownerOf(other, since) })
  }
  const refresh = setInterval(() => void Promise.allSettled(hosts.map(ask(onlyMine(path, 'touch')))), staleMs / 4)
  refresh.unref()
  return {
    release: async () => {
      clearInterval(refresh)
      await free()
    },
  }
}

const ownerOf = (text: string, now: Date): Record<string, string | number> => {
  try {
    const { user, host, pid, verb, since } = JSON.parse(text) as Record<string, string | number>
    const ageS = Math.max(0, Math.round((now.getTime() - Date.parse(String(since))) / 1000))
    return { user: user ?? 'somebody', host: host ?? 'another computer', pid: pid ?? 0, verb: verb ?? 'another command', ageS }
  } catch {
    return { user: 'somebody', host: 'another computer', pid: 0, verb: 'another command', ageS: 0 }
  }
}
