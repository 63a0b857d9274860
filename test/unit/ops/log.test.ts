// What the daemon's log lines look like to a machine and to a person.
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { orElse } from '../../../src/base/run/or-else.ts'
import { createJsonLog, createPlainLog } from '../../../src/ops/log/log.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { until } from '../../support/run/until.ts'

/** How long the log waits for a disk that refuses a line. */
const AGAIN_MS = 2_000

/** The lines of a JSON log of this level that `say` writes one line to. */
async function written(
  level: 'info' | 'error',
  say: (log: ReturnType<typeof createJsonLog>) => void,
): Promise<readonly string[]> {
  const path = join(temporaryDirectory(), 'log')
  const fd = openSync(path, 'w')
  const log = createJsonLog({ level, fd })
  say(log)
  const began = performance.now()
  await log.flush()
  // It ends after a second in any case; what a thread is writing then arrives by itself.
  if (performance.now() - began < 1_000) expect(readFileSync(path, 'utf8')).toMatch(/\n$/)
  await until(() => readFileSync(path, 'utf8').endsWith('\n'), { what: 'the line' })
  closeSync(fd)
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

test('JSON lines carry level, time, pid, inherited and own fields; lower levels are not written', async () => {
  const lines = await written('info', (log) => {
    const traced = log.child({ room: 'mesh' })
    traced.debug({}, 'too quiet')
    traced.info({ trace_id: 'ab'.repeat(16), peers: 2 }, 'a peer came')
  })
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0]!)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    pid: process.pid,
    room: 'mesh',
    trace_id: 'ab'.repeat(16),
    peers: 2,
    msg: 'a peer came',
  })
})

test('a person sees one plain line per event of at least the level', () => {
  const seen: string[] = []
  const log = createPlainLog('warn', (text) => seen.push(text))
  log.info({}, 'too quiet')
  log.child({ room: 'mesh' }).warn({ port: 9238, peer: undefined }, 'the port is taken')
  expect(seen).toEqual(['karo: warning: the port is taken (room=mesh port=9238)\n'])
})

test('a new level holds for children made before, in both kinds of log', async () => {
  const seen: string[] = []
  const plain = createPlainLog('warn', (text) => seen.push(text))
  const room = plain.child({ room: 'mesh' })
  plain.setLevel('debug')
  room.debug({}, 'now heard')
  plain.setLevel('error')
  room.warn({}, 'too quiet')
  expect(seen).toEqual(['karo: now heard (room=mesh)\n'])

  const lines = await written('error', (log) => {
    const child = log.child({ room: 'mesh' })
    child.info({}, 'too quiet')
    log.setLevel('info')
    child.info({}, 'now heard')
  })
  expect(lines).toEqual([expect.stringContaining('now heard')])
})

test('a slow reader gets lines whole and in order, and is told how many did not wait', async () => {
  const path = join(temporaryDirectory(), 'pipe')
  execFileSync('mkfifo', [path])
  // Whoever opens a pipe for both waits for nobody; its reader comes when it is full.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const log = createJsonLog({ level: 'info', fd })
  for (let n = 0; n < 6_000; n++) log.info({ n }, 'x'.repeat(200))
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const piece = Buffer.alloc(65_536)
  let text = ''
  const reading = setInterval(() => {
    const bytes = orElse(() => readSync(reader, piece), 0)
    text += piece.toString('latin1', 0, bytes)
  }, 1)
  await log.flush()
  await until(() => /"dropped".*\n/.test(text), { what: 'the last line' })
  clearInterval(reading)
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const told = lines.pop()
  expect(lines.length).toBeGreaterThan(3_000)
  expect(lines.map(({ n }) => n)).toEqual(lines.map((_, n) => n))
  expect(told).toMatchObject({ level: 'warn', dropped: 6_000 - lines.length })
  for (const one of [fd, reader]) closeSync(one)
})

test('a full disk keeps nobody waiting, nor the end, and is tried again by one timer, whatever comes meanwhile', async () => {
  // Not closed: what was not taken is tried again, and another file could have its number by then.
  const fd = openSync('/dev/full', 'w')
  const log = createJsonLog({ level: 'info', fd })
  const timers = vi.spyOn(globalThis, 'setTimeout')
  onTestFinished(() => timers.mockRestore())
  const tries = (): number => timers.mock.calls.filter(([, ms]) => ms === AGAIN_MS).length
  const began = performance.now()
  log.info({}, 'the thread has this one')
  await until(() => tries() > 0, { what: 'the disk has refused it' })
  for (let n = 0; n < 20; n++) {
    log.info({}, 'and this one waits')
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(tries()).toBeLessThanOrEqual(1 + (performance.now() - began) / AGAIN_MS)
  await log.flush()
})
