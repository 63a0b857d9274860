// A page under load in a real browser: many machines and entries played to it, commands that arrive all the time, and somebody who uses it.

import { join } from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import type { AuditEntryShape, PeerShape } from '../../../src/api/contract/shapes.ts'
import { append, liveName, records } from '../data/spool.ts'
import type { TestNode } from '../node/node.ts'
import type { SessionCodeShape } from '../shapes.ts'
import { PATIENCE_MS } from './until.ts'

/** As many as the largest mesh that one person looks at, and the most entries that the page asks for. */
const MEMBERS = 200
const ENTRIES = 10_000
/** Entries that the page asks for before anybody searches. */
const NEWEST = 200
const VIEWS = ['me', 'mesh', 'audit', 'system', 'approvals'] as const

/** A text that a view shows only with what is played to it. */
const MARKS = { mesh: 'machine-7', audit: 'of 10,000' } as const

/** The part of the time that passes before anything is measured. */
const WARM_PART = 1 / 3

export interface PageLoad {
  /** Commands that were recorded while the page was open. */
  readonly commands: number
  /** Rounds through the views. */
  readonly rounds: number
  /** Tasks of the page's main thread that took 50 ms or more, in ms, by view. */
  readonly slow: ReadonlyMap<string, readonly number[]>
  /** Processor time of the longest task of the main thread, in ms, by view: a round at the end, where it is traced. */
  readonly busiest: ReadonlyMap<string, number>
  /** Used heap after garbage collection, bytes: after a third of the time, and at the end. */
  readonly heapWarm: number
  readonly heapEnd: number
  /** Elements of the page after a third of the time and at the end, in the same view. */
  readonly elementsWarm: number
  readonly elementsEnd: number
}

interface PageLoadOptions {
  readonly browser: Browser
  readonly node: TestNode
  readonly seconds: number
  /** Commands that are recorded in each second. */
  readonly rate: number
  readonly traced: boolean
}

export async function loadPage(options: PageLoadOptions): Promise<PageLoad> {
  const { browser, node, seconds, rate, traced } = options
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(PATIENCE_MS)
  await page.addInitScript({ content: WATCH })
  const { page: origin, code } = await node.json<SessionCodeShape>(['dashboard'])
  await play(page)
  const typing = typeCommands(node, rate)
  try {
    await page.goto(`${origin}/#code=${code}`)
    await page.locator('nav').waitFor()
    const developer = await page.context().newCDPSession(page)
    const begun = performance.now()
    const isOver = (part: number): boolean => performance.now() - begun > 1_000 * seconds * part
    let rounds = 0
    // What is compiled and kept once has come by then.
    do {
      await walk(page, origin ?? '')
      rounds++
    } while (!isOver(WARM_PART))
    const warm = await sizeOf(page, developer)
    const slow = new Map<string, number[]>()
    do {
      await walk(page, origin ?? '', slow)
      rounds++
    } while (!isOver(1))
    const end = await sizeOf(page, developer)
    const busiest = new Map<string, number>()
    for (const view of traced ? VIEWS : []) busiest.set(view, await busiestTask(page, origin ?? '', view))
    return {
      commands: typing.count(),
      rounds,
      slow,
      busiest,
      heapWarm: warm.heap,
      heapEnd: end.heap,
      elementsWarm: warm.elements,
      elementsEnd: end.elements,
    }
  } finally {
    typing.end()
    await page.close()
  }
}

/** Notes each task that takes 50 ms or more (W3C Long Tasks), from the page's beginning on. */
const WATCH = `window.tasks = []
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.tasks.push(one.duration) })
  .observe({ type: 'longtask', buffered: true })`

/** Each view once. */
async function walk(page: Page, origin: string, slow?: Map<string, number[]>): Promise<void> {
  for (const view of VIEWS) {
    await page.evaluate('window.tasks.length = 0')
    await lookAt(page, `${origin}/#/${view}`, view)
    const tasks = (await page.evaluate('window.tasks.splice(0)')) as readonly number[]
    if (tasks.length > 0) slow?.set(view, [...(slow.get(view) ?? []), ...tasks])
  }
}

/** Opened, scrolled, typed into, as far as there is something to type into. */
async function lookAt(page: Page, address: string, view: (typeof VIEWS)[number]): Promise<void> {
  await page.goto(address)
  await page.locator('main h1').waitFor()
  await page.locator('.bone').first().waitFor({ state: 'detached' })
  if (view === 'me') await page.getByLabel('This year').check()
  await page.mouse.move(700, 500)
  for (let i = 0; i < 5; i++) await page.mouse.wheel(0, 600)
  const search = page.locator('main input[type=search]').first()
  if (await search.count()) {
    await search.pressSequentially('trust level 7')
    await search.fill('')
  }
  // What this load is about is really there: many machines, a long ledger.
  if (view === 'mesh' || view === 'audit') await page.getByText(MARKS[view]).first().waitFor()
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Processor time of the thread, µs. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** Looks at one view while Chromium traces its tasks. */
async function busiestTask(page: Page, origin: string, view: (typeof VIEWS)[number]): Promise<number> {
  const browser = page.context().browser()
  await browser?.startTracing(page, { categories: ['toplevel'] })
  await lookAt(page, `${origin}/#/${view}`, view)
  const trace = (await browser?.stopTracing())?.toString('utf8') ?? '{"traceEvents":[]}'
  const { traceEvents } = JSON.parse(trace) as { traceEvents: readonly TraceEvent[] }
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(threadOf),
  )
  const tasks = traceEvents.filter(
    (event) => event.ph === 'X' && event.name.endsWith('RunTask') && main.has(threadOf(event)),
  )
  return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur / 1_000))
}

async function sizeOf(page: Page, developer: CDPSession): Promise<{ heap: number; elements: number }> {
  await developer.send('HeapProfiler.collectGarbage')
  const { usedSize } = await developer.send('Runtime.getHeapUsage')
  return {
    heap: usedSize,
    elements: (await page.evaluate('document.querySelectorAll("*").length')) as number,
  }
}

/** Answers in the place of a node that has met many others and has a long ledger. */
async function play(page: Page): Promise<void> {
  const peers = Array.from({ length: MEMBERS }, (_, i) => memberAt(i))
  const entries = Array.from({ length: ENTRIES }, (_, i) => entryAt(ENTRIES - i))
  const [members, ledger] = [JSON.stringify({ peers }), JSON.stringify({ entries })]
  const answer = (body: string) => ({ contentType: 'application/json', body })
  await page.route('**/api/v1/peers', (route) => route.fulfill(answer(members)))
  const newest = JSON.stringify({ entries: entries.slice(0, NEWEST) })
  await page.route('**/api/v1/audit/log?*', (route) =>
    route.fulfill(answer(route.request().url().includes(`limit=${ENTRIES}`) ? ledger : newest)),
  )
}

const fingerprintAt = (i: number): string => i.toString(16).padStart(16, '0')

const memberAt = (i: number): PeerShape => ({
  node_id: `karo:ed25519:${String(i).padStart(43, 'A')}` as PeerShape['node_id'],
  fingerprint: fingerprintAt(i),
  name: `machine-${i}`,
  trust_level: 'peer',
  why: 'certificate',
  roles: ['lead'],
  teams: [`team-${i % 12}`],
  addresses: [],
  last_seen: new Date().toISOString(),
  state: i % 3 === 0 ? 'connected' : 'known',
  known_by: i % 3 === 0 ? 'link' : 'gossip',
  ...(i % 3 !== 0 && { through: fingerprintAt(i - (i % 3)) }),
  presence: i % 7 === 0 ? 'offline' : 'online',
  // As many as a machine of a large mesh has.
  links: [1, 2, 5, 9, 17, 33, 65, 99].map((apart) => fingerprintAt((i + apart) % MEMBERS)),
})

const entryAt = (seq: number): AuditEntryShape =>
  ({
    seq,
    timestamp: new Date(Date.UTC(2026, 0, 1) + seq * 60_000).toISOString(),
    type: 'trust_changed',
    success: seq % 9 !== 0,
    details: { uid: seq % 40, level: `level ${seq % 12}` },
  }) as unknown as AuditEntryShape

/** Somebody's shell, which records commands all the time. */
function typeCommands(node: TestNode, rate: number): { count(): number; end(): void } {
  const name = liveName()
  let sequence = 0
  const each = Math.max(1, Math.round(rate / 10))
  const timer = setInterval(() => {
    const commands = Array.from({ length: each }, (_, i) => `echo step ${sequence + i}`)
    const start = (Date.now() - 1_000) * 1_000
    append(join(node.home, 'spool'), name, records(commands, sequence + 1, { start }))
    sequence += each
  }, 100)
  return { count: () => sequence, end: () => clearInterval(timer) }
}
