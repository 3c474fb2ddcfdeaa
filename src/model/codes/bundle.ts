import type { CodeEntry } from '../problem.js'

export const bundleCodes: Record<string, CodeEntry> = {
  Q2001: {
    title: 'Go is missing',
    message: 'the bundle is to be built from Go modules, and there is no go on this computer',
    remedy: 'install Go 1.26 or newer, or take the official releases: quorate bundle build --source releases',
    explain: `Everything that a cluster runs is pinned in bundle/bundle.yaml and built from Go modules, checked by go.sum, or taken from the official
releases, checked by their digests. --source auto takes modules where Go is installed.`,
    exit: 2,
  },
  Q2002: {
    title: 'Build failed',
    message: 'building {module} failed: {output}',
    remedy: 'type the same command again: what is compiled already is kept',
    explain: `The compiler or the download of a module failed; its own last words are above. Go's cache keeps every package that was
compiled, so the next run goes on from there.`,
    exit: 1,
  },
  Q2003: {
    title: 'Disk full',
    message: 'there is no space left for {where}',
    remedy: 'free some space, or set QUORATE_CACHE to a folder on another disk; a cold build needs about 12 GiB',
    explain: `A cold build needs about 8 GiB in Go's caches and 4 GiB in quorate's own. Both may be deleted when nothing runs.`,
    exit: 1,
  },
  Q2004: {
    title: 'A package of this computer is missing',
    message: '{packages} could not be installed: {reason}',
    remedy: 'apt-get update && apt-get install {packages}',
    explain: `Making the root file system of machines and the container runtime needs a few Debian packages on this computer.`,
    exit: 2,
  },
  Q2005: {
    title: 'Root file system failed',
    message: 'mmdebstrap failed: {output}',
    remedy: 'see that apt-get update works on this computer, then type the same command again',
    explain: `The machines' Debian is made by mmdebstrap from the package sources that this computer uses itself.`,
    exit: 1,
  },
  Q2006: {
    title: 'Wrong digest',
    message: '{name} does not have the content it should have: {found} instead of {expected}',
    remedy: 'remove it and build again: quorate bundle build',
    explain: `Every file of a bundle is checked against a digest: after download, on import and by "quorate bundle verify". A difference means
a damaged disk, an interrupted copy, or somebody's hand.`,
    exit: 1,
  },
  Q2007: {
    title: 'Download failed',
    message: '{url}: {reason}',
    remedy: 'see the address in a browser; then type the same command again: a part that arrived is kept',
    explain: `Official releases are fetched over HTTP with a deadline, resumed where they broke off, and checked against the digest published beside them.`,
    exit: 5,
  },
  Q2008: {
    title: 'Not a bundle archive',
    message: '{path} is not an archive that "quorate bundle export" has written: {reason}',
    remedy: 'make one where there is a network: quorate bundle export FILE',
    explain: `An archive holds every file of a bundle and a list of their digests. Names that would leave the cache's folder are refused.`,
    exit: 2,
  },
  Q2009: {
    title: 'Version not in the bundle',
    message: 'the bundle holds Kubernetes {have}, the file asks for {want}',
    remedy: 'write kubernetesVersion: {have}',
    explain: `Each release of quorate pins one set of components that were tested together.`,
    exit: 2,
  },
  Q2010: {
    title: 'Go is too old',
    message: 'this computer has {version}, which cannot read the pinned modules',
    remedy: 'install Go 1.26 or newer, or take the official releases: quorate bundle build --source releases',
    explain: `From version 1.21 on, Go fetches by itself the version that a module asks for. An older one fails with messages about go.mod
that say nothing of the cause.`,
    exit: 2,
  },
  Q2011: {
    title: 'No bundle yet',
    message: 'the bundle is not complete on this computer',
    remedy: 'quorate bundle build',
    explain: `Verify and export work on a bundle that is complete. "quorate bundle list" shows which parts are there; building makes the rest,
and keeps what is there already.`,
    exit: 1,
  },
}
