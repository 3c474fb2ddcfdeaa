import type { FileSpec } from './machine.js'
import { shellQuote } from './process.js'

/**
 * Files on their way to a machine: for each a header line "MODE SIZE PATH", then its bytes. It is read by `unpackScript` from standard input, so no
 * content is ever in a process list, and all files take one round trip.
 */
export const packFiles = (files: readonly FileSpec[]): Buffer => {
  const parts: Buffer[] = []
  for (const { path, content: given, mode = 0o644 } of files) {
    if (/[\n\r]/.test(path) || !/^\/.*[^/]$/.test(path)) throw new Error(`not the absolute path of a file, on one line: ${path}`)
    const content = typeof given === 'string' ? Buffer.from(given, 'utf8') : Buffer.from(given)
    parts.push(Buffer.from(`${mode.toString(8)} ${content.length} ${path}\n`), content)
  }
  parts.push(Buffer.from('end\n'))
  return Buffer.concat(parts)
}

/** A file that is not yet in its place. A leading dot, since the kubelet takes every other file in its folder for a manifest. */
export const besideOf = (path: string, suffix: string): string => path.replace(/[^/]*$/, (name) => `.${name}.${suffix}`)

/** In Perl, which every Debian has (perl-base is essential): in shell each file takes several programs, and hundreds of them delay what starts beside. */
const unpackProgram = String.raw`use strict; use warnings; use Fcntl qw(:DEFAULT :mode); use IO::Handle;
my (@waiting, $whole, @changed, %folders);
sub fail { print STDERR "$_[0]\n"; exit 1 }
END { my $status = $?; unlink map { $_->{new} } @waiting; $? = $status }
sub folder { my ($path) = @_; $path =~ s{/[^/]*$}{}; return $path eq "" ? "/" : $path }
sub make { my ($dir) = @_; return if -d $dir; make(folder($dir)); mkdir($dir, 0755) or -d $dir or fail("$dir: $!") }
sub is_there {
  my ($path, $mode, $content) = @_;
  my @is = lstat $path;
  return 0 unless @is && S_ISREG($is[2]) && S_IMODE($is[2]) == $mode && $is[4] == 0 && $is[5] == 0 && $is[7] == length $content;
  open(my $file, "<:raw", $path) or return 0;
  local $/;
  my $old = <$file>;
  return (defined $old ? $old : "") eq $content;
}
umask 0;
binmode STDIN;
while (defined(my $line = <STDIN>)) {
  if ($line eq "end\n") { $whole = 1; last }
  my ($mode, $size, $path) = $line =~ m{^([0-7]+) ([0-9]+) (/.*)\n$} or last;
  $mode = oct $mode;
  my $content = "";
  my $got = read STDIN, $content, $size;
  last unless defined $got && $got == $size;
  (my $new = $path) =~ s{([^/]*)$}{.$1.quorate-new};
  unlink $new;
  next if is_there($path, $mode, $content);
  make(folder($path));
  sysopen(my $file, $new, O_WRONLY | O_CREAT | O_EXCL, $mode) or fail("$new: $!");
  push @waiting, { new => $new, path => $path, file => $file };
  binmode $file;
  (print {$file} $content) && $file->flush && chown(0, 0, $file) or fail("$new: $!");
}
$whole or fail("the files did not arrive whole");
for (@waiting) { $_->{file}->sync && close $_->{file} or fail("$_->{new}: $!") }
while (@waiting) {
  my ($new, $path) = @{$waiting[0]}{qw(new path)};
  rename($new, $path) or fail("$path: $!");
  shift @waiting;
  push @changed, $path;
  $folders{folder($path)} = 1;
}
for (sort keys %folders) {
  sysopen(my $folder, $_, O_RDONLY) or fail("$_: $!");
  $folder->sync or fail("$_: $!");
}
print map { "$_\n" } @changed;
`

/**
 * Writes each file that differs beside its place, then flushes all and renames them, then flushes the folders: never half-written, still there after a
 * power loss, and belonging to root. Prints the paths that changed. A stream that ends early, or a full disk, ends it before the first rename.
 */
export const unpackScript = `exec perl -e ${shellQuote(unpackProgram)}\n`
