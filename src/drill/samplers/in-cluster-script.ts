import { runPerl } from './perl-prelude.js'

/** One thing to be asked from inside a pod, again and again. */
export interface Ask {
  key: string
  /** Unique number that the agent uses instead of the key. */
  intervalMs: number
  protocol: 'tcp' | 'udp'
  address: string
  port: number
  /** Bytes to send. For udp the first two are replaced by a number that the answer must repeat. */
  send: Uint8Array
  /** Perl pattern, by hex bytes of its text, that the answer must match. */
  expect: string
}

/**
 * Asks at fixed times, whether or not earlier questions were answered, each over a socket of its own; connecting has 500 ms, the whole
 * 2 s. Lines: `s KEY DUE TOOK WHY...` per sample, `v FROM TO` for a time in which the agent itself did not run. It ends with the pod.
 */
const perl = String.raw`
use Errno qw(EINPROGRESS EAGAIN EINTR);
my $pod = shift @ARGV;
my @asks = map { my ($key, $every, $proto, $ip, $port, $send, $expect) = split /,/;
  { key => $key, every => $every, udp => $proto eq 'udp', to => pack_sockaddr_in($port, inet_aton($ip)), bytes => pack('H*', $send),
    expect => pack('H*', $expect) } } @ARGV;
my $start = now();
my $i = 0;
$_->{next} = $start + $_->{every} * ($i++ / @asks) for @asks;
my %open; my $number = int rand 60000; my @out; my $told = now(); my $checked = now();
sub done { # a question and '' or why it has no answer
  my ($q, $why) = @_;
  my $at = now();
  push @out, sprintf('s %s %.2f %.2f %s', $q->{key}, $q->{due}, $at - $q->{due}, $why);
  if ($q->{sock}) { delete $open{fileno $q->{sock}}; close $q->{sock} }
}
sub named {
  my $e = $! + 0;
  return 'refused' if $e == Errno::ECONNREFUSED(); return 'reset' if $e == Errno::ECONNRESET() || $e == Errno::EPIPE();
  return 'no route' if $e == Errno::EHOSTUNREACH() || $e == Errno::ENETUNREACH(); return 'timeout' if $e == Errno::ETIMEDOUT();
  return "error $e";
}
sub ask {
  my ($a, $due) = @_;
  my %q = (key => $a->{key}, due => $due, a => $a, stage => 'connect', got => '', until => $due + 2000, connect => now() + 500);
  my $type = $a->{udp} ? SOCK_DGRAM : SOCK_STREAM;
  socket(my $s, PF_INET, $type | 04000, 0) or return done(\%q, 'connect ' . named());
  my $ok = connect $s, $a->{to};
  my $e = $! + 0;
  $q{sock} = $s; $q{fd} = fileno $s; $open{$q{fd}} = \%q;
  if ($a->{udp}) {
    $q{id} = pack 'n', $number++ % 65536;
    $q{until} = $due + 1000;
    my $sent = $ok && send $s, $q{id} . substr($a->{bytes}, 2), 0;
    return done(\%q, 'send ' . named()) unless $sent;
    $q{stage} = 'answer';
  } elsif (!$ok && $e != EINPROGRESS) { $! = $e; done(\%q, 'connect ' . named()) }
}
sub writable {
  my ($q) = @_;
  my $e = unpack 'i', getsockopt($q->{sock}, SOL_SOCKET, SO_ERROR);
  if ($e) { $! = $e; return done($q, 'connect ' . named()) }
  $q->{stage} = 'answer';
  my $n = syswrite $q->{sock}, $q->{a}{bytes};
  done($q, 'send ' . named()) unless defined $n;
}
sub readable {
  my ($q) = @_;
  my $n = sysread $q->{sock}, my $bytes, 4096;
  if (!defined $n) { return if $! == EAGAIN || $! == EINTR; return done($q, $q->{stage} . ' ' . named()) }
  $q->{got} .= $bytes;
  if ($q->{a}{udp}) { return unless substr($q->{got}, 0, 2) eq $q->{id}; $q->{got} = substr $q->{got}, 2 }
  my $expect = $q->{a}{expect};
  if ($q->{got} =~ /$expect/s) { done($q, '') }
  elsif ($n == 0 || $q->{a}{udp}) { done($q, $q->{got} eq '' ? 'answer closed' : 'answer wrong') }
  else { $q->{stage} = 'body' }
}
my $wake = now();
while (1) {
  my $at = now();
  push @out, sprintf('v %.2f %.2f', $wake, $at) if $at - $wake > 20;
  for my $a (@asks) { while ($a->{next} <= $at) { my $due = $a->{next}; $a->{next} += $a->{every}; ask($a, $due) } }
  for my $q (values %open) {
    if ($at >= $q->{until}) { done($q, $q->{stage} . ' timeout') }
    elsif ($q->{stage} eq 'connect' && $at >= $q->{connect}) { done($q, 'connect timeout') }
  }
  if (@out && $at - $told >= 100) { say_line(join "\n", @out); @out = (); $told = $at }
  if ($at - $checked >= 1000) { $checked = $at; exit 0 unless -d "/proc/$pod"; say_line(sprintf '. %.3f', $at) }
  my $next = $at + 50;
  for (@asks) { $next = $_->{next} if $_->{next} < $next }
  my ($r, $w) = ('', '');
  for my $q (values %open) { if ($q->{stage} eq 'connect') { vec($w, $q->{fd}, 1) = 1 } else { vec($r, $q->{fd}, 1) = 1 } }
  my $left = ($next - now()) / 1000;
  my $ready = select($r, $w, undef, $left > 0 ? $left : 0);
  $wake = $ready > 0 ? now() : $next;
  if ($ready > 0) {
    for my $q (values %open) {
      if ($q->{stage} eq 'connect') { writable($q) if vec $w, $q->{fd}, 1 } else { readable($q) if vec $r, $q->{fd}, 1 }
    }
  }
}
`

const hex = (text: string | Uint8Array): string => Buffer.from(text).toString('hex')

const word = ({ key, intervalMs, protocol, address, port, send, expect }: Ask): string => {
  const fields = [key, intervalMs, protocol, address, port, hex(send), hex(expect)]
  const text = fields.join(',')
  if (!/^[A-Za-z0-9.,:-]+$/.test(text)) throw new Error(`not safe in a shell: ${text}`)
  return text
}

/**
 * Shell text for a machine with a probe pod: finds the pod's process by its program and port, enters its network and nothing else, and
 * asks from there. A machine without such a pod gives exit status 44.
 */
export const inClusterScript = (asks: readonly Ask[], program: string, port: number): string =>
  `pod=
for p in /proc/[0-9]*; do
  read -r name 2>/dev/null <"$p/comm" || continue
  [ "$name" = ${program} ] && tr '\\0' ' ' <"$p/cmdline" 2>/dev/null | grep -q -- '--http-port=${port}' && pod=\${p#/proc/} && break
done
[ -n "$pod" ] || { echo 'no probe pod runs here' >&2; exit 44; }
${runPerl(perl, ['$pod', ...asks.map(word)], 'nsenter -t "$pod" -n -- ')}`

/** Shell text that asks from the machine's own network, for as long as the machine lives. */
export const onNodeScript = (asks: readonly Ask[]): string => runPerl(perl, ['1', ...asks.map(word)])
