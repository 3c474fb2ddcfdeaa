import type { CodeEntry } from '../problem.js'

export const drillRunCodes: Record<string, CodeEntry> = {
  Q6301: {
    title: 'Drill not confirmed',
    message: 'the machines of cluster {cluster} are hosts that exist, so its name must be typed before they are broken; given: {given}',
    remedy: 'type the name when asked, or add --confirm={cluster}',
    explain: `On machines that quorate made on this computer a drill harms nobody. On hosts it kills processes, cuts networks and fills disks
that others may rely on, so it starts only when somebody has typed the name of the cluster.

How to see it:
  quorate machines           shows which machines are meant

How to fix it: type the name, or pass --confirm=NAME in a script.`,
    exit: 2,
  },
  Q6302: {
    title: 'The cluster is not healthy',
    message: '{open} of {total} claims about cluster {cluster} do not hold before the drill, the first: {first}',
    remedy:
      'run quorate check -o wide and mend what it shows; quorate heal undoes what an earlier drill left; --force-unhealthy drills anyway',
    explain: `A drill breaks one thing at a time and shows what the rest makes of it. When something is missing already, every figure is one of
two faults at once, and the second fault may take the quorum. So a drill begins only when every claim of quorate check holds.

How to see it:
  quorate check -o wide      every claim with what was seen

How to fix it: mend the claim that is named; quorate up does what is missing; quorate heal undoes what an earlier drill left.`,
    exit: 4,
  },
  Q6303: {
    title: 'Redundancy did not come back',
    message: 'after {fault}, {open} claims about cluster {cluster} do not hold, the first: {first}; the drill ends here',
    remedy: 'see the report and quorate check -o wide; quorate heal, then quorate up bring back what is missing',
    explain: `Each fault of a drill must begin on a healthy cluster. This one did not become healthy again in time after its last fault, also
after everything that a drill may have left was undone once more. Going on would measure two faults at once, so the drill has ended; what
was drilled until then is judged and reported, the rest is not evaluated.

How to see it:
  quorate check -o wide      what does not hold
  report.html of the run     what was seen of the fault

How to fix it: quorate heal, quorate up; then drill the rest with --only.`,
    exit: 4,
  },
  Q6304: {
    title: 'No such zone',
    message: 'no machine of cluster {cluster} is in zone {zone}; zones are: {known}',
    remedy: 'name one of them with --zone, or leave --zone out to drill all',
    explain: `--zone takes the name of a failure domain as the cluster file writes it at its machines, and limits the faults of whole zones to it.

How to see it:
  quorate machines           shows the zone of each machine

How to fix it: use one of the names that are listed.`,
    exit: 2,
  },
  Q6305: {
    title: 'Run directory is in use',
    message: '{directory} already holds a recorded drill',
    remedy: 'name another directory with --out, or leave --out out',
    explain: `Everything that verdicts rest on lies in the run directory. A second drill in the same place would be judged together with the
first, so each drill needs a directory of its own.

How to see it:
  quorate judge DIR          what the recorded drill found

How to fix it: pass another --out; without it each drill gets a directory named by its time.`,
    exit: 2,
  },
}
