// What the daemon's log lines look like to a machine and to a person.
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createJsonLog, createPlainLog } from '../../../src/ops/log/log.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { until } from '../../support/run/until.ts'

/** The lines of a JSON log of this level that `say` writes one line to. */
async function written(
  level: 'info' | 'error',
  say: (log: ReturnType<typeof createJsonLog>) => void,
): Promise<readonly string[]> {
  const path = join(temporaryDirectory(), 'log')
  const fd = openSync(path, 'w')
  const log = createJsonLog({ level, fd })
  say(log)
  log.flush()
  // What a thread was writing already when flush came arrives by itself, a moment later.
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

test('a full disk keeps nobody waiting, at the end neither', () => {
  // Not closed: what was not taken is tried again, and another file could have its number by then.
  const fd = openSync('/dev/full', 'w')
  const log = createJsonLog({ level: 'info', fd })
  log.info({}, 'the thread has this one')
  log.info({}, 'and this one waits')
  log.flush()
})
