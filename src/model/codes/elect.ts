import type { CodeEntry } from '../problem.js'

/** One active, others standing by (quorate elect): Q79. */
export const electCodes: Record<string, CodeEntry> = {
  Q7901: {
    title: 'The lock cannot be found',
    message: '{what}',
    remedy: 'quorate elect --help',
    explain: `quorate elect keeps its lock in one of two places, and every machine that takes part names the same one:

  --etcd https://10.0.0.21:2379,https://10.0.0.22:2379 --cacert ca.crt --cert client.crt --key client.key
  --kubeconfig FILE [--context NAME] [--namespace NAME]      a Lease; in a pod the service account is used without any flag

With https, --cacert is required: a lock that anybody on the network path can hand out protects nothing. --cert and --key go together.

Nothing was started.`,
    exit: 2,
  },
  Q7902: {
    title: 'A duration does not fit',
    message: '{what} cannot be used: {rule}',
    remedy: 'quorate elect --lock NAME --ttl 5s ... -- COMMAND',
    explain: `Everything is derived from the lease (--ttl). Counted from the start of the last renewal that succeeded, COMMAND gets SIGTERM, then,
--grace later, SIGKILL at 9/10 of the lease. At least half of the lease must remain for renewals to fail and be tried again, so the
grace can be two fifths of the lease at most. A lease is counted in whole seconds, because etcd and Kubernetes count so.

COMMAND needs longer to end? Make the lease longer. On a stop that you ask for (systemctl stop), --stop-timeout counts instead, and the
lock is held meanwhile.

Nothing was started.`,
    exit: 2,
  },
  Q7903: {
    title: 'A file for reaching the lock cannot be used',
    message: '{path}: {reason}',
    remedy: 'name files that exist, that you may read, and that say how to reach the store',
    explain: `quorate reads the certificates of etcd, or a kubeconfig, before it takes part in an election. From a kubeconfig it uses certificates
(inline or as files) or a bearer token (inline or as a file). Users that log in through another program (exec, auth-provider) cannot be
used by a service that must renew a lease on time, and insecure-skip-tls-verify would let anybody on the network hand out the lock.

How to see it:
  ls -l FILE
  kubectl --kubeconfig FILE config view
  kubectl --kubeconfig FILE auth can-i update leases

How to fix it: make a service account with a Role for leases (get, list, watch, create, update), and write its token into a kubeconfig.

Nothing was started.`,
    exit: 2,
  },
  Q7904: {
    title: 'COMMAND cannot be started',
    message: '{command}: {reason}',
    remedy: 'write the program with its full path after --',
    explain: `Everything after -- is run as it is, without a shell. For pipes, variables and the like: -- sh -c '...'

How to see it:
  command -v PROGRAM
  ls -l PROGRAM

quorate looks for the program before it takes part, so no machine is elected that could not do the work.`,
    exit: 2,
  },
  Q7905: {
    title: 'The store cannot keep this lock',
    message: '{endpoint}: {reason}',
    remedy: 'use a real etcd, or a Kubernetes API server that keeps its objects in etcd',
    explain: `The lock needs a lease that ends by itself, and a number that only grows for the fencing token. The store that answered does not give
one of them. etcd's own lower limit for a lease is one and a half times its election timeout, rounded up: with a longer one than asked
quorate goes by what it was given.

How to see it:
  etcdctl lease grant 5
  kubectl get lease NAME -o jsonpath='{.metadata.resourceVersion}'

Nothing was started.`,
    exit: 1,
  },
  Q7906: {
    title: 'The status file cannot be written',
    message: '{path}: {reason}',
    remedy: 'name a file in a directory that exists and that you may write, such as /run/quorate/NAME.json',
    explain: `The status of an elector is written beside its place and then renamed, so that a reader always finds a whole one. With systemd, write
RuntimeDirectory=quorate into the unit: it makes /run/quorate.

Nothing was started.`,
    exit: 2,
  },
  Q7907: {
    title: 'The store did not answer',
    message: 'nobody of {endpoint} said who holds {lock}: {reason}',
    remedy: 'check that the addresses are right and that a quorum of the store is up',
    explain: `Who holds a lock is asked of a quorum, because a member that is cut off from the others would tell what was true some time ago. No
answer says nothing about the holder: it has either stepped down by itself in time, or still reaches the store from where it is.

How to see it:
  etcdctl --endpoints ... endpoint status -w table
  quorate check`,
    exit: 5,
  },
}
