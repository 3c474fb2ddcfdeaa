import type { MachineSpec } from '../../model/cluster.js'
import type { MachineScripts } from '../faults/fault.js'
import { script } from './prelude.js'

/** What is dropped, as matches of nft; '' matches every packet. */
export interface Cut {
  in?: readonly string[]
  out?: readonly string[]
  /** Packets that the machine sends to itself. */
  loopback?: readonly string[]
}

/** Tables of the drill bear the fault's id; `quorate heal` finds them by this beginning. */
export const tablePrefix = 'quorate_fault_'
const tableOf = (id: string): string => `${tablePrefix}${id.replaceAll('-', '_')}`

const rules = (matches: readonly string[] | undefined): string =>
  (matches ?? []).map((match) => `    ${match}${match ? ' ' : ''}counter name hit drop`).join('\n')

/**
 * Drops at the edge of the machine's network card, so that ARP is cut as well and traffic of its pods too; loopback never passes there.
 * What SSH needs (its port, and ARP of those who are connected) is accepted first: the way to mend it must stay open.
 */
export const cutNetwork = (machine: MachineSpec, cut: Cut, id: string): MachineScripts => {
  const table = tableOf(id)
  const port = machine.ssh?.port ?? 22
  const edge = cut.in || cut.out
  return {
    inject: script(
      id,
      `
dev=$(ip -o -4 addr show | awk -v a=${machine.address} '{ split($4, x, "/"); if (x[1] == a) { print $2; exit } }')
[ -n "$dev" ] || { echo "no interface carries ${machine.address}" >&2; exit 1; }
control=$(ss -Htn state established "( sport = :${port} )" | awk '{ sub(/:[0-9]+$/, "", $4); gsub(/[][]/, "", $4); sub(/^::ffff:/, "", $4); print $4 }' | sort -u | paste -sd, -)
${
  edge
    ? `nft -f - <<END || exit 1
table netdev ${table}
delete table netdev ${table}
table netdev ${table} {
  counter hit {
  }
${
  cut.in
    ? `  chain incoming {
    type filter hook ingress device $dev priority -500; policy accept;
    tcp dport ${port} accept
    arp saddr ip { \${control:-127.0.0.1} } accept
${rules(cut.in)}
  }
`
    : ''
}${
  cut.out
    ? `  chain outgoing {
    type filter hook egress device $dev priority -500; policy accept;
    tcp sport ${port} accept
    arp daddr ip { \${control:-127.0.0.1} } accept
${rules(cut.out)}
  }
`
    : ''
}}
END`
    : ''
}
${
  cut.loopback
    ? `nft -f - <<END || exit 1
table inet ${table}
delete table inet ${table}
table inet ${table} {
  counter hit {
  }
  chain own {
    type filter hook output priority -400; policy accept;
    oif != lo accept
${rules(cut.loopback)}
  }
}
END`
    : ''
}
`,
    ),
    effect: script(
      id,
      `
nft list tables 2>/dev/null | grep -q ${table} || { echo "no rule is in force"; exit 1; }
n=0
for family in netdev inet; do
  c=$(nft list counter $family ${table} hit 2>/dev/null | sed -n 's/.*packets \\([0-9]*\\).*/\\1/p')
  n=$((n + \${c:-0}))
done
[ "$n" -gt 0 ] || { echo "rules are in force, nothing was dropped yet"; exit 1; }
echo "$n packets dropped"
`,
    ),
    undo: script(
      id,
      `
for family in netdev inet; do nft delete table $family ${table} 2>/dev/null; done
exit 0
`,
    ),
    undone: script(
      id,
      `
nft list tables 2>/dev/null | grep ${table} && exit 1
echo "no rule is left"
`,
    ),
  }
}

/** A machine that nobody asked takes the virtual IP and tells everybody. */
export const takeAddress = (machine: MachineSpec, address: string, id: string): MachineScripts => ({
  inject: script(
    id,
    `
dev=$(ip -o -4 addr show | awk -v a=${machine.address} '{ split($4, x, "/"); if (x[1] == a) { print $2; exit } }')
ip addr add ${address}/32 dev "$dev" || exit 1
arping -q -U -c 3 -w 3 -I "$dev" ${address} || arping -q -A -c 3 -w 3 -I "$dev" ${address} || true
`,
  ),
  effect: script(
    id,
    `
ip -o -4 addr show | grep -qF ' ${address}/32 ' || { echo "does not hold ${address}"; exit 1; }
echo "holds ${address} beside its owner"
`,
  ),
  undo: script(
    id,
    `
dev=$(ip -o -4 addr show | awk '$4 == "${address}/32" { print $2; exit }')
[ -z "$dev" ] || ip addr del ${address}/32 dev "$dev"
`,
  ),
  undone: script(
    id,
    `
ip -o -4 addr show | grep -F ' ${address}/32 ' && exit 1
echo "does not hold ${address}"
`,
  ),
})
