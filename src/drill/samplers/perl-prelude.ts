/**
 * What every agent on a machine begins with. Perl, because one process can wait for many sockets, read the kernel's own events and
 * date them, while a shell would have to start programs for each. It is part of every Debian and Ubuntu (perl-base is essential), and
 * nothing beyond its core is used. Lines go to standard error, which is what a session hands over line by line.
 */
export const perlPrelude = String.raw`
use strict; use warnings; use Socket; use POSIX ();
my $hires = eval { require Time::HiRes; Time::HiRes::clock_gettime(1); 1 };
my %nr = (x86_64 => 228, aarch64 => 113, riscv64 => 113, ppc64le => 246, s390x => 260);
my $nr = $nr{(POSIX::uname())[4]};
die "no monotonic clock\n" unless $hires || defined $nr;
# Milliseconds of the monotonic clock, which all processes of one kernel share.
sub now {
  return Time::HiRes::clock_gettime(1) * 1000 if $hires;
  my $spec = "\0" x 16;
  syscall($nr, 1, $spec);
  my ($s, $ns) = unpack 'q q', $spec;
  return $s * 1000 + $ns / 1e6;
}
# Who listens is gone: so are we.
$SIG{PIPE} = 'DEFAULT';
sub say_line { my $text = "$_[0]\n"; defined(syswrite STDERR, $text) or exit 0 }
say_line(sprintf 'hello %.3f', now());
`

/** A POSIX shell text that runs a Perl text with arguments; `before` is put before perl. */
export const runPerl = (perl: string, args: readonly string[], before = ''): string =>
  `command -v perl >/dev/null || { echo 'missing perl' >&2; exit 43; }\nexec ${before}perl - ${args.join(' ')} <<'END_OF_PERL'\n${perlPrelude}${perl}\nEND_OF_PERL\n`
