import { z } from 'zod'
import { wireSchema } from './v1alpha1.js'

/** JSON Schema draft-07 of the cluster file, which editors understand; shipped as schema/cluster-v1alpha1.json. */
export const jsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(wireSchema, { target: 'draft-7', io: 'input', reused: 'inline' }),
})

/** The text of schema/cluster-v1alpha1.json, as `quorate config schema` prints it. */
export const schemaText = (): string => `${JSON.stringify(jsonSchema(), null, 2)}\n`
