import { hostedNamespace } from '../../render/hosted-names.js'
import type { MachineScripts } from '../faults/fault.js'
import { script } from './prelude.js'

/** A program that a drill breaks, and who brings it back. */
export interface Program {
  /** Base name of its file. */
  exe: string
  /** Starts it again when it ends: its own systemd unit, or the kubelet for static and other pods. */
  unit: string
  /** The unit is its own, not just its keeper's. */
  own: boolean
  /** Only in pods of this namespace: several clusters may have one of a name on one machine. */
  namespace?: string
}

const own = (exe: string, unit = `${exe}.service`): Program => ({ exe, unit, own: true })
const pod = (exe: string): Program => ({ exe, unit: 'kubelet.service', own: false, namespace: 'kube-system' })

export const programs = {
  haproxy: own('haproxy'),
  nginx: own('nginx'),
  keepalived: own('keepalived'),
  kubelet: own('kubelet'),
  containerd: own('containerd'),
  'etcd (unit)': own('etcd'),
  etcd: pod('etcd'),
  apiserver: pod('kube-apiserver'),
  'controller-manager': pod('kube-controller-manager'),
  scheduler: pod('kube-scheduler'),
  'kube-proxy': pod('kube-proxy'),
  coredns: pod('coredns'),
} as const satisfies Record<string, Program>

/** A program of the control plane where that runs as pods of another cluster. */
export const asGuest = (program: Program, guest: string): Program => ({ ...program, namespace: hostedNamespace(guest) })

/** What `pids` and `remember` are given. */
export const which = ({ exe, namespace = '' }: Program): string => `${exe} '${namespace}'`

/** The processes that were hit, a line each: number and start time. */
const remembered = '$D/pids'

const gone = (program: Program): string => `
[ -s ${remembered} ] || { echo "not begun"; exit 1; }
while read -r p at; do
  if same "$p" "$at"; then echo "${program.exe} $p still runs"; exit 1; fi
  told="\${told:-}\${told:+, }$p"
done < ${remembered}
now=$(pids ${which(program)} | head -n 1)
echo "${program.exe} $told gone; \${now:+now $now}\${now:-none runs}"
`

/** A process is back when one runs that is not among those that were ended, and none stands still. */
const back = (program: Program): string => {
  const { exe, own: hasUnit, unit } = program
  return `
${hasUnit ? `systemctl is-active -q ${unit} || { echo "${unit} is $(systemctl is-active ${unit})"; exit 1; }` : ''}
found=
for p in $(pids ${which(program)}); do
  stat_of "$p" || continue
  [ "$state" != T ] || { echo "${exe} $p stands still"; exit 1; }
  [ -e ${remembered} ] && grep -qx "$p $start" ${remembered} || found=$p
done
[ -n "$found" ] || { echo "no new ${exe} runs"; exit 1; }
echo "${exe} runs as $found"
`
}

const revive = ({ unit }: Program): string => `
systemctl is-active -q ${unit} || { systemctl reset-failed ${unit} 2>/dev/null; systemctl start --no-block ${unit}; }
`

/**
 * Remembers the processes of a program, then does something to them. A login and the search take processor time from what runs beside, and answers come
 * late for it: the fault begins when that is over.
 */
const onceFound = (program: Program, id: string, act: string): string =>
  script(
    id,
    `
remember ${remembered} ${which(program)} || exit 1
targets=$(cut -d' ' -f1 ${remembered})
sleep 0.3
${act}
`,
  )

/** kill -9, or -TERM where the keeper starts the process again by itself. */
export const endProcess = (program: Program, id: string, signal: 'KILL' | 'TERM'): MachineScripts => ({
  inject: onceFound(program, id, `kill -${signal} $targets`),
  effect: script(id, gone(program)),
  undo: script(id, revive(program)),
  undone: script(id, back(program)),
})

/** kill -STOP: the kernel keeps the connections open and even accepts new ones, nobody answers. */
export const freezeProcess = (program: Program, id: string): MachineScripts => ({
  inject: onceFound(program, id, 'kill -STOP $targets'),
  effect: script(
    id,
    `
[ -s ${remembered} ] || { echo "not begun"; exit 1; }
while read -r p at; do
  same "$p" "$at" || { echo "${program.exe} $p is gone"; exit 1; }
  [ "$state" = T ] || { echo "${program.exe} $p is in state $state"; exit 1; }
  told="\${told:-}\${told:+, }$p"
done < ${remembered}
echo "${program.exe} $told in state T"
`,
  ),
  undo: script(
    id,
    `
[ -e ${remembered} ] || exit 0
signal_remembered CONT ${remembered}
${revive(program)}
`,
  ),
  undone: script(
    id,
    `
[ -e ${remembered} ] && while read -r p at; do
  if same "$p" "$at" && [ "$state" = T ]; then echo "${program.exe} $p stands still"; exit 1; fi
done < ${remembered}
found=$(pids ${which(program)} | head -n 1)
[ -n "$found" ] || { echo "no ${program.exe} runs"; exit 1; }
stat_of "$found" && [ "$state" != T ] || { echo "${program.exe} $found stands still"; exit 1; }
echo "${program.exe} $found runs, state $state"
`,
  ),
})

/** A clean stop that lasts: the unit stays down until it is started. */
export const stopUnit = (program: Program, id: string): MachineScripts => ({
  inject: onceFound(program, id, `systemctl stop ${program.unit}`),
  effect: script(
    id,
    `
systemctl is-active -q ${program.unit} && { echo "${program.unit} is active"; exit 1; }
${gone(program)}
`,
  ),
  undo: script(id, revive(program)),
  undone: script(id, back(program)),
})
