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
 * Writes each file beside its place, then flushes all and renames those that differ, then flushes the folders: never half-written, still there after a
 * power loss, and belonging to root. Prints the paths that changed. A stream that ends early, or a full disk, ends it before the first rename.
 */
export const unpackScript = `set -eu
umask 077
owner=$(id -u):$(id -g)
t=$(mktemp -d /run/quorate-write.XXXXXX)
clean() { while IFS= read -r path; do rm -f "$path.quorate-new"; done < "$t/list"; rm -rf "$t"; }
: > "$t/list"
trap clean EXIT
n=0
while IFS= read -r line; do
  [ "$line" = end ] && { n=done; break; }
  mode=\${line%% *}; rest=\${line#* }; size=\${rest%% *}; path=\${rest#* }
  n=$((n+1))
  head -c "$size" > "$t/$n"
  [ "$(wc -c < "$t/$n")" -eq "$size" ] || { echo "the files did not arrive whole" >&2; exit 1; }
  if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s "$t/$n" "$path" && [ "$(stat -c %a:%u:%g "$path")" = "$mode:$owner" ]; then continue; fi
  d=\${path%/*}
  [ -d "\${d:-/}" ] || ( umask 022; mkdir -p "$d" )
  printf '%s\\n' "$path" >> "$t/list"
  rm -f "$path.quorate-new"
  cat "$t/$n" > "$path.quorate-new"
  chmod "$mode" "$path.quorate-new"
done
[ "$n" = done ] || { echo "the files did not arrive whole" >&2; exit 1; }
if [ -s "$t/list" ]; then
  sed 's/$/.quorate-new/' "$t/list" | tr '\\n' '\\0' | xargs -0 sync
  while IFS= read -r path; do mv -fT "$path.quorate-new" "$path"; done < "$t/list"
  sed 's|/[^/]*$|/|' "$t/list" | sort -u | tr '\\n' '\\0' | xargs -0 sync
  cat "$t/list"
fi
`
