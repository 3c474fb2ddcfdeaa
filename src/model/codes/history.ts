import type { CodeEntry } from '../problem.js'

/** Recorded runs on disk: Q69. */
export const historyCodes: Record<string, CodeEntry> = {
  Q6901: {
    title: 'No recorded run',
    message: '{directory} holds no recorded run: {reason}',
    remedy: 'name the directory that quorate drill printed; it holds run.json',
    explain: `A drill records everything it saw in a directory of its own: run.json, and for each fault its operations, watch events,
final states and timeline. quorate judge and --compare read such a directory.

How to see it:
  ls DIRECTORY            shows run.json and faults/

How to fix it: name the directory itself, not a file within it and not the one above.`,
    exit: 2,
  },
  Q6902: {
    title: 'A recorded history is damaged',
    message: '{file} line {line} is not a record: {reason}',
    remedy: 'judge a copy of the directory as the drill left it; a changed record proves nothing',
    explain: `Records are JSON, one a line. Only the last line may be incomplete: that is what a killed drill leaves behind, and it is left out
with a note. A bad line further up means that the file was changed, or that its disk is failing.

A verdict over a part of the records could call a lost write safe, so none is given.`,
    exit: 1,
  },
  Q6903: {
    title: 'A record of another version',
    message: '{file} was written in version {found} of the format; this quorate reads version {known}',
    remedy: 'judge it with the quorate that wrote it; run.json names its version',
    explain: `The format of recorded runs carries a version, so that an old record is never misread. Newer versions of quorate say here which
older ones they still read.`,
    exit: 2,
  },
  Q6904: {
    title: 'The history cannot be recorded',
    message: '{file} cannot be written: {reason}',
    remedy: 'make room on the disk, or name a directory on another one, and drill again',
    explain: `A drill without its record could not be judged again, so it ends here. The fault that was in force is undone as at every other end;
quorate heal undoes whatever may be left.`,
    exit: 1,
  },
}
