// What finding a command costs: in a store of a million events, beside grep over the same texts, and until it is on the screen.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { spawn } from '@lydell/node-pty'
import { fitOf, readQuestion, scoreOf, worthOfPlace, worthOfUse } from '../../src/assist/finder/index.ts'
import { createEventRepository, type EventRepository, type Ranking } from '../../src/store/events/events.ts'
import { newDatabase } from '../../src/store/level/database.ts'
import { eventOf, positionAt } from '../support/data/events.ts'
import { cleanEnv, startNode } from '../support/node/node.ts'
import { median } from './median.ts'

export interface HistoryCost {
  readonly events: number
  readonly distinct: number
  /** The first question where nothing is recalled: it waits until all are. */
  readonly cold_ms: number
  /** The finder's first page then: of the newest commands. */
  readonly first_page_ms: number
  /** Until all are recalled, as the daemon does it by itself after its start. */
  readonly recalled_ms: number
  /** Memory of what is recalled. */
  readonly recalled_mib: number
  /** By what is looked for; medians. */
  readonly search_ms: Readonly<
    Record<'rare' | 'frequent' | 'everywhere' | 'nowhere' | 'place and failed', number>
  >
  readonly rank_ms: Readonly<Record<'nothing typed' | 'a word' | 'letters', number>>
  /** grep -ic over a file of the distinct texts. */
  readonly grep_ms: number
}

const BATCH = 2_000
const REPEATS = 9
const UID = 1000
const YEAR_MS = 360 * 86_400_000

/** A year: one event in ten is a new command, the others are of five thousand. */
export async function measureHistory(events = 1_000_000): Promise<HistoryCost> {
  const directory = mkdtempSync(join(tmpdir(), 'karo-history-'))
  try {
    const first = Date.now() - YEAR_MS
    const texts = new Set<string>()
    const writing = newDatabase(join(directory, 'db'))
    await writing.open()
    const repository = createEventRepository(writing)
    for (let i = 0; i < events; i += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, events - i) }, (_, j) => {
        const n = i + j
        const command =
          n % 10 === 0
            ? `git commit -m "change ${n} of the parser"`
            : `tool${n % 40} --argument ${(n * 7) % 5000}`
        texts.add(command)
        return eventOf(0, {
          start_us: Math.floor((first + (n / events) * YEAR_MS) * 1000),
          tag: n,
          command,
          cwd: `/home/ann/work/project${n % 50}/src`,
          exit_code: n % 13 === 0 ? 1 : 0,
        })
      })
      await repository.ingest({ events: batch, position: positionAt(i), dropped: 0 })
    }
    await writing.close()
    const file = join(directory, 'texts')
    writeFileSync(file, `${[...texts].join('\n')}\n`)

    const cold = newDatabase(join(directory, 'db'))
    await cold.open()
    const cold_ms = await timed(() => search(createEventRepository(cold), 'parser'))
    await cold.close()

    const db = newDatabase(join(directory, 'db'))
    await db.open()
    const reading = createEventRepository(db)
    const rank = (question: string) => reading.rank(UID, { limit: 200 }, ranking(question))
    const before = await memory()
    const first_page_ms = await timed(() => rank(''))
    const recalled_ms = await timed(() => reading.prepareSearch())
    const recalled_mib = ((await memory()) - before) / 2 ** 20
    const cost: HistoryCost = {
      events,
      distinct: texts.size,
      cold_ms,
      first_page_ms,
      recalled_ms,
      recalled_mib,
      search_ms: {
        rare: await usually(() => search(reading, 'change 770 of')),
        frequent: await usually(() => search(reading, 'tool7')),
        everywhere: await usually(() => search(reading, 'e')),
        nowhere: await usually(() => search(reading, 'no such command')),
        'place and failed': await usually(() =>
          reading.search(UID, { words: [], cwd: '/home/ann/work/project7', failed: true, limit: 50 }),
        ),
      },
      rank_ms: {
        'nothing typed': await usually(() => rank('')),
        'a word': await usually(() => rank('parser')),
        letters: await usually(() => rank('gcprsr')),
      },
      grep_ms: await usually(async () => void execFileSync('grep', ['-ic', 'tool7', file])),
    }
    await db.close()
    return cost
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const search = (events: EventRepository, word: string) => events.search(UID, { words: [word], limit: 50 })

function ranking(text: string): Ranking {
  const question = readQuestion(text, 'fuzzy')
  return {
    match: (command) => fitOf(question, command),
    place: (cwd) => worthOfPlace(cwd, '/home/ann/work/project7/src'),
    use: worthOfUse,
    score: (command) => scoreOf(command, text !== ''),
    now: Date.now(),
  }
}

/** Bytes in use after full collections; what typed arrays had is freed behind the first. */
async function memory(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let times = 0; times < 3; times++) {
    collect()
    await setTimeout(200)
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

async function usually(work: () => Promise<unknown>): Promise<number> {
  await work()
  const times: number[] = []
  for (let i = 0; i < REPEATS; i++) times.push(await timed(work))
  return median(times)
}

export interface FinderCost {
  /** From the start of the program to its first frame, and to the first commands in it. */
  readonly frame_ms: number
  readonly commands_ms: number
  /** `node -e 0` at the same terminal. */
  readonly node_ms: number
}

/** What Ctrl-R costs: a daemon with a short past, and the finder at a terminal of its own; medians. */
export async function measureFinder(repeats = 15): Promise<FinderCost> {
  const node = await startNode()
  try {
    const env = { ...cleanEnv(node.home), TERM: 'xterm', KARO_LINE: '' } as Record<string, string>
    const frames: number[] = []
    const commands: number[] = []
    const bare: number[] = []
    const karo = join(import.meta.dirname, '../../dist/karo.js')
    for (let i = 0; i < repeats; i++) {
      const began = performance.now()
      const terminal = spawn(process.execPath, [karo, 'history', '--interactive'], {
        cols: 80,
        rows: 24,
        env,
      })
      let output = ''
      const ended = new Promise((resolve) => terminal.onExit(resolve))
      await new Promise<void>((resolve) => {
        terminal.onData((data) => {
          if (!output.includes('history: ') && (output + data).includes('history: '))
            frames.push(performance.now() - began)
          output += data
          if (!/\d+ commands/.test(output)) return
          if (commands.length <= i) commands.push(performance.now() - began)
          resolve()
        })
      })
      terminal.write('\x03')
      await ended
      const start = performance.now()
      const plain = spawn(process.execPath, ['-e', '0'], { cols: 80, rows: 24, env })
      await new Promise((resolve) => plain.onExit(resolve))
      bare.push(performance.now() - start)
    }
    return { frame_ms: median(frames), commands_ms: median(commands), node_ms: median(bare) }
  } finally {
    await node.stop()
  }
}
