import { type Cluster, controlPlanes, type MachineSpec, topologyOf } from '../model/cluster.js'
import type { Timing } from '../model/timing.js'
import { apiServerPort } from './endpoint.js'
import { etcdHealthPort } from './etcd.js'
import { libexec } from './managed-file.js'

export const apiDoorUnit = 'quorate-api-door.service'
export const apiDoorUnitPath = `/etc/systemd/system/${apiDoorUnit}`
export const apiDoorScriptPath = `${libexec}/api-door`

/** The kernel opens the door by itself after this time, whatever became of the script; refreshed once a second. */
const longestSeconds = 3

/** A member that wants to run, or waits for its disk, is granted so many times the silence that another one is. */
const busyFactor = 5

/** Only an API server that has a member of its own, and others that can stand in for it. */
export const needsApiDoor = (cluster: Cluster, machine: MachineSpec, timing: Timing): boolean =>
  timing.etcd.silentMs > 0 &&
  topologyOf(cluster) === 'stacked' &&
  machine.roles.includes('control-plane') &&
  controlPlanes(cluster).length > 1

/**
 * A stacked API server reads and writes through the member beside it alone. When that one ends or stands still, the API server goes on accepting
 * what it cannot answer, until /readyz has turned false twice; and /readyz, which needs a leader, cannot tell such a member from an election that all
 * members wait for. /livez of etcd needs none: it is asked here, beside the member, where that takes no certificate (etcd: server/etcdserver/api/etcdhttp/health.go).
 * While it gives no answer, connections to the API server are refused, and a proxy tries the next one within the same connection.
 * Loopback is left open, for whoever looks for the cause.
 */
export const renderApiDoorScript = (timing: Timing): string => String.raw`#!/usr/bin/perl
# Written by quorate.
use strict;
use warnings;
use IO::Socket::INET;

my $table = 'inet quorate_api_door';
my ($pause, $silent, $patience) = (${timing.etcd.lookMs / 1000}, ${timing.etcd.silentMs / 1000}, ${(busyFactor * timing.etcd.silentMs) / 1000});
my ($member, $asked, $heard, $closed) = (undef, 0, '', 0);
$SIG{PIPE} = 'IGNORE';

sub nft {
  open my $program, '|-', 'nft', '-f', '-' or return warn "nft: $!\n";
  print $program $_[0];
  close $program or warn "nft ended with status $?\n";
}

# Nothing of a file that is gone.
sub first_line { open(my $file, '<', $_[0]) or return ''; return <$file> // '' }

# Does a thread of the member run, or wait for a processor or the disk? Then it is late, as on any busy machine, and not stuck (proc(5), /proc/PID/stat).
sub is_late {
  for my $process (grep { first_line("$_/comm") eq "etcd\n" } glob '/proc/[0-9]*') {
    return 1 if grep { first_line($_) =~ /\) [RD] / } glob "$process/task/*/stat";
  }
  return 0;
}

# Is there something to read within so many seconds?
sub hears {
  vec(my $readable = '', fileno $member, 1) = 1;
  return select($readable, undef, undef, $_[0]);
}

# For how long there was nothing to read from a member that is stuck, or late beyond all patience; 0 when there is something.
sub silence {
  my $waited = 0;
  until (hears($silent)) {
    $waited += $silent;
    # Looked at twice: a thread that is about to answer sleeps for a moment between two steps.
    return $waited if $waited >= $patience || !(is_late() || hears($pause / 4) || is_late());
  }
  return 0;
}

# Why the member is of no use, nothing when it answers.
sub trouble {
  # A second time where it closed a connection that was idle.
  TRY: for (1 .. 2) {
    $member //= IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => ${etcdHealthPort}, Timeout => $silent) // return 'refuses connections';
    $asked ||= syswrite $member, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    while (1) {
      # Asked once, it is waited for on and on: a member that wakes answers what it was asked.
      my $waited = silence();
      return "did not answer for $waited s" if $waited;
      if (!sysread $member, $heard, 4096, length $heard) {
        ($member, $asked, $heard) = (undef, 0, '');
        next TRY;
      }
      my ($head, $body) = split /\r\n\r\n/, $heard, 2;
      next unless defined $body && $head =~ /^HTTP\/1\.1 (\d+)/;
      my $status = $1;
      next if $head =~ /^Content-Length: (\d+)/mi && length $body < $1;
      ($asked, $heard) = (0, '');
      return $status == 200 ? '' : "says $status";
    }
  }
  return 'closes connections';
}

nft(<<"END");
table $table
delete table $table
table $table {
  set closed {
    type inet_service
    flags timeout
  }
  chain input {
    type filter hook input priority filter - 5; policy accept;
    ip daddr != 127.0.0.0/8 tcp dport \@closed tcp flags & (fin | syn | rst | ack) == syn reject with tcp reset
  }
}
END

while (1) {
  my $why = trouble();
  if ($why && $closed != time) {
    warn "closed: etcd $why\n" unless $closed;
    my $element = "element $table closed { ${apiServerPort}";
    nft("add $element }\ndelete $element }\nadd $element timeout ${longestSeconds}s }\n");
    $closed = time;
  } elsif (!$why && $closed) {
    warn "open: etcd answers\n";
    nft("flush set $table closed\n");
    $closed = 0;
  }
  select undef, undef, undef, $pause;
}
`

export const renderApiDoorUnit = (): string => `[Unit]
Description=Refuses connections to the API server of this machine while the etcd member beside it does not answer
StartLimitIntervalSec=0

[Service]
ExecStart=${apiDoorScriptPath}
ExecStopPost=-/usr/sbin/nft delete table inet quorate_api_door
Restart=always
RestartSec=1s

[Install]
WantedBy=multi-user.target
`
