// The daemon's last lines in memory: which are kept, found, and told to those who follow; and that they are bounded.
import { describe, expect, test } from 'vitest'
import { withoutHome } from '../../../src/ops/log/home.ts'
import { createPlainLog } from '../../../src/ops/log/log.ts'
import { createLogRing } from '../../../src/ops/log/ring.ts'
import { withSinks } from '../../../src/ops/log/sinks.ts'

const clock = { now: () => Date.UTC(2026, 10, 20, 8, 15), monotonic: () => 0 }
const TRACE = 'ab'.repeat(16)

function logging(level: 'debug' | 'info' | 'warn' | 'error' = 'info') {
  const ring = createLogRing({ level, clock })
  const shown: string[] = []
  const log = withSinks(
    createPlainLog('error', (text) => shown.push(text)),
    [ring.sink],
  )
  const said = (lines: readonly string[]): string[] => lines.map((line) => JSON.parse(line).msg)
  return { ring, log, shown, said }
}

describe('the ring of log lines', () => {
  test('a line has its number, time, level, pid, the fields of the logger and its own, and the message', () => {
    const { ring, log } = logging()
    log.child({ room: 'mesh' }).warn({ trace_id: TRACE, parts: ['a', 'b'], none: null }, 'a peer came')
    expect(JSON.parse(ring.last({}, 10)[0]!)).toEqual({
      seq: 1,
      time: '2026-11-20T08:15:00.000Z',
      level: 'warn',
      pid: process.pid,
      room: 'mesh',
      trace_id: TRACE,
      parts: ['a', 'b'],
      none: null,
      msg: 'a peer came',
    })
  })

  test("a person's home is not named, wherever it stands in a line", () => {
    const { ring, log: whole, shown } = logging()
    const log = withoutHome(whole, '/home/zqann')
    const text = "ENOENT: open '/home/zqann/.local/share/karo/db', '/home/zqannette/x'"
    log
      .child({ where: '/home/zqann/a' })
      .error({ reason: text, files: ['/home/zqann/b'] }, `cannot read ${text}`)
    const hidden = "ENOENT: open '~/.local/share/karo/db', '/home/zqannette/x'"
    expect(JSON.parse(ring.last({}, 1)[0]!)).toMatchObject({
      where: '~/a',
      reason: hidden,
      files: ['~/b'],
      msg: `cannot read ${hidden}`,
    })
    expect(shown.join('')).not.toContain('/home/zqann/')
  })

  test('it keeps what its level asks for, whatever the log itself shows', () => {
    const { ring, log, shown, said } = logging('info')
    log.debug({}, 'low')
    log.info({}, 'kept')
    log.error({}, 'shown')
    expect(said(ring.last({}, 10))).toEqual(['kept', 'shown'])
    expect(shown).toEqual(['karo: error: shown\n'])
    ring.setLevel('debug')
    log.debug({}, 'now kept too')
    expect(said(ring.last({}, 1))).toEqual(['now kept too'])
    expect(ring.last({}, 0)).toEqual([])
  })

  test('lines are found by level and by how their trace id begins', () => {
    const { ring, log, said } = logging('debug')
    log.debug({ trace_id: TRACE }, 'of the trace')
    log.warn({ trace_id: 'cd'.repeat(16) }, 'of another')
    log.error({}, 'of none')
    expect(said(ring.last({ trace: 'abab' }, 10))).toEqual(['of the trace'])
    expect(said(ring.last({ level: 'warn' }, 10))).toEqual(['of another', 'of none'])
    expect(said(ring.last({ trace: 'cd', level: 'error' }, 10))).toEqual([])
  })

  test('who follows is told what they ask for, also below what is kept, until they stop', () => {
    const { ring, log, said } = logging('info')
    const all: string[] = []
    const usual: string[] = []
    const stop = ring.follow({ level: 'debug' }, (line) => all.push(line))
    ring.follow({}, (line) => usual.push(line))
    log.debug({}, 'quiet')
    log.info({}, 'loud')
    stop()
    log.debug({}, 'nobody listens')
    log.info({}, 'again')
    expect(said(all)).toEqual(['quiet', 'loud'])
    expect(said(usual)).toEqual(['loud', 'again'])
    expect(said(ring.last({}, 10))).toEqual(['loud', 'again'])
  })

  test('however much is logged, about a thousand lines are held, and half a million characters', () => {
    const { ring, log, said } = logging()
    for (let i = 0; i < 5_000; i++) log.info({}, `line ${i}`)
    const kept = ring.last({}, 1e9)
    expect(kept.length).toBeGreaterThanOrEqual(1_000)
    expect(kept.length).toBeLessThanOrEqual(1_250)
    expect(said(kept).at(-1)).toBe('line 4999')
    for (let i = 0; i < 2_000; i++) log.info({ text: 'x'.repeat(100_000) }, 'm'.repeat(100_000))
    const large = ring.last({}, 1e9)
    expect(large.join('').length).toBeLessThanOrEqual(1.25 * 512 * 1024)
    expect(large.length).toBeGreaterThan(10)
    expect(large.every((line) => line.length < 10_000)).toBe(true)
  })
})
