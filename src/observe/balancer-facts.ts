import { adminSocket, backendsOf } from '../client/haproxy.js'
import { reasonOf } from '../client/transport.js'
import type { Machine } from '../machine/machine.js'
import type { Cluster } from '../model/cluster.js'
import type { BalancerFacts } from '../model/observed.js'
import { haproxyConfigPath } from '../render/haproxy.js'
import { nginxConfigPath } from '../render/nginx.js'
import { vrrpStatePath } from '../render/vrrp-scripts.js'
import { addressesOf, carries } from './machine-facts.js'

/** What a balancer says in one round trip. */
export interface BalancerSight {
  facts: BalancerFacts
  holdsVirtualIp: boolean
}

const proxyUnit = (cluster: Cluster): 'nginx' | 'haproxy' => (cluster.balancer === 'nginx-keepalived' ? 'nginx' : 'haproxy')

const script = (proxy: 'nginx' | 'haproxy'): string => `
exec 2>/dev/null
echo "unit $(systemctl is-active ${proxy}.service)"
echo "ip $(ip -j -4 addr show)"
[ -r ${vrrpStatePath} ] && read -r state < ${vrrpStatePath} && echo "vrrp $state"
echo "config $(sha256sum < ${proxy === 'nginx' ? nginxConfigPath : haproxyConfigPath})"
echo stat
[ -S ${adminSocket} ] && echo 'show stat' | socat -t 2 - UNIX-CONNECT:${adminSocket}
exit 0
`

/** Reads what the script printed. */
export const parseBalancer = (machine: string, text: string, virtualIp: string | undefined): BalancerSight => {
  const at = text.indexOf('\nstat\n')
  const head = at === -1 ? text : text.slice(0, at)
  const backends = at === -1 ? [] : backendsOf(text.slice(at + 6))
  const values = new Map(
    head.split('\n').map((line) => {
      const space = line.indexOf(' ')
      return space === -1 ? ([line, ''] as const) : ([line.slice(0, space), line.slice(space + 1).trim()] as const)
    }),
  )
  const unit = values.get('unit') ?? ''
  const running = unit === 'active'
  const vrrpState = values.get('vrrp')
  const configSum = values.get('config')?.split(' ')[0]
  const addresses = values.get('ip') ?? ''
  return {
    facts: {
      machine,
      running,
      ...(running ? {} : { error: unit ? `the proxy is ${unit}` : 'systemd does not answer' }),
      backends,
      ...(vrrpState ? { vrrpState } : {}),
      ...(configSum ? { configSum } : {}),
    },
    holdsVirtualIp: virtualIp !== undefined && carries(addressesOf(addresses), virtualIp),
  }
}

/** One balancer in one round trip. Never throws for a machine that does not answer. */
export const observeBalancer = async (
  machine: Machine,
  cluster: Cluster,
  virtualIp: string | undefined,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<BalancerSight> => {
  const silent = (error: string): BalancerSight => ({
    facts: { machine: machine.name, reachable: false, running: false, error, backends: [] },
    holdsVirtualIp: false,
  })
  try {
    const result = await machine.sh(script(proxyUnit(cluster)), { ...options, allowFailure: true })
    if (result.stdout.startsWith('unit ')) return parseBalancer(machine.name, result.stdout, virtualIp)
    return silent(result.stderr.trim().split('\n').at(-1) || `exit status ${result.exit}`)
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason
    return silent(reasonOf(error))
  }
}
