import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { schemaText } from '../../src/config/json-schema.js'

it('schema/cluster-v1alpha1.json is what the program says; else: quorate config schema > schema/cluster-v1alpha1.json', () => {
  expect(readFileSync(new URL('../../schema/cluster-v1alpha1.json', import.meta.url), 'utf8')).toBe(schemaText())
})
