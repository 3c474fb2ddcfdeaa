import { defineConfig } from 'vitest/config'

/** `unit` needs nothing but Node; `real` runs the published programs (haproxy -c, kubeadm config validate) and needs the bundle; `lab` makes machines. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/real/**', 'test/lab/**'], testTimeout: 20_000 } },
      { test: { name: 'real', include: ['test/real/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: { name: 'lab', include: ['test/lab/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false },
      },
    ],
  },
})
