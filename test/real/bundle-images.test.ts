import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readPins, select } from '../../src/bundle/pins.js'
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
