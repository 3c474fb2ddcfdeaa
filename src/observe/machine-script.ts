/** What to ask of one machine. */
export interface MachineQuestions {
  /** Files to sum by sha256. */
  files: readonly string[]
  /** Files of which only existence is asked, such as a database that grows. */
  exists?: readonly string[]
  /** systemd units. */
  units: readonly string[]
}

export const versionsPath = '/usr/local/share/quorate/versions'

/** Larger files are told by their size: summing a database would cost more than everything else together. */
const largestSummed = 32 * 1024 * 1024

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const words = (texts: readonly string[]): string => texts.map(quote).join(' ')

/**
 * POSIX sh that prints everything in one go, a tag and a value on each line, or a program's own words where they are as clear. The clock is read
 * first and last, so that the time the script takes does not count as skew. Nothing slow is started, no Go program, no `apt`, no `journalctl`, and
 * nothing that the shell can do itself: every machine is asked each time.
 */
export const machineScript = ({ files, exists = [], units }: MachineQuestions): string => `
exec 2>/dev/null
echo "clock $(date +%s%N)"
read -r name < /proc/sys/kernel/hostname; echo "hostname $name"
read -r release < /proc/sys/kernel/osrelease; echo "kernel $release"
. /etc/os-release; echo "os $PRETTY_NAME"
read -r online < /sys/devices/system/cpu/online; echo "online $online"
[ -r /run/systemd/container ] && read -r container < /run/systemd/container && echo "container $container"
while read -r key value _; do [ "$key" = MemTotal: ] && echo "memory $value" && break; done < /proc/meminfo
df -P -B1 /var/lib | { read -r _; read -r _ _ _ free _; echo "disk $free"; }
echo "ip $(ip -j -4 addr show)"
${units.length > 0 ? `systemctl show --property=Id,ActiveState -- ${words(units)}` : ''}
${
  files.length > 0
    ? `find -L ${words(files)} -maxdepth 0 -type f \\( -size -${largestSummed}c -exec sha256sum -- {} + -o ! -size -${largestSummed}c -printf 'large %s %p\\n' \\)`
    : ''
}
${exists.map((path) => `[ -e ${quote(path)} ] && echo present ${quote(path)}`).join('\n')}
[ -r ${versionsPath} ] && while read -r line; do echo "version $line"; done < ${versionsPath}
echo "clock $(date +%s%N)"
exit 0
`
