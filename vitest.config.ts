import { defineConfig } from 'vitest/config'

/** Tests beside those of their folder that need programs of the bundle: a real etcd, a real API server. */
const withPrograms = [
  'test/real/**/*.test.ts',
  'test/client/{etcd,kubernetes-real}.test.ts',
  'test/elect/{takeovers,etcd-lock,kubernetes}.test.ts',
]

/** `unit` needs nothing but Node; `real` runs the published programs (haproxy -c, kubeadm config validate) and needs the bundle; `lab` makes machines, `topologies` brings up every other shape of a cluster, `hosted` one inside another. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...withPrograms, 'test/lab/**', 'test/topologies/**', 'test/hosted/**'],
          testTimeout: 30_000,
        },
      },
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
