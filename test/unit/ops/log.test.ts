// What the daemon's log lines look like to a machine and to a person.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createJsonLog, createPlainLog } from '../../../src/ops/log/log.ts'
import { until } from '../../support/run/until.ts'

test('JSON lines carry level, time, pid, inherited and own fields; lower levels are not written', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'karo-log-'))
  const path = join(directory, 'log')
  const fd = openSync(path, 'w')
  const log = createJsonLog({ level: 'info', fd })
  const traced = log.child({ room: 'mesh' })
  traced.debug({}, 'too quiet')
  traced.info({ trace_id: 'ab'.repeat(16), peers: 2 }, 'a peer came')
  log.flush()
  // What a thread was writing already when flush came arrives by itself, a moment later.
  await until(() => readFileSync(path, 'utf8').endsWith('\n'), { what: 'the line' })
  closeSync(fd)
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  rmSync(directory, { recursive: true })
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

  const directory = mkdtempSync(join(tmpdir(), 'karo-log-'))
  const path = join(directory, 'log')
  const fd = openSync(path, 'w')
  const json = createJsonLog({ level: 'error', fd })
  const child = json.child({ room: 'mesh' })
  child.info({}, 'too quiet')
  json.setLevel('info')
  child.info({}, 'now heard')
  json.flush()
  await until(() => readFileSync(path, 'utf8').endsWith('\n'), { what: 'the line' })
  closeSync(fd)
  expect(readFileSync(path, 'utf8')).toMatch(/^[^\n]*now heard[^\n]*\n$/)
  rmSync(directory, { recursive: true })
})
