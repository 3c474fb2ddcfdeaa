import { Document, isMap, isSeq } from 'yaml'
import type { Cluster } from '../model/cluster.js'

/** A cluster as a file that loads to the same cluster, every default written out. Paths in it are absolute. */
export const toYaml = (cluster: Cluster): string => {
  const { name, machines, network, hosted, ...rest } = cluster
  const { plugin } = network
  const doc = new Document({
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name },
    spec: {
      ...rest,
      ...(hosted ? { controlPlane: { hosted: { cluster: hosted.hostFile, replicas: hosted.replicas, service: hosted.service } } } : {}),
      network: { ...network, plugin: plugin.kind === 'manifest' ? { manifest: plugin.path } : plugin.kind },
      machines,
    },
  })
  const rows = doc.getIn(['spec', 'machines'], true)
  if (isSeq(rows)) for (const row of rows.items) if (isMap(row)) row.flow = true
  return doc.toString({ lineWidth: 0, aliasDuplicateObjects: false } as never)
}
