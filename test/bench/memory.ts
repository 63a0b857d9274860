// What a daemon with a million commands holds in memory: at rest, after searches and statistics, beside an empty one.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../src/base/run/log.ts'
import { createEventRepository } from '../../src/store/events/events.ts'
import { newDatabase } from '../../src/store/level/database.ts'
import { migrate } from '../../src/store/rescue/migrations.ts'
import { eventOf, positionAt } from '../support/data/events.ts'
import { callDaemon } from '../support/node/call-daemon.ts'
import { startNode, type TestNode } from '../support/node/node.ts'
import { heapOf, INSPECTED } from '../support/run/heap.ts'
import { endAll } from '../support/run/processes.ts'

export interface MemoryUse {
  readonly events: number
  readonly unique_commands: number
  /** Mebibytes resident, the stages one after the other in the same process. */
  readonly empty_rest: number
  readonly full_rest: number
  readonly after_search: number
  readonly after_year: number
  readonly after_many: number
  /** Mebibytes of heap and buffers in use after a collection that 1 000 searches left. */
  readonly growth: number
  readonly searches: number
}

const BATCH = 2_000
const DAYS = 360
const MS_PER_DAY = 86_400_000
const MIB = 2 ** 20
/** Longer than the daemon waits until it first gives memory back to the kernel. */
const SETTLE_MS = 20_000
const SEARCHES = 1_000

/** `events` of one year, one in ten a new command; seeded by the store itself. */
export async function seed(directory: string, uid: number, events: number): Promise<void> {
  const db = newDatabase(directory)
  await db.open()
  await migrate(db, directory, { log: silentLog })
  const repository = createEventRepository(db)
  const today = Math.round(new Date().setHours(12, 0, 0, 0) / MS_PER_DAY)
  const first = Date.now() - DAYS * MS_PER_DAY
  for (let i = 0; i < events; i += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, events - i) }, (_, j) => {
      const n = i + j
      const part = n / events
      return eventOf(0, {
        uid,
        start_us: Math.floor((first + part * DAYS * MS_PER_DAY) * 1000),
        tag: n,
        command:
          n % 10 === 0 ? `git commit -m 'change number ${n}'` : `tool${n % 40} --argument ${(n * 7) % 5000}`,
        cwd: `/home/person/project${n % 50}`,
        tool: n % 10 === 0 ? 'git' : 'other',
        exit_code: n % 13 === 0 ? 1 : 0,
        local: { day: today - DAYS + 1 + Math.floor(part * DAYS), hour: n % 24 },
      })
    })
    await repository.ingest({ events: batch, position: positionAt(i), dropped: 0 })
  }
  await db.close()
}

const residentMib = ({ pid }: TestNode): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) / 1024
}

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS))

export async function measureMemory(events = 1_000_000): Promise<MemoryUse> {
  try {
    const empty = await startNode()
    const first = await startNode()
    const { home } = first
    await first.stop()
    await seed(join(home, 'db'), process.getuid!(), events)
    const node = await startNode({ home, env: { NODE_OPTIONS: INSPECTED } })
    await settle()
    const socket = join(home, 'karo.sock')
    const get = (path: string) => callDaemon({ socket }, 'GET', `/api/v1/${path}`)
    const inUse = async (): Promise<number> => {
      const { heapBytes, bufferBytes } = await heapOf(node.log())
      return (heapBytes + bufferBytes) / MIB
    }
    const empty_rest = residentMib(empty)
    const full_rest = residentMib(node)
    await get('history?word=tool7&limit=50')
    const after_search = residentMib(node)
    for (const period of ['today', 'week', 'month', 'year']) await get(`stats?period=${period}`)
    const after_year = residentMib(node)
    for (let i = 0; i < 50; i++) await get(`history?word=number%20${i}&limit=50`)
    const before = await inUse()
    for (let i = 0; i < SEARCHES; i++) {
      const word = i % 2 === 0 ? `change number ${i}` : `tool${i % 40}&word=argument ${i}`
      await get(`history?word=${word.replaceAll(' ', '%20')}&limit=50`)
    }
    const growth = (await inUse()) - before
    const after_many = residentMib(node)
    return {
      events,
      unique_commands: Math.round(events / 10) + 5000,
      searches: SEARCHES,
      empty_rest,
      full_rest,
      after_search,
      after_year,
      after_many,
      growth,
    }
  } finally {
    await endAll(false)
  }
}

if (process.argv[1] === import.meta.filename) {
  const events = Number(process.argv[2] ?? 1_000_000)
  console.log(JSON.stringify(await measureMemory(events), null, 2))
}
