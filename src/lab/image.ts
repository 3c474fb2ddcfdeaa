/** What a lab's machines are made of: the part of a bundle that the lab needs. */
export interface LabImage {
  /** Debian root file system. */
  rootfs: string
  /** Tree laid over it: programs, units, settings. */
  layer: string
  /** A /var/lib/containerd in which every image is unpacked already. */
  containerd: string
  digest: string
}
