import type { CodeEntry } from '../problem.js'

export const clientCodes: Record<string, CodeEntry> = {
  // Keys: Q7000 to Q7499.
  Q7001: {
    title: 'Kept keys are damaged',
    message: 'the keys of this cluster cannot be used: {path}: {reason}',
    remedy: 'restore the directory of {path} from a backup',
    explain: `quorate makes the authorities of a cluster once and keeps them in its state directory: one for Kubernetes, one for etcd, one for
the aggregation layer, and the key that signs service account tokens. Every certificate in the cluster comes from them, so they are never
made anew over a directory that already holds some: machines with old and new ones would refuse each other.

How to see it:
  ls -lR the directory named in the message
  openssl x509 -in FILE -noout -subject -dates

How to fix it: restore the whole directory "authorities" from a backup, or copy it from a control plane, where the same files lie in
/etc/kubernetes/pki (ca, etcd/ca, front-proxy-ca, each .crt and .key, and sa.key, sa.pub). For a cluster that is to be thrown away,
quorate down removes everything and the next up starts with new authorities.`,
    exit: 1,
  },
  Q7002: {
    title: 'Keys cannot be kept',
    message: 'cannot write {path}: {reason}',
    remedy: 'make room or set the permissions, then run the same command again',
    explain: `Keys and certificates are written beside their place, brought to the disk and then renamed, so nothing half-written is left.
The operating system refused one of these steps; its own words are in the message.

How to see it:
  df -h and ls -ld on the directory named in the message

Nothing was changed on any machine.`,
    exit: 1,
  },
  Q7003: {
    title: 'An authority has expired',
    message: 'the authority {name} of this cluster ended on {date}',
    remedy: 'check the clock of this computer with date; if it is right, the cluster needs new authorities',
    explain: `Authorities last ten years. A certificate that is signed by an expired one is refused by everybody, so none is issued.
If the clock of this computer is wrong, set it and run the command again.

Replacing an authority under a running cluster means that for a while both the old and the new one must be trusted everywhere
(old and new certificate in one file), then leaves are issued anew, then the old one is taken out.`,
    exit: 1,
  },
  Q7004: {
    title: 'Credentials of the external etcd cannot be read',
    message: 'cannot read {path}: {reason}',
    remedy: 'set spec.etcd.external in the cluster file to files that exist and that you may read',
    explain: `With an etcd of your own, the cluster file names three files on this computer: the certificate of etcd's authority, a client
certificate, and its key. They are copied to the control planes, and quorate uses them to look at that etcd.

How to see it:
  ls -l FILE
  quorate config explain spec.etcd.external

Nothing was changed.`,
    exit: 2,
  },
  // Clients: Q7500 to Q7999.
  Q7501: {
    title: 'No connection',
    message: '{endpoint} could not be reached: {reason} (after {elapsedMs} ms)',
    remedy: 'quorate machines',
    explain: `No TCP connection came about. "connection refused" means that the machine lives and nothing listens on the port: the program
is not running yet, or has ended. Silence until the deadline means that the machine is down, frozen or cut off, or that a firewall
drops the packets.

How to see it:
  quorate machines                     is the machine running?
  quorate ssh NAME -- ss -ltn          is something listening on the port?

Nothing was sent, so nothing was changed by this call.`,
    exit: 5,
  },
  Q7502: {
    title: 'TLS handshake failed',
    message: '{endpoint} was reached, but TLS failed: {reason}',
    remedy: 'quorate check',
    explain: `The connection stood and the two sides did not agree on who they are. Usual causes: the server's certificate is signed by
another authority (a machine of another cluster on the same address), it has expired, it does not carry the name or address by which it
was called, or our own client certificate is not accepted. "no TLS handshake within" means that the program accepted and then said
nothing: it is frozen or still starting.

How to see it:
  quorate check                        compares the served certificates with the file
  quorate ssh NAME -- date             is the machine's clock right?

Nothing was sent, so nothing was changed by this call.`,
    exit: 5,
  },
  Q7503: {
    title: 'Connection broke while sending',
    message: '{endpoint}: the request could not be sent whole: {reason}',
    remedy: 'run the same command again; every command is safe to run twice',
    explain: `The connection was closed by the other side before it had taken the whole request: the program ended or was restarted in that
moment. Whether it acted on the request is not known.

How to see it:
  quorate status`,
    exit: 5,
  },
  Q7504: {
    title: 'No answer in time',
    message: '{endpoint} took the request and gave no answer: {reason} (after {elapsedMs} ms)',
    remedy: 'quorate status',
    explain: `The request was sent and not one byte came back before the deadline. The program is frozen or overloaded, or it waits for
something itself: an API server waits for etcd, an etcd member without quorum waits for a leader (it gives up after 7 seconds).
Whether the request took effect is not known.

How to see it:
  quorate status
  quorate ssh NAME -- uptime           is the machine overloaded?`,
    exit: 5,
  },
  Q7505: {
    title: 'Answer broke off',
    message: '{endpoint}: the answer ended in the middle: {reason}',
    remedy: 'run the same command again; every command is safe to run twice',
    explain: `The answer began and did not end as it should: the program was stopped, or the connection was cut or stayed silent too long.
A request that changes something has most likely taken effect.

How to see it:
  quorate status`,
    exit: 5,
  },
  Q7510: {
    title: 'The API server refused',
    message: '{endpoint}: {what}: {status} {reason}: {message}',
    remedy: 'quorate status',
    explain: `The API server answered, and its answer is no. Its own words tell why:
  403 Forbidden      the certificate in use may not do this; right after a start also: the roles are not loaded yet
  404 NotFound       there is no such object, or no such kind on this server
  409 Conflict       somebody else changed the object in the meantime
  410 Expired        the history asked for is gone; list again
  422 Invalid        a field of the object is not allowed
  429, 5xx           the server is overloaded or cannot reach etcd

How to see it:
  quorate kubectl get --raw '/readyz?verbose'`,
    exit: 1,
  },
  Q7520: {
    title: 'etcd refused',
    message: '{endpoint}: {what}: {code}: {message}',
    remedy: 'quorate check',
    explain: `etcd answered, and certainly did nothing. Frequent reasons:
  unhealthy cluster            a membership change while a member is down or has been back for less than 5 seconds
  not leader                   this call must be sent to the leader
  Peer URLs already exists     the member is in the list already; remove the dead one first
  can only promote a learner   the new member has not caught up yet, or never started
  database space exceeded      the store has reached its quota; compact, defragment, then disarm the alarm
  required revision has been compacted   that part of the history is gone

How to see it:
  quorate status -o wide`,
    exit: 1,
  },
  Q7521: {
    title: 'etcd: outcome unknown',
    message: '{endpoint}: {what}: {code}: {message}; whether it took effect is not known',
    remedy: 'quorate status',
    explain: `etcd gave up on a call that may already be in its log: the leader changed, or no majority answered in time. The call may take
effect now, later, or never. quorate never repeats such a call blindly: it looks first.

How to see it:
  quorate status -o wide       is there one leader, and do all members agree on it?`,
    exit: 5,
  },
  Q7522: {
    title: 'Snapshot is damaged',
    message: '{endpoint}: the snapshot is not usable: {reason}',
    remedy: 'take it again, from another member if it happens twice',
    explain: `etcd ends every snapshot with the sha256 of its content. It was compared while the snapshot was written, and the two do not
agree, or the stream ended before it came. Nothing was left at the place where the snapshot was to go.

A damaged snapshot is noticed here because the tools that come with etcd notice it only when it is restored.`,
    exit: 1,
  },
  Q7530: {
    title: 'haproxy did not take a command',
    message: '{command}: {reason}',
    remedy: 'quorate ssh {machine} -- systemctl status haproxy',
    explain: `haproxy is asked through its socket /run/haproxy/admin.sock on the machine itself. The socket is there only while haproxy runs,
and the command needs the program socat.

How to see it:
  quorate ssh NAME -- systemctl status haproxy
  quorate ssh NAME -- ls -l /run/haproxy/`,
    exit: 1,
  },
}
