import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claims } from '../../src/check/claims.js'
import type { FaultSpec, MachineScripts, Scene } from '../../src/drill/faults/fault.js'
import { chooseFaults, faultTable, quickFaults } from '../../src/drill/faults/table.js'
import { componentsOf } from '../../src/drill/faults/what-is-lost.js'
import { predictFault } from '../../src/drill/predict.js'
import { randomOf } from '../../src/drill/random.js'
import { faultDir } from '../../src/drill/scripts/prelude.js'
import { findVictims, type Roles } from '../../src/drill/victims.js'
import { runProcess } from '../../src/machine/process.js'
import { balancers, type Cluster, etcdMachines, workers } from '../../src/model/cluster.js'
import { examples, serversOf } from './support/examples.js'

const rolesOf = (cluster: Cluster): Roles => ({
  ...(etcdMachines(cluster)[0] ? { etcdLeader: etcdMachines(cluster)[0]?.name ?? '' } : {}),
  ...(balancers(cluster)[0] ? { virtualIpHolder: balancers(cluster)[0]?.name ?? '' } : {}),
  controllerManager: serversOf(cluster)[0] ?? '',
  scheduler: serversOf(cluster).at(-1) ?? '',
  apiServer: serversOf(cluster)[0] ?? '',
  apiServers: serversOf(cluster),
  dns: workers(cluster).map((m) => m.name),
})

interface Case {
  name: string
  spec: FaultSpec
  scripts: MachineScripts
}

/** The scripts of every fault on every victim that it would have in every example. */
const cases: Case[] = [...examples].flatMap(([file, cluster]) =>
  faultTable.flatMap((spec) => {
    const { mechanism } = spec
    if (mechanism.kind !== 'scripts' || !spec.applies(cluster)) return []
    const { machines } = findVictims(spec.victim, cluster, rolesOf(cluster), randomOf(1))
    return machines.map((machine) => {
      const scene: Scene = { cluster, machine, victims: machines, id: `x-${spec.id}` }
      return { name: `${spec.id} on ${machine.name} of ${file}`, spec, scripts: mechanism.on(scene) }
    })
  }),
)

const textsOf = (scripts: MachineScripts): [string, string][] =>
  Object.entries(scripts).flatMap(([part, text]) => (typeof text === 'string' ? [[part, text] as [string, string]] : []))

describe('the table of faults', () => {
  it('has at least 30 faults and both controls', () => {
    const controls = faultTable.filter((one) => one.control !== undefined)
    expect(faultTable.length - controls.length).toBeGreaterThanOrEqual(30)
    expect(controls.map((one) => one.control).sort()).toEqual(['must-fail', 'must-hold'])
    expect(faultTable[0]?.control).toBe('must-hold')
    expect(faultTable.at(-1)?.control).toBe('must-fail')
  })

  it('names each fault once, in words that can be typed', () => {
    const ids = faultTable.map((one) => one.id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(new Set(faultTable.map((one) => one.title)).size).toBe(ids.length)
  })

  it.each(faultTable.map((spec) => [spec.id, spec] as const))('%s says how it is shown, undone and what is predicted', (_, spec) => {
    for (const text of [spec.title, spec.description, spec.shownBy, spec.undoneBy]) expect(text.length).toBeGreaterThan(10)
    expect(spec.holdMs).toBeGreaterThanOrEqual(3000)
    expect(spec.settleMs).toBeGreaterThan(0)
    if (spec.expects.claimSeen) expect(claims.map((one) => one.id)).toContain(spec.expects.claimSeen)
    const applicable = [...examples.values()].filter(spec.applies)
    expect(applicable.length).toBeGreaterThan(0)
    for (const cluster of applicable) {
      const { headline } = predictFault(spec, cluster)
      expect(headline.formula.length).toBeGreaterThan(5)
      expect(headline.worstMs === null || headline.worstMs >= 0).toBe(true)
    }
  })

  it('breaks every component that a cluster has, and every kind of thing', () => {
    for (const [file, cluster] of examples) {
      const { faults } = chooseFaults(cluster, true, {})
      const lost = new Set(
        faults
          .flatMap((one) => one.lost(findVictims(one.victim, cluster, rolesOf(cluster), randomOf(1)).machines, cluster))
          .filter((one) => one.kind === 'component')
          .map((one) => one.name),
      )
      if (serversOf(cluster).length < 3) continue
      expect(
        [...componentsOf(cluster)].filter((one) => !lost.has(one)),
        file,
      ).toEqual([])
    }
    const kinds = new Set(faultTable.map((one) => one.category))
    expect([...kinds].sort()).toEqual(['control', 'machine', 'network', 'process', 'storage'])
  })

  it('has a quick selection of each kind, controls included', () => {
    const chosen = faultTable.filter((one) => quickFaults.includes(one.id))
    expect(chosen).toHaveLength(quickFaults.length)
    expect(new Set(chosen.map((one) => one.category)).size).toBe(5)
    expect(chosen.filter((one) => one.control !== undefined)).toHaveLength(2)
  })

  it('leaves out, with a reason, what cannot be done to hosts or to this cluster', () => {
    const [, cluster] = [...examples][0] ?? []
    if (!cluster) throw new Error('no example')
    const { faults, leftOut } = chooseFaults(cluster, false, {})
    expect(faults.every((one) => one.labOnly !== true)).toBe(true)
    expect(leftOut.length).toBeGreaterThan(0)
    for (const one of leftOut) expect(one.because).not.toBe('')
    expect(chooseFaults(cluster, true, { only: ['no-such-fault'] }).problems.map((one) => one.code)).toEqual(['Q6001'])
  })
})

describe('scripts of faults', () => {
  it('are there for every example', () => expect(cases.length).toBeGreaterThan(150))

  it('are whole: inject, effect, undo and undone, in the folder of their own fault', () => {
    for (const { name, spec, scripts } of cases)
      for (const part of ['inject', 'effect', 'undo', 'undone'] as const) {
        expect(scripts[part], `${name}: ${part}`).toBeTruthy()
        expect(scripts[part], `${name}: ${part}`).toContain(`D=${faultDir(`x-${spec.id}`)}\n`)
        expect(scripts[part], `${name}: ${part}`).not.toContain('undefined')
      }
  })

  it('are text that a POSIX shell takes', async () => {
    const texts = [...new Set(cases.flatMap(({ scripts }) => textsOf(scripts).map(([, text]) => text)))]
    const dir = mkdtempSync(join(tmpdir(), 'quorate-dash-'))
    texts.forEach((text, i) => {
      writeFileSync(join(dir, `${i}.sh`), text)
      expect(text).not.toMatch(/\[\[|\blocal \b|<\(|\$'/)
    })
    const { stdout, stderr } = await runProcess(['sh', '-c', `cd ${dir} && for f in *.sh; do dash -n "$f" || echo "$f"; done`])
    rmSync(dir, { recursive: true })
    expect([stdout, stderr]).toEqual(['', ''])
  }, 60_000)

  it('call no function that they do not define', () => {
    for (const { name, scripts } of cases)
      for (const [part, text] of textsOf(scripts)) {
        const waited = [...text.matchAll(/wait_for \d+ ([a-z_]+)/g)].map(([, called]) => called ?? '')
        const ours =
          text.match(
            /(?<![\w/.-])(?:etcd_(?:up|down|ready|up_again)|own_member|lead|settled|\w+_member|\w+_image|free_space)(?![\w/.=-])/g,
          ) ?? []
        for (const called of new Set([...waited, ...ours]))
          if (!text.includes(`${called}() {`)) expect.fail(`${name}: ${part} calls ${called}`)
      }
  })

  it('hold no secret and bound what they wait for', () => {
    for (const { name, scripts } of cases)
      for (const [part, text] of textsOf(scripts)) {
        expect(text, `${name}: ${part}`).not.toMatch(/PRIVATE KEY/)
        expect(text, `${name}: ${part}`).not.toMatch(/while true|while :/)
      }
  })

  it('spare the way in: no rule comes before the one that accepts SSH', () => {
    const cuts = cases.filter(({ scripts }) => scripts.inject.includes('table netdev'))
    expect(cuts.length).toBeGreaterThan(0)
    for (const { name, scripts } of cuts)
      for (const chain of scripts.inject.split(/chain (?:incoming|outgoing) \{/).slice(1)) {
        const rules = chain.split('\n').filter((line) => /accept$|drop$/.test(line) && !line.includes('policy'))
        expect(rules[0], name).toMatch(/tcp [ds]port 22 accept$/)
      }
  })
})

/** Programs that would change the machine, replaced by ones that only write down how they were called. */
const stubbed = [
  'systemctl',
  'nft',
  'ip',
  'mount',
  'umount',
  'etcdctl',
  'curl',
  'fsfreeze',
  'arping',
  'mv',
  'cp',
  'fallocate',
  'dd',
  'mkfs.ext4',
]
const harmless = /^(systemctl is-active|nft delete table \w+ quorate_fault_|nft list|ip -o|curl|etcdctl .*member list)/

describe('the undo of every fault', () => {
  let dir = ''
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'quorate-undo-'))
    mkdirSync(join(dir, 'bin'))
    for (const name of stubbed) {
      const path = join(dir, 'bin', name)
      writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> ${dir}/calls\n`)
      chmodSync(path, 0o755)
    }
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('does nothing, twice, where nothing is wrong', async () => {
    const texts = new Map(cases.map(({ name, scripts }) => [scripts.undo, name]))
    for (const [text, name] of texts) {
      writeFileSync(join(dir, 'calls'), '')
      const here = text.replace(/^D=.*$/m, `D=${dir}/fault`)
      for (let n = 0; n < 2; n++) await runProcess(['env', `PATH=${dir}/bin:/usr/bin:/bin`, 'sh', '-s'], { stdin: here, timeoutMs: 10_000 })
      const calls = readFileSync(join(dir, 'calls'), 'utf8').split('\n').filter(Boolean)
      expect(
        calls.filter((call) => !harmless.test(call)),
        name,
      ).toEqual([])
    }
  }, 120_000)
})
