/** A folder for each open fault: what undoes it, and what that needs to know. On disk: it must outlive a power loss. */
export const drillDir = '/var/lib/quorate/drill'

/** Ids name files, units and tables on machines. */
export const faultId = /^[a-z0-9][a-z0-9-]{0,40}$/
export const faultDir = (id: string): string => `${drillDir}/${id}`

/** Functions that scripts begin with; $D is the folder of the fault. Processes are told by their program's file, and by their start time from a later one of that number. */
const functions = `set -u
# Numbers of the processes that run a program of this name; with a second word only those in pods of that namespace, as kubelet's folders tell.
pids() {
  for q in $(find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' \\( -lname "*/$1" -o -lname "*/$1 (deleted)" \\) -printf '%h\\n' 2>/dev/null | sed 's,/proc/,,' | sort -n); do
    [ -z "\${2:-}" ] || in_namespace "$q" "$2" || continue
    echo "$q"
  done
}
in_namespace() {
  pod=$(sed -n 's,.*/pods/\\([0-9a-f-]*\\)/.*,\\1,p;T;q' "/proc/$1/mountinfo" 2>/dev/null)
  [ -n "$pod" ] && for log in /var/log/pods/"$2"_*_"$pod"; do [ -d "$log" ] && return 0; done
  return 1
}
# State and start time of a process; fails when it is gone. A zombie is gone.
stat_of() {
  IFS= read -r s 2>/dev/null < "/proc/$1/stat" || return 1
  s=\${s##*) }
  set -- $s
  [ "$1" != Z ] && [ "$1" != X ] || return 1
  state=$1 start=\${20}
}
# Remembers the processes of a program in a file, given first; fails when there is none.
remember() {
  : > "$1.new"
  for p in $(pids "$2" "\${3:-}"); do stat_of "$p" && echo "$p $start" >> "$1.new"; done
  [ -s "$1.new" ] || { echo "no process of $2 runs here" >&2; return 1; }
  mv "$1.new" "$1"
}
# Does a remembered process still live?
same() { stat_of "$1" && [ "$start" = "$2" ]; }
# Sends a signal to those that are remembered and still live.
signal_remembered() { while read -r p at; do same "$p" "$at" && kill "-$1" "$p"; done < "$2"; }
# Waits up to so many tenths of a second until a command succeeds.
wait_for() {
  n=$1
  shift
  while [ "$n" -gt 0 ]; do
    "$@" && return 0
    n=$((n - 1))
    sleep 0.1
  done
  return 1
}
`

/** A text of one fault that runs with the functions above. */
export const script = (id: string, text: string): string => `D=${faultDir(id)}\n${functions}\n${text.trim()}\n`
