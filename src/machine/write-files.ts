import type { FileSpec } from './machine.js'

/**
 * Files on their way to a machine: for each a header line "MODE MASK SIZE PATH", then its bytes. It is read by `unpackScript` from standard
 * input, so no content is ever in a process list, and all files take one round trip. MASK is the umask under which a file is born with its
 * mode, or "-" where only chmod can give it.
 */
export const packFiles = (files: readonly FileSpec[]): Buffer => {
  const parts: Buffer[] = []
  for (const { path, content: given, mode = 0o644 } of files) {
    if (/[\n\r]/.test(path) || !/^\/.*[^/]$/.test(path)) throw new Error(`not the absolute path of a file, on one line: ${path}`)
    const content = typeof given === 'string' ? Buffer.from(given, 'utf8') : Buffer.from(given)
    const mask = (mode & ~0o666) === 0 ? (0o666 & ~mode).toString(8) : '-'
    parts.push(Buffer.from(`${mode.toString(8)} ${mask} ${content.length} ${path}\n`), content)
  }
  parts.push(Buffer.from('end\n'))
  return Buffer.concat(parts)
}

/** A file that is not yet in its place. A leading dot, since the kubelet takes every other file in its folder for a manifest. */
export const besideOf = (path: string, suffix: string): string => path.replace(/[^/]*$/, (name) => `.${name}.${suffix}`)

/**
 * Writes each file beside its place, then flushes all and renames those that differ, then flushes the folders: never half-written, still there after a
 * power loss, and belonging to root. Prints the paths that changed. A stream that ends early, or a full disk, ends it before the first rename. Programs are
 * started as seldom as can be: on a fresh machine two a file.
 */
export const unpackScript = `set -eu
nl='
'
list=
beside() { new=\${path%/*}/.\${path##*/}.quorate-new; }
clean() { printf %s "$list" | while IFS= read -r path; do beside; rm -f "$new"; done; }
trap clean EXIT
whole=
while IFS= read -r line; do
  if [ "$line" = end ]; then whole=yes; break; fi
  mode=\${line%% *}; rest=\${line#* }; mask=\${rest%% *}; rest=\${rest#* }; size=\${rest%% *}; path=\${rest#* }
  beside
  umask 022
  [ -d "\${path%/*}/" ] || mkdir -p "\${path%/*}"
  list=$list$path$nl
  if [ -e "$new" ] || [ -L "$new" ]; then rm -f "$new"; fi
  if [ "$mask" = - ]; then umask 077; else umask "$mask"; fi
  head -c "$size" > "$new"
  [ "$mask" != - ] || chmod "$mode" "$new"
  if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s "$new" "$path" && [ "$(stat -c %a:%u:%g "$path")" = "$mode:0:0" ]; then
    rm -f "$new"
    list=\${list%"$path$nl"}
  fi
done
[ -n "$whole" ] || { echo "the files did not arrive whole" >&2; exit 1; }
if [ -n "$list" ]; then
  printf %s "$list" | while IFS= read -r path; do beside; printf '%s\\n' "$new"; done | tr '\\n' '\\0' | xargs -0 sync
  printf %s "$list" | while IFS= read -r path; do beside; mv -fT "$new" "$path" || exit 1; done
  printf %s "$list" | sed 's|/[^/]*$|/|' | sort -u | tr '\\n' '\\0' | xargs -0 sync
  printf %s "$list"
  list=
fi
`
