// The kinds of tests: pure (functions of values), unit (src/, no I/O beyond temporary files and its own processes), alone (unit tests that change their process), contract (the repository), integration (real processes).
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { PATIENCE_MS } from './test/support/run/until.ts'

/** Folder and name. Begun first, the longest before the others, so that no worker ends alone with one of them; the others as they come. */
const LONG = `
  assist/guard mesh/five-nodes mesh/demo mesh/fleet mesh/rotation daemon/doctor assist/ai-tools
  shell/processes assist/guard-keys mesh/hostile daemon/window assist/guard-company
  daemon/window-agents history/import shell/finder daemon/both-ways daemon/daemon
  history/disk-full daemon/openapi mesh/people mesh/mdns-lies assist/guard-manners shell/kept-hook
  shell/shell-company mesh/fleet-settings history/backup daemon/upgrade mesh/agents history/crash
  shell/unfinished-token daemon/http daemon/doctor-lan mesh/strangers assist/throwaway-root
  assist/run mesh/sync assist/guard-resident mesh/policies assist/acp pages/pages
  history/backup-encrypted shell/completion daemon/approvals daemon/metrics daemon/passphrase
  daemon/people daemon/thinking shell/sh-hook mesh/line shell/bash-hook shell/zsh-hook
  shell/fish-hook daemon/forward mesh/operators mesh/looking-around shell/bad-input
  muscle/muscle mesh/admission agents/runtime copilot/model totals/rooms agents/way-out agents/outside mesh/frames
  contract/hostile-text contract/bundle
  copilot/requests sim/whole risk/properties sim/star sim/asker sim/mesh anomalies/lives risk/carriers
  guard/own-files protocols/fields audit/budget risk/rules sim/echo copilot/within copilot/knowledge
`
  .trim()
  .split(/\s+/)

/** Projects whose tests mostly wait begin before those whose tests mostly compute, so that no processor rests at the end of a run. */
const ORDER = ['integration', 'service', 'alone', 'unit', 'contract', 'pure']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification): number => {
      const at = LONG.indexOf(moduleId.split('/').slice(-2).join('/').replace('.test.ts', ''))
      return ORDER.indexOf(project.name) * (LONG.length + 1) + (at < 0 ? LONG.length : at)
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

/**
 * Only against what hangs, for every kind of test: on a busy machine a second of work takes ten, and on a slow one more. Each single
 * wait ends sooner, see `until`, and says what it was for.
 */
const HANGS_MS = 30 * 60_000
/** Functions of values, and no more: nothing is started, replaced or left behind in a module that others share. */
const PURE = [
  'test/sim/**/*.test.ts',
  'test/unit/{config,protocols}/**/*.test.ts',
  'test/unit/insight/anomalies/**/*.test.ts',
  // Left out, as calendar is: what changes the time zone, which a thread has none of its own of.
  'test/unit/insight/statistics/!(statistics|time).test.ts',
  'test/unit/assist/{finder,risk}/**/*.test.ts',
  'test/unit/assist/copilot/!(model).test.ts',
  'test/unit/assist/guard/!(ask|git-aliases).test.ts',
  'test/unit/base/!(files|calendar|exit|peer-credentials).test.ts',
  'test/unit/exchange/{aggregates,query,report}/**/*.test.ts',
  'test/unit/trust/{access,audit,consent,peers,policy}/**/*.test.ts',
]

/**
 * Unit tests that change what all files of a process share, or measure it: each has a process of its own. Whoever adds one
 * says here what it is that it changes.
 */
const ALONE = [
  // Modules are replaced, for whoever loads them later.
  'test/unit/base/files.test.ts',
  'test/unit/assist/guard/ask.test.ts',
  'test/unit/agents/vault-locking.test.ts',
  'test/unit/cli/asked-first.test.ts',
  'test/unit/cli/rights.test.ts',
  'test/unit/ops/forward/waiting.test.ts',
  // The time zone.
  'test/unit/base/calendar.test.ts',
  'test/unit/insight/statistics/{statistics,time}.test.ts',
  'test/unit/cli/clock-changes.test.ts',
  // Environment, umask, user and signals of the process.
  'test/unit/assist/copilot/model.test.ts',
  'test/unit/trust/identity/keyfile.test.ts',
  'test/unit/api/client.test.ts',
  'test/unit/ops/signals.test.ts',
  'test/unit/cli/{history,query}.test.ts',
  // The clocks and timers of everything that runs in the process.
  'test/unit/cli/anomalies.test.ts',
  // Memory, which what other files have left behind would be part of.
  'test/unit/mesh/replay.test.ts',
  'test/unit/exchange/documents/catalog.test.ts',
  // Its own process, as the system lists it: a lock that another file takes gives it another name.
  'test/unit/observe/processes/proc.test.ts',
  // Rejections that nobody handles, of whatever runs in the process.
  'test/unit/exchange/documents/exchange.test.ts',
]

/** In the process of the tests alone: every program that they start pays what a passphrase costs in earnest. */
const QUICK = ['test/support/run/quick-passphrases.ts']

export default defineConfig({
  test: {
    pool: 'forks',
    // One more than processors: many tests wait, for a deadline, a disk or a daemon, while others can work. With more, daemons
    // that share two processors and one disk sometimes do not answer for seconds, and tests of deadlines fail by that.
    maxWorkers: Math.max(2, availableParallelism()) + 1,
    setupFiles: ['test/support/run/after-file.ts'],
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    // As `until` has it: a second, which is the default, is short for a disk that others use.
    expect: { poll: { timeout: PATIENCE_MS } },
    sequence: { sequencer: LongestFirst },
    // A page of snapshots that is missing fails its test; `-u` writes it.
    update: 'none',
    projects: [
      // Its files share threads, which load the sources once.
      { extends: true, test: { name: 'pure', include: PURE, pool: 'threads', isolate: false } },
      // Its files share processes, which load the sources once; one file after the other in each.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{sim,unit}/**/*.test.ts'],
          exclude: [...PURE, ...ALONE],
          isolate: false,
          setupFiles: QUICK,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE, setupFiles: QUICK } },
      // Its files share processes too: most of them load all commands or the whole contract.
      { extends: true, test: { name: 'contract', include: ['test/contract/**/*.test.ts'], isolate: false } },
      // Its files share processes as well, which load vitest, the helpers and the built program once; each file ends what it started.
      {
        extends: true,
        test: {
          name: 'integration',
          isolate: false,
          include: ['test/integration/**/*.test.ts'],
          setupFiles: QUICK,
          globalSetup: ['test/support/run/build.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'service',
          include: ['test/service/**/*.test.ts'],
          globalSetup: ['test/support/run/build.ts', 'test/support/node/packages.ts'],
          fileParallelism: false,
        },
      },
    ],
  },
})
