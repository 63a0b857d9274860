// `npm run soak`: the runs that `npm test` has no time for, one after the other, each reproducible by its seed.
import { ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seed as seedEvents } from '../test/bench/memory.ts'
import { fuzzFrames } from '../test/fuzz/frames.ts'
import { fuzzRisk } from '../test/fuzz/risk.ts'
import { ATTACKS_KNOWN } from '../test/hostile/table.ts'
import { describeTrial, failures, holdTrial } from '../test/hostile/trial.ts'
import { describeRun, simulate } from '../test/sim/echo.ts'
import { describeLife, liveMesh } from '../test/sim/mesh.ts'
import { damageRounds } from '../test/support/data/damage.ts'
import { PROFILES, type Profile } from '../test/support/data/lives.ts'
import { falseAlarms } from '../test/support/data/watched-life.ts'
import { crowd } from '../test/support/mesh/crowd.ts'
import { befriend, nextTo } from '../test/support/mesh/honest.ts'
import { crashRounds } from '../test/support/node/crash.ts'
import { asksAll, beginTrial, denies, holdsAll, isCut, loses } from '../test/support/node/endure.ts'
import { drillFleet } from '../test/support/node/fleet-drill.ts'
import { liveFleet } from '../test/support/node/fleet-trial.ts'
import { startNode } from '../test/support/node/node.ts'
import { openChromium } from '../test/support/run/browser.ts'
import { INSPECTED } from '../test/support/run/heap.ts'
import { loadPage } from '../test/support/run/page-load.ts'
import { atEnd, endAll, ended, track } from '../test/support/run/processes.ts'
import { argumentsOf, misused } from './arguments.ts'
import { build } from './build.ts'
import { isFresh } from './fresh.ts'

interface Run {
  readonly name: string
  readonly does: string
  /** Resolves with what it measured; rejects when something did not hold. `seconds` is what was asked for, if at all. */
  run(seed: number, seconds: number | undefined): Promise<string>
}

const FRAMES = 1_000_000
/** All attacks together. */
const HOSTILE_SECONDS = 300
const PAGE_SECONDS = 3_600
/** Commands of a year that the page is opened with. */
const PAGE_EVENTS = 1_000_000
/** Heap and elements at the end beside those after a third of the time. */
const PAGE_GROWTH_MAX = 1.25
const DISGUISED_LINES = 500_000
const STRANGERS = 500
const DAEMONS = 50
/** Machines of the drill. */
const FLEET = 25
const CRASH_ROUNDS = 200
const DAMAGE_ROUNDS = 100
const YEARS_LIVED = 100
/** One a month of severity 5 or more. */
const SIGNALS_A_YEAR_MAX = 12
/** Heap after garbage collection at the end, beside its value after ten thousand frames. */
const HEAP_GROWTH_MAX = 1.1

async function tests(words: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const root = join(import.meta.dirname, '..')
  const vitest = track(
    spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...words], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    }),
  )
  const { code } = await ended(vitest)
  ok(code === 0, 'not all of them passed')
}

const RUNS: readonly Run[] = [
  {
    name: 'frames',
    does: 'a million hostile and honest frames at the reader and the decoder',
    async run(seed) {
      const { forged, lost, accepted, heapWarm, heapEnd } = fuzzFrames(FRAMES, seed)
      ok(forged === 0 && lost === 0, `${forged} forged frames accepted, ${lost} honest ones refused`)
      return `${accepted} accepted, ${heapGrowth(heapWarm, heapEnd)}`
    },
  },
  {
    name: 'risk',
    does: 'half a million disguised dangerous lines, none of which may be judged lower than it is',
    async run(seed) {
      const { lowered, slowestMs } = fuzzRisk(DISGUISED_LINES, seed)
      const first = lowered[0]
      ok(first === undefined, `${lowered.length} lowered, such as ${first?.disguise}: ${first?.line}`)
      return `${DISGUISED_LINES} lines, the slowest in ${slowestMs.toFixed(0)} ms`
    },
  },
  {
    name: 'hostile',
    does: "strangers', members' and other accounts' attacks for five minutes (--seconds N), beside the same node in peace",
    async run(seed, seconds = HOSTILE_SECONDS) {
      const report = await holdTrial({ seconds, seed, attacks: ATTACKS_KNOWN, together: true })
      const said = describeTrial(report)
      const broken = failures(report)
      ok(broken.length === 0, `${broken.join('; ')}\n${said}`)
      return `answered and recorded under every attack\n${said}\n `
    },
  },
  {
    name: 'page',
    does: 'the page with a million commands, 200 machines, 10 000 entries and 50 more commands a second, used for an hour (--seconds N) (needs chromium)',
    async run(_seed, seconds = PAGE_SECONDS) {
      const empty = await startNode()
      await empty.stop()
      await seedEvents(join(empty.home, 'db'), process.getuid!(), PAGE_EVENTS)
      const node = await startNode({ home: empty.home })
      const browser = await openChromium()
      atEnd(() => browser.close())
      const load = await loadPage({ browser, node, seconds, rate: 50, traced: true })
      const { rounds, commands, slow, busiest, heapWarm, heapEnd, elementsWarm, elementsEnd } = load
      const tasks = [...slow].map(
        ([view, ms]) => `${view} ${ms.length}, at most ${Math.max(...ms).toFixed(0)} ms`,
      )
      ok(heapEnd < PAGE_GROWTH_MAX * heapWarm, heapGrowth(heapWarm, heapEnd))
      ok(elementsEnd < PAGE_GROWTH_MAX * elementsWarm, `${elementsWarm} elements became ${elementsEnd}`)
      const busy = [...busiest].map(([view, ms]) => `${view} ${ms.toFixed(0)} ms`).join(', ')
      return `${rounds} rounds, ${commands} commands, longest task by processor time: ${busy}; tasks of 50 ms or more by the clock: ${tasks.join('; ') || 'none'}, ${heapGrowth(heapWarm, heapEnd)}`
    },
  },
  {
    name: 'strangers',
    does: 'five hundred fresh identities from as many addresses at a daemon, while its neighbour goes on asking it',
    async run() {
      const victim = await startNode({ name: 'victim', env: { NODE_OPTIONS: INSPECTED } })
      const honest = await startNode({ name: 'honest', config: await nextTo(victim) })
      await befriend(victim, honest)
      const { heard, refused, queries, ...sizes } = await crowd({ victim, honest, identities: STRANGERS })
      ok(heard > 0, 'not one of them was let in')
      const growth = heapGrowth(sizes.warm.heapBytes, sizes.end.heapBytes)
      return `${heard} introduced themselves, ${refused} were turned away, ${queries} queries undisturbed, ${growth}, ${mebibytes(sizes.rssBytes)} resident`
    },
  },
  {
    name: 'mesh',
    does: 'fifty daemons: a tenth refuses, a tenth dies, a fifth is cut off; then all that everybody holds is counted',
    async run(seed) {
      const trial = await beginTrial({ count: DAEMONS, seed, fullMeshUpTo: 32 })
      for (const step of [asksAll, denies, loses, isCut]) await step(trial)
      return `${DAEMONS} daemons, every question exact; ${await holdsAll(trial)} copies of summaries where they belong`
    },
  },
  {
    name: 'fleet',
    does: '25 machines rolled out by one file with an earlier build (the dist/karo.js that KARO_EARLIER names): upgraded, set, killed, cut in two, healed, one with a wrong clock, one revoked, each step timed (needs root)',
    run: (seed) => drillFleet(FLEET, seed, (line) => console.log(`  ${line}`)),
  },
  {
    name: 'clocks',
    does: 'twelve machines and two issuers: races for an invite, wrong clocks, files, a partition, renewal (needs faketime)',
    run: () => liveFleet((line) => console.log(`  ${line}`)),
  },
  {
    name: 'virtual',
    does: 'a thousand nodes of the mesh in virtual time: they admit each other, split, heal, die, come back, are denied',
    async run(seed) {
      const options = { nodes: 1_000, seed, tell: (line: string) => console.log(`  ${line}`) }
      const report = liveMesh(options)
      ok(report.broken.length === 0, report.broken.slice(0, 10).join('; '))
      return describeLife(options, report)
    },
  },
  {
    name: 'crash',
    does: 'two hundred rounds of typing while the daemon is killed',
    async run(seed) {
      const { rounds, commands, killed } = await crashRounds({ rounds: CRASH_ROUNDS, seed })
      const kills = Object.values(killed).reduce((sum, count) => sum + count, 0)
      return `${rounds} rounds, ${commands} commands, each there once; killed ${kills} times`
    },
  },
  {
    name: 'damage',
    does: 'a hundred databases with bytes turned and files cut off: refused, repaired, nothing silently gone',
    run: (seed) => damageRounds({ rounds: DAMAGE_ROUNDS, seed }),
  },
  {
    name: 'lives',
    does: 'a hundred ordinary years each of three made-up people: hardly anything is called unusual',
    async run(seed) {
      const told = (Object.keys(PROFILES) as Profile[]).map((profile) => {
        const { all, weigh } = falseAlarms(profile, YEARS_LIVED, seed)
        ok(weigh <= YEARS_LIVED * SIGNALS_A_YEAR_MAX, `${profile}: ${weigh} signals in ${YEARS_LIVED} years`)
        return `${profile} ${(all / YEARS_LIVED).toFixed(1)} a year, ${(weigh / YEARS_LIVED).toFixed(1)} of them of severity 5 or more`
      })
      return told.join('; ')
    },
  },
  {
    name: 'properties',
    does: 'the tests that try what is made up at random, tens of thousands of times instead of hundreds',
    async run(seed) {
      const root = join(import.meta.dirname, '..')
      const files = globSync('test/{sim,unit,integration}/**/*.test.ts', { cwd: root }).filter((file) =>
        /\/(?:thorough|properties)\.ts'/.test(readFileSync(join(root, file), 'utf8')),
      )
      await tests(files, { KARO_THOROUGH: '1', KARO_SEED: String(seed) })
      return `${files.length} files`
    },
  },
  {
    name: 'vm',
    does: 'the suite of jails by small virtual machines, of which npm test has a few tests alone; no other one may run here',
    async run() {
      await tests(['test/unit/muscle/muscle.test.ts', '-t', 'by vm'], { KARO_JAILS: 'vm' })
      return 'all of it holds'
    },
  },
  {
    name: 'sim',
    does: 'twenty lives of a thousand simulated query routers: two questions each, with loss and a tenth of them dying',
    async run(seed) {
      const told = Array.from({ length: 20 }, (_, life) => {
        const options = { nodes: 1_000, degree: 8, seed: seed + life, queries: 2, lossPer10k: 20, churn: 100 }
        const report = simulate(options)
        ok(report.broken.length === 0, report.broken.slice(0, 10).join('; '))
        for (const { asker, outcomes } of report.queries) {
          const others = [...report.steady].filter((node) => node !== asker)
          const missing = others.filter((node) => outcomes.get(node) !== 'answered')
          ok(
            missing.length === 0,
            `seed ${options.seed}: ${missing.length} nodes that stayed were not counted`,
          )
        }
        return describeRun(options, report)
      })
      return told.join('\n')
    },
  },
]

/** Says how it grew; throws when that is too much. */
function heapGrowth(warm: number, end: number): string {
  const said = `heap ${mebibytes(warm)} → ${mebibytes(end)}`
  ok(end <= warm * HEAP_GROWTH_MAX, said)
  return said
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

const USAGE = `soak -- [--seed N] [--seconds N] [name…]
${RUNS.map(({ name, does }) => `  ${name.padEnd(12)}${does}`).join('\n')}`

interface Chosen {
  readonly seed: number
  readonly seconds: number | undefined
  readonly runs: readonly Run[]
}

function chosen(): Chosen {
  const { values, positionals } = argumentsOf(USAGE, {
    options: { seed: { type: 'string' }, seconds: { type: 'string' } },
    allowPositionals: true,
  })
  // A run without a seed is another one each time, and says which.
  const seed = Number(values.seed ?? Date.now() % 2 ** 32)
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
  if (seconds !== undefined && !(seconds > 0)) misused(USAGE, '--seconds takes a number above 0')
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    misused(USAGE, '--seed takes a whole number below 2^32')
  const unknown = positionals.find((word) => !RUNS.some(({ name }) => name === word))
  if (unknown !== undefined) misused(USAGE, `no such run: ${unknown}`)
  const runs = RUNS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  return { seed, seconds, runs }
}

async function soak({ runs, seed, seconds }: Chosen): Promise<number> {
  let failed = 0
  for (const { name, run } of runs) {
    const began = performance.now()
    const took = (): string => `${((performance.now() - began) / 1_000).toFixed(1)} s, seed ${seed}`
    let ended = true
    try {
      process.stdout.write(`✓ ${name}: ${await run(seed, seconds)} (${took()})\n`)
    } catch (error) {
      ended = false
      failed++
      process.stdout.write(`✗ ${name} (${took()}): ${error instanceof Error ? error.stack : error}\n`)
    }
    await endAll(!ended)
  }
  process.stdout.write(`${runs.length - failed} passed, ${failed} failed, 0 skipped\n`)
  return failed
}

const what = chosen()
if (!isFresh()) await build()
process.exitCode = (await soak(what)) === 0 ? 0 : 1
