import type { FileSpec } from './machine.js'

/**
 * Files on their way to a machine: for each a header line "MODE SIZE PATH", then its bytes. It is read by `unpackScript` from standard
 * input, so no content is ever in a process list, and all files take one round trip.
 */
export const packFiles = (files: readonly FileSpec[]): Buffer => {
  const parts: Buffer[] = []
  for (const file of files) {
    if (/[\n\r]/.test(file.path) || !file.path.startsWith('/')) throw new Error(`not an absolute path on one line: ${file.path}`)
    const content = typeof file.content === 'string' ? Buffer.from(file.content, 'utf8') : Buffer.from(file.content)
    parts.push(Buffer.from(`${(file.mode ?? 0o644).toString(8)} ${content.length} ${file.path}\n`), content)
  }
  parts.push(Buffer.from('end\n'))
  return Buffer.concat(parts)
}

/**
 * Writes each file beside its place, then syncs all and renames those that differ: never half-written, and one flush for all of them. Prints
 * the paths that changed. A stream that ends early ends the script before the first rename.
 */
export const unpackScript = `set -eu
umask 077
t=$(mktemp -d /run/quorate-write.XXXXXX)
trap 'rm -rf "$t"' EXIT
: > "$t/list"
n=0
while IFS= read -r line; do
  [ "$line" = end ] && { n=done; break; }
  mode=\${line%% *}; rest=\${line#* }; size=\${rest%% *}; path=\${rest#* }
  n=$((n+1))
  head -c "$size" > "$t/$n"
  [ "$(wc -c < "$t/$n")" -eq "$size" ]
  if [ -f "$path" ] && cmp -s "$t/$n" "$path" && [ "$(stat -c %a "$path")" = "$mode" ]; then continue; fi
  d=\${path%/*}
  [ -d "$d" ] || ( umask 022; mkdir -p "$d" )
  cat "$t/$n" > "$path.quorate-new"
  chmod "$mode" "$path.quorate-new"
  printf '%s\\n' "$path" >> "$t/list"
done
[ "$n" = done ]
if [ -s "$t/list" ]; then
  sed 's/$/.quorate-new/' "$t/list" | tr '\\n' '\\0' | xargs -0 sync -d
  while IFS= read -r path; do mv -f "$path.quorate-new" "$path"; done < "$t/list"
  cat "$t/list"
fi
`
