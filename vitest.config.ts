import { defineConfig } from 'vitest/config'

/** Tests beside those of their folder that need programs of the bundle: a real etcd, a real API server. */
const withPrograms = [
  'test/real/**/*.test.ts',
  'test/client/{etcd,kubernetes-real}.test.ts',
  'test/elect/{takeovers,etcd-lock,kubernetes}.test.ts',
  'test/steps/etcd-members.test.ts',
]

/** Tests whose verdict is a matter of milliseconds: alone, because a neighbour on the same processor is felt as a fault. */
const timed = [
  'test/check/wait.test.ts',
  'test/drill/{prober,samplers-in-cluster,samplers-owners}.test.ts',
  'test/elect/guard.test.ts',
  'test/history/speed.test.ts',
  'test/machine/ssh.test.ts',
  'test/render/proxy-alive.test.ts',
]

/** `unit` and `timed` need nothing but Node; `real` runs the published programs (haproxy -c, kubeadm config validate) and needs the bundle; `lab` makes machines, `topologies` brings up every other shape of a cluster, `hosted` one inside another. */
export default defineConfig({
  test: {
    globalSetup: 'test/compile.ts',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...withPrograms, ...timed, 'test/lab/**', 'test/topologies/**', 'test/hosted/**'],
          testTimeout: 30_000,
        },
      },
      // What is wrong is wrong every time; a computer that gave its processors to somebody else for a moment is asked again.
      { test: { name: 'timed', include: timed, testTimeout: 30_000, fileParallelism: false, retry: 2 } },
      { test: { name: 'real', include: withPrograms, testTimeout: 120_000, fileParallelism: false } },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'topologies',
          include: ['test/topologies/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'hosted',
          include: ['test/hosted/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
