import type { CodeEntry } from '../problem.js'

export const runCodes: Record<string, CodeEntry> = {
  Q4901: {
    title: 'Unknown command',
    message: 'there is no command "quorate {word}"',
    remedy: '{remedy}',
    explain: `The first word after quorate names a command; some commands have a second word, as in "quorate config validate".

How to see them all:
  quorate --help

Nothing was read or changed.`,
    exit: 2,
  },
  Q4902: {
    title: 'Unknown flag',
    message: '{command} has no flag {flag}',
    remedy: '{remedy}',
    explain: `Every command lists its flags, with their defaults, on its help page:
  quorate <command> --help

A flag of a program behind a command (kubectl, ssh) goes after the first word for that program:
  quorate kubectl get pods --all-namespaces

Nothing was read or changed.`,
    exit: 2,
  },
  Q4903: {
    title: 'Wrong usage',
    message: 'quorate {command}: {what}',
    remedy: '{remedy}',
    explain: `A value on the command line is missing, is one too many, or is not among those that the command knows.
The help page of the command lists arguments and flags with their choices:
  quorate <command> --help

Nothing was read or changed.`,
    exit: 2,
  },
  Q4904: {
    title: 'Unknown problem code',
    message: 'there is no problem with the code {code}',
    remedy: '{remedy}',
    explain: `Codes are a Q and four digits. The first digit tells the part: 1 the cluster file, 2 the bundle, 3 machines and the lab,
4 running and the command line, 5 claims, 6 drills, 7 clients and keys.

How to see them all:
  quorate explain`,
    exit: 2,
  },
  Q4905: {
    title: 'No cluster file',
    message: 'quorate {command} needs a cluster file, and there is no ./cluster.yaml here',
    remedy: 'quorate init > cluster.yaml, or name the file: quorate {command} FILE',
    explain: `Commands that take a cluster file use, in this order: the one named on the command line, the one named by the environment
variable QUORATE_FILE, and ./cluster.yaml. Commands that only make or look at machines on this computer fall back to the
built-in cluster "demo"; this one does not, because it would then act on something you have not written.

How to fix it:
  quorate init > cluster.yaml
  quorate config validate`,
    exit: 2,
  },
  Q4906: {
    title: 'File exists',
    message: '{file} exists and is left as it is',
    remedy: 'choose another name, or add --force to replace it',
    explain: `quorate does not replace a file that you may have edited unless you say so with --force.`,
    exit: 2,
  },
  Q4907: {
    title: 'Cannot read or write a file',
    message: '{file}: {reason}',
    remedy: 'check the path and its permissions',
    explain: `The operating system refused to open a file that was named on the command line. The message is its own.`,
    exit: 2,
  },
  Q4999: {
    title: 'Unexpected error',
    message: 'quorate met an error it has no name for: {reason}',
    remedy: 'run it again with --verbose, and report the output',
    explain: `Every problem that quorate foresees has a code of its own, with a cause and a remedy. This one was not foreseen: it is a defect.

What to do:
  - run the same command again; every command is safe to run twice
  - run it with --verbose to see where it comes from, and report that

Nothing secret is in the output: keys and tokens are never printed.`,
    exit: 1,
  },
}
