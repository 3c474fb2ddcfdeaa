import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readPins, select } from '../../src/bundle/pins.js'
import { findBundle } from '../../src/bundle/ready.js'
import { corednsObjects } from '../../src/render/coredns.js'
import { stacked } from '../render/clusters.js'
import { findPrograms } from './programs.js'

const { bin = '' } = await findPrograms()
const kubeadm = join(bin, 'kubeadm')
if (!existsSync(kubeadm)) console.warn('SKIPPED: no kubeadm in the bundle')

it.skipIf(!existsSync(kubeadm))('the bundle holds exactly the images that kubeadm of its version asks for, and our probe', async () => {
  const pins = select(await readPins(), { metallb: false })
  const asked = execFileSync(kubeadm, ['config', 'images', 'list', '--kubernetes-version', pins.kubernetesVersion], { encoding: 'utf8' })
  const probe = pins.images.find((image) => image.program === 'agnhost')?.reference
  expect(pins.images.map((image) => image.reference).sort()).toEqual([...asked.trim().split('\n'), probe].sort())
})

const coredns = (await findBundle({ kubernetesVersion: 'v1.36.3', metallb: false }))?.binaries.coredns
if (!coredns) console.warn('SKIPPED: no coredns in the bundle')

it.skipIf(!coredns)('the CoreDNS of the bundle has every plugin of our Corefile', () => {
  const has = execFileSync(coredns ?? '', ['-plugins'], { encoding: 'utf8' }).split('\n')
  const text = JSON.stringify(corednsObjects(stacked()))
  const [, corefile = ''] = /"Corefile":"((?:[^"\\]|\\.)*)"/.exec(text) ?? []
  const named = [...corefile.replaceAll('\\n', '\n').matchAll(/^ {4}(\w+)/gm)].map(([, name]) => name)
  expect(named.length).toBeGreaterThan(8)
  expect(has.map((line) => line.trim().replace(/^dns\./, ''))).toEqual(expect.arrayContaining(named))
})
