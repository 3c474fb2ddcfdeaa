import { type Bundle, ensureBundle } from '../bundle/ensure.js'
import type { LabImage } from '../lab/image.js'
import type { Cluster } from '../model/cluster.js'
import type { ApplyOptions } from './options.js'
import { asStage } from './stages.js'

/** The bundle that this cluster needs, made when it is not in the cache. */
export const bundleFor = (cluster: Cluster, { emit, signal, source }: ApplyOptions): Promise<Bundle> =>
  asStage(emit, 'bundle', 'Bundle', () =>
    ensureBundle({
      kubernetesVersion: cluster.kubernetesVersion,
      metallb: cluster.loadBalancer !== undefined,
      source,
      emit,
      signal,
    }),
  )

export const labImageOf = ({ rootfs, layer, containerd, digest }: Bundle): LabImage => ({ rootfs, layer, containerd, digest })
