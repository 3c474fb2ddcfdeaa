import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import type { FieldPath, Finding } from '../finding.js'
import { doubtful, pathText, wrong } from '../finding.js'
import { machinePath, type Rule } from './rule.js'

/** Why a file cannot be used, or undefined where it can. */
const fileFault = (path: string): string | undefined => {
  try {
    if (!statSync(path).isFile()) return 'it is no file'
    accessSync(path, constants.R_OK)
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'you may not read it' : message
  }
}

const named = (field: FieldPath, path: string, holds?: RegExp): Finding[] => {
  const reason = fileFault(path) ?? (holds && !holds.test(readFileSync(path, 'latin1')) ? 'it is not in PEM form' : undefined)
  return reason ? [wrong('Q1802', field, { field: pathText(field), path, reason })] : []
}

export const etcdFiles: Rule = ({ cluster }) => {
  const { external } = cluster.etcd
  if (!external) return []
  const at = (field: string): FieldPath => ['spec', 'etcd', 'external', field]
  return [
    ...named(at('caFile'), external.caFile, /-----BEGIN CERTIFICATE-----/),
    ...named(at('certFile'), external.certFile, /-----BEGIN CERTIFICATE-----/),
    ...named(at('keyFile'), external.keyFile, /-----BEGIN [A-Z ]*PRIVATE KEY-----/),
  ]
}

export const networkManifest: Rule = ({ cluster: { network } }) =>
  network.plugin.kind === 'manifest' ? named(['spec', 'network', 'plugin', 'manifest'], network.plugin.path) : []

/**
 * Keys and known hosts of SSH, common and per machine. Only doubtful: an agent may hold the key of which just the public half lies here,
 * and a file of known hosts may come with the first login.
 */
export const sshFiles: Rule = ({ cluster, wire }) =>
  (['identityFile', 'knownHostsFile'] as const).flatMap((name) => {
    // The common value as an absolute path: that of any machine without one of its own.
    const common = cluster.machines.find((_, i) => wire.spec.machines[i]?.ssh?.[name] === undefined)?.ssh?.[name]
    const fields: [FieldPath, string | undefined][] = [
      [['spec', 'ssh', name], wire.spec.ssh?.[name] === undefined ? undefined : common],
      ...cluster.machines.map((m, i): [FieldPath, string | undefined] => [
        machinePath(i, 'ssh', name),
        wire.spec.machines[i]?.ssh?.[name] === undefined ? undefined : m.ssh?.[name],
      ]),
    ]
    return fields.flatMap(([field, path]): Finding[] => {
      const reason = path === undefined ? undefined : fileFault(path)
      return reason && path ? [doubtful('Q1802', field, { field: pathText(field), path, reason })] : []
    })
  })
