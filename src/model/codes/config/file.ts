import type { CodeEntry } from '../../problem.js'

/** Q10: the file as text and the shape of its fields. */
export const fileCodes: Record<string, CodeEntry> = {
  Q1001: {
    title: 'The file is not YAML',
    message: 'this is not YAML: {reason}',
    remedy: 'mend the line; indentation is by spaces, and a text with ": " or " #" in it needs quotes',
    explain: `The file could not be read as YAML 1.2, so nothing in it was looked at. The position is where reading stopped; the cause is
often a line above it: a missing quote, a tab, a bracket that is not closed.`,
    exit: 2,
  },
  Q1002: {
    title: 'A field is written twice',
    message: 'this field is written twice in one mapping',
    remedy: 'keep one of the two',
    explain: `YAML leaves open which of two equal keys counts, and programs differ. quorate takes neither.`,
    exit: 2,
  },
  Q1003: {
    title: 'Unknown field',
    message: 'there is no field {field}: {hint}',
    remedy: '{see}',
    explain: `A field that is not known is refused, not ignored: a setting with a typing error would otherwise silently not be set. See all
fields with quorate config explain, and let an editor help: quorate config schema > cluster.schema.json.`,
    exit: 2,
  },
  Q1004: {
    title: 'A field is missing',
    message: '{field} is missing',
    remedy: 'add it: {about}',
    explain: `Few fields have no default: apiVersion, kind, metadata.name, spec.endpoint.address, and name, address and roles of each machine.
quorate init writes a file that has them all.`,
    exit: 2,
  },
  Q1005: {
    title: 'A value of the wrong kind',
    message: '{field} must be {expected}, not {found}',
    remedy: 'write {expected}: {about}',
    explain: `YAML decides by the spelling what a value is: 6443 is a number, "6443" a text, an empty value is nothing, and a list is
written [a, b] or with a dash on each line.`,
    exit: 2,
  },
  Q1006: {
    title: 'A word that is not known here',
    message: '{field} cannot be {found}; known: {values}',
    remedy: '{hint}',
    explain: `The field takes one of a few words. quorate config explain FIELD lists them with their meaning.`,
    exit: 2,
  },
  Q1007: {
    title: 'A value outside its limits',
    message: '{field} is {found}; it must {limit}',
    remedy: 'quorate config explain {generic}',
    explain: `The value is of the right kind, but too small, too large or empty.`,
    exit: 2,
  },
  Q1009: {
    title: 'The file cannot be read',
    message: 'cannot read {file}: {reason}',
    remedy: 'name a file that exists, or write one: quorate init --file cluster.yaml',
    explain: `The cluster file was not found, is no file, or may not be read by you. Without a file argument most commands look at
$QUORATE_FILE and then at ./cluster.yaml.`,
    exit: 2,
  },
  Q1010: {
    title: 'Several documents in one file',
    message: 'a second YAML document starts here; a cluster file holds one cluster',
    remedy: 'put the second cluster into a file of its own',
    explain: `A line of three dashes starts another document. Each cluster has a file, so that its plan, its state and its history are its own.`,
    exit: 2,
  },
  Q1011: {
    title: 'The file is empty',
    message: '{file} is empty',
    remedy: 'write a file to start from: quorate init --file {file} --force',
    explain: `There is nothing in the file but white space or comments. A shell that writes into the file which it reads leaves it so.`,
    exit: 2,
  },
}
