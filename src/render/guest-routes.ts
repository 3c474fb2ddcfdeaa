import { parseAddress, parseCidr, within } from '../config/ipv4.js'
import { podCidrOf } from '../config/pod-cidr.js'
import { type Cluster, type Hosted, nodes } from '../model/cluster.js'
import { libexec, type ManagedFile } from './managed-file.js'
import { networkUnit } from './routes.js'

/** Marks routes to the pods of guests in the kernel's table: not those of the host cluster itself, which its own script sweeps. */
const guestProtocol = 115

export const guestUnit = (guest: string): string => `quorate-guest-${guest}.service`
export const guestScriptPath = (guest: string): string => `${libexec}/guest-${guest}`
const guestUnitPath = (guest: string): string => `/etc/systemd/system/${guestUnit(guest)}`

/** Only where guest and host are on one segment, and the guest's pods have addresses of their own there. Elsewhere the network must know the way. */
export const needsGuestRoutes = (cluster: Cluster, { host }: Hosted): boolean => {
  const subnet = parseCidr(host.network.machineSubnet)
  const inside = (address: string): boolean => {
    const n = parseAddress(address)
    return n !== undefined && subnet !== undefined && within(n, subnet)
  }
  return cluster.network.plugin.kind === 'routed' && nodes(cluster).every((m) => inside(m.address))
}

/**
 * Files on every node of the host cluster: the API servers of the guest dial webhooks and added APIs at their pods, and a pod of the host that sends
 * there leaves with the address of its node. A unit of its own, so that nothing of the host cluster changes when guests come and go.
 */
export const guestRouteFiles = (cluster: Cluster): ManagedFile[] => {
  const routes = nodes(cluster).map((m) => `${podCidrOf(cluster, m)} via ${m.address}`)
  const unit = guestUnit(cluster.name)
  return [
    {
      path: guestScriptPath(cluster.name),
      mode: 0o755,
      unit,
      content: `#!/bin/sh
# Written by quorate: the ways to the pods of ${cluster.name}, whose control plane runs in this cluster.
wanted=' ${nodes(cluster)
        .map((m) => podCidrOf(cluster, m))
        .join(' ')} '
[ "$1" = up ] || wanted=
failed=0
ip -4 route show proto ${guestProtocol} root ${cluster.network.podSubnet} | while read -r subnet _; do
  case $wanted in *" $subnet "*) ;; *) ip -4 route del "$subnet" proto ${guestProtocol} ;; esac
done
[ "$1" = up ] || exit 0
${routes.map((route) => `ip -4 route replace ${route} proto ${guestProtocol} || failed=1`).join('\n')}
exit $failed
`,
    },
    {
      path: guestUnitPath(cluster.name),
      unit,
      content: `[Unit]
Description=Ways to the pods of the guest cluster ${cluster.name}
After=${networkUnit}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${guestScriptPath(cluster.name)} up
ExecStop=${guestScriptPath(cluster.name)} down

[Install]
WantedBy=multi-user.target
`,
    },
  ]
}

/** Prints `in-place` where files and routes are as they should be. Changes nothing. */
export const guestRoutesQuestion = (cluster: Cluster, sums: readonly { path: string; sum: string }[]): string => `${sums
  .map(({ path, sum }) => `echo '${sum}  ${path}' | sha256sum -c --status 2>/dev/null || exit 0`)
  .join('\n')}
systemctl is-active -q ${guestUnit(cluster.name)} && systemctl is-enabled -q ${guestUnit(cluster.name)} || exit 0
[ "$(ip -4 route show proto ${guestProtocol} root ${cluster.network.podSubnet} | wc -l)" = ${nodes(cluster).length} ] && echo in-place
exit 0
`

/** Takes it all away; safe to run where nothing is. */
export const guestRoutesRemoval = (guest: string): string => `systemctl disable --now --quiet ${guestUnit(guest)} 2>/dev/null
[ ! -x ${guestScriptPath(guest)} ] || ${guestScriptPath(guest)} down
rm -f ${guestScriptPath(guest)} ${guestUnitPath(guest)}
systemctl daemon-reload
`
