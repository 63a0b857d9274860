// Records of the ledger for others: their schema, their frames, and which of them are sent.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FORWARD_KINDS, type ForwardKind, forwardTarget } from '../../../../src/base/words/forward-target.ts'
import { ECS_KEYS, ecsText, kindOf } from '../../../../src/ops/forward/ecs.ts'
import { createForward } from '../../../../src/ops/forward/index.ts'
import { syslogFrame } from '../../../../src/ops/forward/syslog.ts'
import { encodeValue } from '../../../../src/store/level/value.ts'
import { type Forwarded, forwarded } from '../../../../src/store/tables/forwarded.ts'
import { temporaryDatabase, temporaryDirectory } from '../../../support/data/database.ts'
import { depsFor, entry, LEDGER, sender } from '../../../support/node/forwarding.ts'

describe('the form of a target', () => {
  test.each([
    [
      'syslog+tls://siem.corp.example:6514',
      { format: 'syslog', over: 'tls', host: 'siem.corp.example', port: 6514 },
    ],
    ['syslog+tcp://[fd00::5]:514', { format: 'syslog', over: 'tcp', host: 'fd00::5', port: 514 }],
    ['ecs+tcp://10.0.0.9:9000', { format: 'ecs', over: 'tcp', host: '10.0.0.9', port: 9000 }],
    ['ecs+file:/var/log/karo.ndjson', { format: 'ecs', over: 'file', path: '/var/log/karo.ndjson' }],
  ])('%s is one', (text, parts) => expect(forwardTarget(text)).toMatchObject(parts))

  test.each([
    'syslog+tls://siem',
    'syslog+udp://10.0.0.9:514',
    'syslog+tcp://10.0.0.9:0',
    'syslog+tcp://10.0.0.9:65536',
    'ecs+tcp://user@10.0.0.9:9000',
    'ecs+tcp://10.0.0.9:9000/path',
    'ecs+tcp://[10.0.0.9]:9000',
    'ecs+file:relative',
    'syslog+file:/x',
    '/var/log/karo',
  ])('%s is none', (text) => expect(forwardTarget(text)).toBeUndefined())
})

describe('a record', () => {
  test('is of the Elastic Common Schema, and says which entry it is', () => {
    expect(JSON.parse(ecsText(LEDGER[1]!, sender, false))).toMatchObject({
      '@timestamp': '2026-11-20T09:00:00.000Z',
      log: { level: 'warning' },
      event: {
        kind: 'event',
        category: ['process'],
        type: ['access', 'denied'],
        action: 'agent_gate',
        outcome: 'failure',
        dataset: 'karo.refusals',
        sequence: 2,
        id: entry(2, 'agent_gate').hash,
      },
      host: { name: 'eng-042', id: sender.nodeId },
      user: { id: '1000' },
      karo: { details: { uid: 1000, gate: 'risk' } },
    })
  })
  test('has no key that the table does not name', () => {
    const keys = (value: object, before: string): string[] =>
      Object.entries(value).flatMap(([name, inner]) =>
        ECS_KEYS.some(({ key }) => key === before + name) || typeof inner !== 'object'
          ? [before + name]
          : keys(inner as object, `${before}${name}.`),
      )
    const named = ECS_KEYS.map(({ key }) => key)
    for (const one of LEDGER)
      for (const key of keys(JSON.parse(ecsText(one, sender, true)) as object, ''))
        expect(named).toContain(key)
  })
  test('of damaged bytes has a number and no time', () => {
    const record = JSON.parse(ecsText(LEDGER[4]!, sender, false)) as Record<string, object>
    expect(record['@timestamp']).toBeUndefined()
    expect(record.event).toMatchObject({ action: 'entry_damaged', sequence: 5 })
  })
  test('each is of one kind', () => {
    expect(LEDGER.map(kindOf)).toEqual(['ledger', 'refusals', 'alerts', 'anomalies', 'refusals'])
  })
})

test('a syslog message has its length in bytes in front, and a host name without blanks', () => {
  const frame = syslogFrame(
    entry(7, 'node_started', true, { version: 'ü' }),
    { ...sender, name: 'büro 7' },
    false,
  )
  const [, length, rest] = /^(\d+) (.*)$/s.exec(frame)!
  expect(Buffer.byteLength(rest!)).toBe(Number(length))
  expect(rest).toMatch(/^<110>1 2026-11-20T09:00:00\.000Z b_ro_7 karo \d+ node_started - \{/)
  expect(syslogFrame(LEDGER[1]!, sender, false)).toContain(' <108>1 ')
})

describe('the room', () => {
  async function sentTo(
    kinds: readonly ForwardKind[],
    ledger = LEDGER,
    kept?: Partial<Forwarded>,
    removed = 0,
  ) {
    const path = join(temporaryDirectory(), 'out')
    let row = kept
    const deps = depsFor(`ecs+file:${path}`, {
      kinds,
      ledger,
      removed,
      get: () => row,
      put: (at) => {
        row = at
      },
    })
    // On a busy machine the last entries take longer than a daemon that stops may wait for them.
    const forward = createForward({ ...deps, timers: { ...deps.timers, after: () => () => {} } })
    await forward.start(new AbortController().signal)
    await forward.stop()
    const text = readFileSync(path, 'utf8')
    const records = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { event: { sequence: number }; tags?: string[] })
    return {
      numbers: records.map(({ event }) => event.sequence),
      again: records.filter(({ tags }) => tags !== undefined).length,
      row,
      status: forward.status()[0],
    }
  }

  const gone = LEDGER.filter(({ seq }) => seq > 3)
  /** Decisions of before entry 900, every third, which are more than are sent at once; and what came after it. */
  const shortened = [
    ...Array.from({ length: 300 }, (_, at) => entry(3 * at + 1, 'consent_change')),
    ...[901, 902].map((seq) => entry(seq, 'node_started')),
  ]
  test('a row of an earlier release says where its target began only if that got something', async () => {
    const db = await temporaryDatabase()
    const row = { to: 'a', sent: 0, tried: 0, missed: 0, missedAt: 0, from: 7 }
    await forwarded.in(db).write({ put: [row] })
    expect(await forwarded.in(db).get('a')).toEqual(row)
    const [{ key } = { key: new Uint8Array() }] = forwarded.changes({ put: [row] })
    for (const [sent, tried, from] of [
      [0, 0, Number.POSITIVE_INFINITY],
      [2, 3, 0],
    ] as const) {
      await db.put(key, encodeValue([sent, tried, 0, 0]))
      expect(await forwarded.in(db).get('a')).toMatchObject({ sent, tried, from })
    }
  })

  test.each<[string, Parameters<typeof sentTo>, object]>([
    [
      'sends what it has before it stops',
      [FORWARD_KINDS],
      { numbers: [1, 2, 3, 4, 5], again: 0, row: { sent: 5 } },
    ],
    [
      'sends the kinds that are named, and goes past the others',
      [['alerts', 'anomalies']],
      { numbers: [3, 4], row: { sent: 5 } },
    ],
    [
      'goes on where it was, and marks what may have arrived before',
      [FORWARD_KINDS, LEDGER, { sent: 2, tried: 3 }],
      { numbers: [3, 4, 5], again: 1 },
    ],
    [
      'counts entries that were removed before they were sent',
      [FORWARD_KINDS, gone, { sent: 1, tried: 1 }],
      { numbers: [4, 5], status: { missed: 2 } },
    ],
    [
      'remembers over a restart what was removed before it was sent',
      [FORWARD_KINDS, LEDGER, { sent: 5, tried: 5, missed: 2, missedAt: Date.now() }],
      { numbers: [], status: { missed: 2 } },
    ],
    [
      'says no more of it after a month',
      [FORWARD_KINDS, LEDGER, { sent: 5, tried: 5, missed: 2, missedAt: Date.now() - 31 * 86_400_000 }],
      { numbers: [], status: { missed: 0 } },
    ],
    [
      'misses nothing that was removed before the target began',
      [FORWARD_KINDS, shortened, undefined, 900],
      { numbers: shortened.map(({ seq }) => seq), status: { missed: 0, waiting: 0 } },
    ],
    [
      'misses nothing of that where an earlier release had tried in vain',
      [FORWARD_KINDS, shortened, { from: Number.POSITIVE_INFINITY }, 900],
      { numbers: shortened.map(({ seq }) => seq), status: { missed: 0 }, row: { from: 900 } },
    ],
    [
      'misses nothing of that after a restart between kept decisions',
      [FORWARD_KINDS, shortened, { sent: 766, tried: 766, from: 900 }, 900],
      { again: 0, status: { missed: 0 } },
    ],
    [
      'counts entries that were removed while the first connection was waited for',
      [FORWARD_KINDS, gone, { from: 1 }, 3],
      { numbers: [4, 5], status: { missed: 2 } },
    ],
    [
      'does not wait for a ledger that a repair made shorter',
      [FORWARD_KINDS, LEDGER.slice(0, 2), { sent: 9, tried: 9 }],
      { numbers: [], row: { sent: 9 } },
    ],
  ])('%s', async (_, given, sent) => {
    expect(await sentTo(...given)).toMatchObject(sent)
  })
})
