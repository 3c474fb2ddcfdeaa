import { type Cluster, etcdMachines } from '../model/cluster.js'
import { etcdHealthPort } from './etcd.js'
import { libexec } from './managed-file.js'

export const etcdDoorUnit = 'quorate-etcd-door.service'
export const etcdDoorUnitPath = `/etc/systemd/system/${etcdDoorUnit}`
export const etcdDoorScriptPath = `${libexec}/etcd-door`

const peerPort = 2380
/** The kernel opens the door by itself after this time, whatever became of the script. */
const longestSeconds = 20

/** Members that start at the same moment wait for each other only where there are others. */
export const needsEtcdDoor = (cluster: Cluster): boolean => etcdMachines(cluster).length > 1

/**
 * Before a member serves, it asks every peer for the hash of its store (InitialCorruptCheck). A peer that is starting too has its port open
 * already and answers nobody, so after a power cut of all members, and at their first start, each waits 5 s + 2 elections for each of the others
 * (measured: 11.4 s for three members). A closed port is an answer: connections to a member that does not serve yet are refused.
 */
export const renderEtcdDoorScript = (): string => `#!/bin/sh
# Written by quorate.
table='inet quorate_etcd_door'
case $1 in
close)
  nft -f - <<END
table $table
delete table $table
table $table {
  set closed {
    type inet_service
    flags timeout
    elements = { ${peerPort} timeout ${longestSeconds}s }
  }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    iif != lo tcp dport @closed tcp flags syn reject with tcp reset
  }
}
END
  ;;
open)
  # etcd listens there after it has begun to serve its peers (etcd: embed.StartEtcd). One program that looks, since everything else starts at the same
  # time; asking the port is cheaper than the kernel's list of sockets, for which it goes through those of the whole computer.
  perl -MSocket -e 'for (1 .. ${longestSeconds * 10}) { socket my $s, PF_INET, SOCK_STREAM, 0; connect $s, sockaddr_in(${etcdHealthPort}, INADDR_LOOPBACK) and exit; select undef, undef, undef, .1 }'
  nft delete table $table
  ;;
esac
exit 0
`

export const renderEtcdDoorUnit = (): string => `[Unit]
Description=Refuses connections to the etcd member of this machine until it serves
Before=kubelet.service etcd.service

[Service]
ExecStartPre=-${etcdDoorScriptPath} close
ExecStart=${etcdDoorScriptPath} open

[Install]
WantedBy=multi-user.target
`
