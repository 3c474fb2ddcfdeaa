import { fieldTable } from '../../config/fields.js'
import { defaultCluster, initText } from '../../config/init.js'
import { jsonSchema } from '../../config/json-schema.js'
import { loadClusterFile } from '../../config/load.js'
import { toYaml } from '../../config/to-yaml.js'
import { Fault } from '../../model/problem.js'
import type { ConfigVerbs } from '../load.js'

const read = loadClusterFile

/** The file with every default; without one, the built-in cluster. Throws the file's errors together. */
const defaults = async (file: string | undefined): Promise<string> => {
  if (file === undefined) return toYaml(defaultCluster())
  const { cluster, problems } = await read(file)
  if (!cluster) throw new AggregateError(problems.filter((p) => p.severity === 'error').map((p) => new Fault(p)))
  return toYaml(cluster)
}

const verbs: ConfigVerbs = {
  initText: (options) => initText(options),
  read,
  defaults,
  fields: async () => fieldTable(),
  schema: async () => jsonSchema(),
}

export const { fields, schema } = verbs
export { defaults, initText, read }
