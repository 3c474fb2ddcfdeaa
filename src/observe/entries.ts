import { X509Certificate } from 'node:crypto'
import { reasonOf } from '../client/transport.js'
import type { Machine } from '../machine/machine.js'
import { apiServerCount, type Cluster, nodes } from '../model/cluster.js'
import { nodeEndpointUrl } from '../render/endpoint.js'
import type { EntryAnswer } from './live.js'

/** Enough connections that a balancer which takes turns, or takes the least loaded, has shown every server. */
const triesFor = (cluster: Cluster): number => 2 * apiServerCount(cluster) + 2
const tryMs = 3000

/** Asks /readyz again and again, each time as a newcomer; prints the status and the certificate that was shown. */
const script = (url: string, tries: number): string => `n=0
while [ $n -lt ${tries} ]; do
  n=$((n + 1))
  curl -s -o /dev/null --max-time ${tryMs / 1000} --cacert /etc/kubernetes/pki/ca.crt -w 'try %{http_code} %{errormsg}\\n%{certs}\\n' ${url}/readyz
done
exit 0
`

/** Reads what the script printed: one line for each try, followed by the chain that the server showed, its own certificate first. */
export const parseEntry = (node: string, text: string, machineOf: (serial: string) => string | undefined): EntryAnswer => {
  const tries = text.split(/^try /m).slice(1)
  const servers = new Set<string>()
  const failures: string[] = []
  for (const one of tries) {
    const [status = '', ...words] = (one.split('\n')[0] ?? '').split(' ')
    const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(one)?.[0]
    const server = pem ? machineOf(new X509Certificate(pem).serialNumber) : undefined
    if (status === '200') servers.add(server ?? 'a stranger')
    else failures.push(status === '000' ? words.join(' ') || 'no answer' : `HTTP ${status}${server ? ` of ${server}` : ''}`)
  }
  return {
    node,
    tries: tries.length,
    failed: failures.length,
    servers: [...servers].sort(),
    ...(failures[0] ? { error: failures[0] } : {}),
  }
}

/** How every node reaches the API: through its own proxy, or through the balancer. A machine that does not answer is left out. */
export const askEntries = async (
  cluster: Cluster,
  machine: (name: string) => Machine,
  machineOf: (serial: string) => string | undefined,
  options: { signal?: AbortSignal },
): Promise<EntryAnswer[]> => {
  const tries = triesFor(cluster)
  const seen = await Promise.all(
    nodes(cluster).map(async ({ name }): Promise<EntryAnswer | undefined> => {
      try {
        const result = await machine(name).sh(script(nodeEndpointUrl(cluster), tries), {
          timeoutMs: tries * tryMs + 5000,
          allowFailure: true,
          ...options,
        })
        return parseEntry(name, result.stdout, machineOf)
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason
        return { node: name, tries: 0, failed: 0, servers: [], error: reasonOf(error) }
      }
    }),
  )
  return seen.flatMap((one) => one ?? [])
}
