import { runPerl } from './perl-prelude.js'

/**
 * Tells when one IPv4 address comes to a machine and when it goes, as the kernel reports it (rtnetlink), and so exactly and at almost no
 * cost. A dump every second finds what an event may have failed to tell. Lines:
 *   + MS [SINCE]   the address is here; SINCE when it was found here already, from its own creation stamp
 *   - MS           it is gone
 *   . MS 0|1       still alive, with or without the address: 20 times a second with it, twice a second without
 */
const perl = String.raw`
my $want = inet_aton($ARGV[0]) or die "no address\n";
my $have = 0; my $known = 0; my $dumped = 0; my $found; my $since; my $seq = 0;
socket(my $s, 16, SOCK_RAW, 0) or die "netlink: $!\n";
bind($s, pack 'S S L L', 16, 0, 0, 0x10) or die "netlink: $!\n";
sub dump_addresses {
  my $body = pack 'C C C C L', 2, 0, 0, 0, 0;
  my $head = pack 'L S S L L', 16 + length $body, 22, 0x301, ++$seq, 0;
  ($found, $since) = (0, undef);
  send $s, $head . $body, 0;
  $dumped = now();
}
sub is { # here or gone, when, since when
  my ($here, $at, $from) = @_;
  return if $known && $here == $have;
  $have = $here; $known = 1;
  say_line(!$here ? sprintf('- %.3f', $at) : defined $from ? sprintf('+ %.3f %.0f', $at, $from) : sprintf('+ %.3f', $at));
}
sub hear {
  my ($bytes, $at) = @_;
  while (length $bytes >= 16) {
    my ($len, $type, undef, $mine) = unpack 'L S S L', $bytes;
    last if $len < 16;
    my $message = substr $bytes, 0, $len;
    $bytes = $len >= length $bytes ? '' : substr $bytes, ($len + 3) & ~3;
    if ($type == 3) { # The dump is whole. A session's first one may find an address that has long been here.
      if ($mine == $seq) { is($found, $at, $found && !$known ? $since : undef) }
      next;
    }
    next unless $type == 20 || $type == 21;
    my ($rest, $address, $born) = (substr($message, 24), '', undef);
    while (length $rest >= 4) {
      my ($l, $t) = unpack 'S S', $rest;
      last if $l < 4;
      my $value = substr $rest, 4, $l - 4;
      $address = $value if $t == 2 || ($t == 1 && $address eq '');
      $born = (unpack 'L L L L', $value)[2] * 10 if $t == 6;
      $rest = (($l + 3) & ~3) >= length $rest ? '' : substr $rest, ($l + 3) & ~3;
    }
    next unless $address eq $want;
    if ($mine == $seq && $mine) { ($found, $since) = (1, $born) }
    elsif ($type == 20) { is(1, $at) }
    else { is(0, $at) }
  }
}
dump_addresses();
my $beat = now();
while (1) {
  my $wait = ($have ? 50 : 500) - (now() - $beat);
  my $in = ''; vec($in, fileno $s, 1) = 1;
  if ($wait > 0 && select($in, undef, undef, $wait / 1000) > 0) {
    my $at = now();
    my $from = recv $s, my $bytes, 65536, 0;
    # The kernel dropped events because nobody read them in time: ask for everything.
    if (defined $from) { hear($bytes, $at) } else { dump_addresses() }
  }
  my $at = now();
  if ($at - $beat >= ($have ? 50 : 500)) { $beat = $at; say_line(sprintf q(. %.3f %d), $at, $have) if $known }
  dump_addresses() if $at - $dumped >= 1000;
}
`

/** Shell text for one machine. `address` is an IPv4 address. */
export const ownerScript = (address: string): string => {
  if (!/^[0-9.]+$/.test(address)) throw new Error(`not an IPv4 address: ${address}`)
  return runPerl(perl, [address])
}
