/** Everything that machines of a cluster are made of, on this computer's disk. Paths are absolute. */
export interface Bundle {
  kubernetesVersion: string
  /** Debian root file system. */
  rootfs: string
  /** Tree laid over it, or copied to hosts: programs and what steps need. */
  layer: string
  /** Path of every program by name. */
  binaries: Record<string, string>
  images: { reference: string; archive: string; digest: string }[]
  /** A /var/lib/containerd with all images unpacked. */
  containerd: string
  /** Snapshot of an etcd in which nothing was ever written; it also lies in the layer. */
  emptyEtcdSnapshot: string
  /** Changes when anything above does. */
  digest: string
}

/** How the programs are got: compiled from pinned Go modules, or downloaded as their projects publish them. */
export type Source = 'modules' | 'releases'

/** A bundle with what it is made of, for list, verify and export. */
export interface ReadyBundle extends Bundle {
  source: Source
  /** sha256 of the list of digests of every object, by the object's label (NAME-KEY). */
  objects: Record<string, string>
}
