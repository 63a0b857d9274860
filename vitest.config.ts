// Three kinds of tests: unit (one room, in process), contract (the whole tree's promises), integration (real processes).
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    pool: 'forks',
    // One more than processors: many tests wait, for a deadline, a disk or a daemon, while another can work.
    maxWorkers: Math.max(2, availableParallelism()) + 1,
    setupFiles: ['test/support/after-file.ts'],
    // Unit tests are many and short; what starts processes shares the machine with them badly.
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/{unit,sim}/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        extends: true,
        test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/build.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Daemons wait more than they work; in more files at once they would only wait for each other's processor.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'service',
          include: ['test/service/**/*.test.ts'],
          globalSetup: ['test/support/build.ts'],
          testTimeout: 120_000,
          // Fetches a small Debian the first time.
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
