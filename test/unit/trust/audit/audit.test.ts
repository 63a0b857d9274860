// The ledger: what is recorded is chained, signed, bounded, and goes on after restarts and failures.
import { expect, onTestFinished, test, vi } from 'vitest'
import { decodeFrame, messageTable } from '../../../../protocols/frame.ts'
import { AuditHead } from '../../../../protocols/messages/audit.ts'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { blake3 } from '../../../../src/base/hash.ts'
import { createAuditRepository } from '../../../../src/store/tables/audit.ts'
import { HEAD_EVERY_MS, QUEUE_MAX } from '../../../../src/trust/audit/audit.ts'
import { DETAILS_MAX } from '../../../../src/trust/audit/entry.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import { verifySignature } from '../../../../src/trust/identity/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { PATIENCE_MS } from '../../../support/run/until.ts'
import { BEGIN, identity, ledgerOver, openLedger } from './ledger.ts'

const peer = formatNodeId(new Uint8Array(32).fill(5))
const other = formatNodeId(new Uint8Array(32).fill(6))

const HEADS = { messages: messageTable([AuditHead]), verify: verifySignature }

const note = (n: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  type: 'query_received',
  success: true,
  details: { n },
  ...more,
})

test('entries are on disk when record resolves, in call order, and come newest first', async () => {
  const { audit, clock, repository } = await openLedger()
  await audit.record({ type: 'node_started', success: true, details: {} })
  clock.time += 1000
  await Promise.all(Array.from({ length: 600 }, (_, i) => audit.record(note(i))))
  expect((await repository.newest())?.seq).toBe(601)
  const log = await audit.log({ limit: 1000 })
  expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 601 }, (_, i) => 601 - i))
  const numbers = Array.from({ length: 600 }, (_, i) => 599 - i)
  expect(log.map(({ details }) => details.n)).toEqual([...numbers, undefined])
  expect(log.at(-1)).toMatchObject({ type: 'node_started', ts: BEGIN })
  const whole = { ok: true, entries: 601, first_bad: null, earlier_keys: [] }
  expect(await audit.verify()).toEqual({ ...whole, head: log[0]!.hash })
})

test('the log is filtered by kind, peer and time, up to a limit', async () => {
  const { audit, clock } = await openLedger()
  await audit.record(note(1, { peer }))
  await audit.record(note(2, { peer: other, type: 'trust_change' }))
  clock.time += 5000
  await audit.record(note(3, { peer, success: false }))
  clock.time -= 60_000
  await audit.record(note(4, { trace_id: 'ab'.repeat(16) }))
  const found = async (filter: Partial<Parameters<typeof audit.log>[0]>) =>
    (await audit.log({ limit: 100, ...filter })).map(({ details }) => details.n)
  expect(await found({})).toEqual([4, 3, 2, 1])
  expect(await found({ limit: 2 })).toEqual([4, 3])
  expect(await found({ limit: 0 })).toEqual([])
  expect(await found({ peer })).toEqual([3, 1])
  expect(await found({ type: 'trust_change' })).toEqual([2])
  // A clock set back later hides nothing.
  expect(await found({ since: BEGIN + 1 })).toEqual([3])
  expect((await audit.log({ limit: 1 }))[0]?.trace_id).toBe('ab'.repeat(16))
})

test('the hash covers number, time, kind, outcome, peer, trace and details in the documented bytes', async () => {
  const { audit } = await openLedger()
  await audit.record({ type: 'node_started', success: true, details: {} })
  await audit.record({
    type: 'query_received',
    success: false,
    peer,
    trace_id: 'cd'.repeat(16),
    details: { z: true, rule: 'consent.none', '10': 1, '9': 0.5 },
  })
  const [second, first] = await audit.log({ limit: 2 })
  const hashOf = (seq: number, type: string, details: string, previous: Uint8Array): Uint8Array => {
    const numbers = Buffer.alloc(17)
    numbers.writeBigUInt64BE(BigInt(seq), 0)
    numbers.writeBigUInt64BE(BigInt(BEGIN), 8)
    numbers[16] = type.length
    const length = Buffer.alloc(4)
    length.writeUInt32BE(details.length)
    return blake3([numbers, type, length, details, previous])
  }
  const firstHash = hashOf(1, 'node_started', '{"details":{},"success":true}', new Uint8Array(32))
  expect(first?.hash).toBe(Buffer.from(firstHash).toString('hex'))
  const details = `{"details":{"10":1,"9":0.5,"rule":"consent.none","z":true},"peer":"${peer}","success":false,"trace_id":"${'cd'.repeat(16)}"}`
  expect(second?.hash).toBe(Buffer.from(hashOf(2, 'query_received', details, firstHash)).toString('hex'))
})

test('details beyond the bound are replaced by a note that says so', async () => {
  const { audit } = await openLedger()
  await audit.record(note(0, { peer, details: { text: 'x'.repeat(DETAILS_MAX) } }))
  const [entry] = await audit.log({ limit: 1 })
  expect(entry?.peer).toBe(peer)
  expect(Object.keys(entry!.details)).toEqual(['oversized_bytes'])
  expect(entry?.details.oversized_bytes).toBeGreaterThan(DETAILS_MAX)
})

test('what is recorded before start is written by it; after stop nothing is, and nobody waits', async () => {
  const repository = createAuditRepository(await temporaryDatabase())
  const { audit } = ledgerOver(repository)
  const early = audit.record(note(1))
  await audit.start()
  await early
  const late = audit.record(note(2))
  await audit.stop()
  await late
  await audit.record(note(3))
  expect((await repository.newest())?.seq).toBe(2)
  await audit.stop()
})

test('the head is signed every hour while there is something new, and on stop', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { audit, repository } = await openLedger()
  const signed = async () => (await repository.heads()).map(({ seq }) => seq)
  await audit.record(note(1))
  await audit.record(note(2))
  expect(await signed()).toEqual([])
  vi.advanceTimersByTime(HEAD_EVERY_MS)
  await vi.waitUntil(async () => (await signed()).length === 1, { timeout: PATIENCE_MS })
  expect(await signed()).toEqual([2])
  vi.advanceTimersByTime(10 * HEAD_EVERY_MS)
  await audit.record(note(3))
  expect(await signed()).toEqual([2])
  await audit.stop()
  expect(await signed()).toEqual([2, 3])

  const frame = decodeFrame((await repository.heads())[1]!.frame, HEADS)
  const newest = (await repository.newest())?.row
  expect(frame.body).toEqual({ seq: 3, hash: new Uint8Array(newest!.hash), ts: newest!.ts, entries: 3 })
  expect(formatNodeId(frame.envelope.sender)).toBe(identity.nodeId)
})

test('when a head is signed follows from the start, and says nothing of when something was done', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { audit, clock, repository } = await openLedger()
  const begun = clock.time
  const pass = (ms: number): void => {
    clock.time += ms
    vi.advanceTimersByTime(ms)
  }
  const times: number[] = []
  audit.onHead((frame) => {
    const { body } = decodeFrame(frame, HEADS)
    times.push((body as { ts: number }).ts - begun)
  })
  /** Written, and the writer has come to rest. */
  const written = async (n: number): Promise<void> => {
    await audit.record(note(n))
    await audit.verify()
  }
  pass(17 * 60_000)
  await written(1)
  pass(HEAD_EVERY_MS - 17 * 60_000)
  await vi.waitUntil(() => times.length === 1, { timeout: PATIENCE_MS })
  pass(HEAD_EVERY_MS + 42 * 60_000)
  await written(2)
  pass(HEAD_EVERY_MS - 42 * 60_000)
  await vi.waitUntil(() => times.length === 2, { timeout: PATIENCE_MS })
  expect(times).toEqual([HEAD_EVERY_MS, 3 * HEAD_EVERY_MS])
  expect((await repository.newest())?.row?.ts).toBe(begun + 2 * HEAD_EVERY_MS + 42 * 60_000)
})

test('a disk that fails costs entries, says so in health, and is told in the ledger once it works again', async () => {
  const { repository } = await openLedger()
  let broken = true
  const { audit } = ledgerOver({
    ...repository,
    append: (...given) => (broken ? Promise.reject(new Error('disk full')) : repository.append(...given)),
  })
  await audit.start()
  await audit.record(note(1))
  await audit.record(note(2))
  expect(audit.health?.()).toMatchObject([{ name: 'audit.writable', ok: false }])
  expect(audit.health?.()[0]?.detail).toContain('disk full')
  // What may only be done when it stands in the ledger is not done.
  await expect(audit.insist(note(2))).rejects.toMatchObject({ code: 'unavailable' })
  broken = false
  await audit.insist(note(3))
  expect(audit.health?.()).toMatchObject([{ ok: true }])
  const log = await audit.log({ limit: 10 })
  expect(log.map(({ type, details }) => [type, details])).toEqual([
    ['query_received', { n: 3 }],
    ['entries_dropped', { count: 3 }],
  ])
  expect(await audit.verify()).toMatchObject({ ok: true, entries: 2 })
})

test('what was written is not told to be lost when what is written after it fails', async () => {
  const { repository } = await openLedger()
  let broken = true
  const { audit } = ledgerOver(
    {
      ...repository,
      // The checkpoint alone takes a base with it.
      append: (rows, more) =>
        broken && more?.base !== undefined
          ? Promise.reject(new Error('disk full'))
          : repository.append(rows, more),
    },
    { keptMax: 10 },
  )
  await audit.start()
  for (let n = 1; n <= 12; n++) await audit.record(note(n))
  expect(audit.health?.()).toMatchObject([{ ok: false }])
  broken = false
  await audit.record(note(13))
  expect(await audit.log({ limit: 100, type: 'entries_dropped' })).toEqual([])
  expect(await audit.verify()).toMatchObject({ ok: true })
})

test('the queue is bounded, and what it dropped is counted in the ledger', async () => {
  const { repository } = await openLedger()
  const gate = Promise.withResolvers<void>()
  const { audit } = ledgerOver({
    ...repository,
    append: async (...given) => {
      await gate.promise
      await repository.append(...given)
    },
  })
  await audit.start()
  const surplus = 7
  const first = audit.record(note(0))
  // The first batch has left the queue and waits at the gate.
  await new Promise(setImmediate)
  const recorded = Array.from({ length: QUEUE_MAX + surplus }, (_, i) => audit.record(note(i + 1)))
  gate.resolve()
  await Promise.all([first, ...recorded])
  expect((await repository.newest())?.seq).toBe(1 + 1 + QUEUE_MAX)
  expect(await audit.log({ limit: 10, type: 'entries_dropped' })).toMatchObject([
    { details: { count: surplus } },
  ])
  expect(await audit.verify()).toMatchObject({ ok: true })
})

test('the oldest entries go when there are too many, and the rest stays provable', async () => {
  const { audit, repository } = await openLedger({ keptMax: 100 })
  for (let i = 0; i < 400; i += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, n) => audit.record(note(i + n))))
    const { ok, entries } = await audit.verify()
    expect(ok).toBe(true)
    expect(entries).toBeLessThanOrEqual(111)
  }
  const checkpoints = await audit.log({ limit: 1000, type: 'checkpoint' })
  expect(checkpoints.length).toBeGreaterThan(0)
  expect((await repository.base())?.seq).toBe(checkpoints[0]?.details.removed_through)
  expect((await repository.heads()).length).toBeLessThan(20)

  const next = ledgerOver(repository, { keptMax: 100 })
  await next.audit.start()
  await next.audit.record(note(2000))
  expect(await next.audit.verify()).toMatchObject({ ok: true })
})

test('every signed head is told when it is on disk, and the newest one again at the next start', async () => {
  const { audit, repository } = await openLedger()
  // Bytes as text: the database gives them back as another kind of array.
  const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')
  const told: string[] = []
  const forget = audit.onHead((frame) => told.push(hex(frame)))
  audit.onHead(() => {
    throw new Error('a listener of its own troubles')
  })
  await audit.record(note(1))
  await audit.stop()
  const [head] = await repository.heads()
  expect(told).toEqual([hex(head?.frame)])
  forget()
  const again = ledgerOver(repository).audit
  again.onHead((frame) => told.push(hex(frame)))
  await again.start()
  expect(told).toEqual([hex(head?.frame), hex(head?.frame)])
})

test('an entry that may come soon is written with the next one in call order, when somebody reads, and at the end', async () => {
  const { audit, repository } = await openLedger()
  await audit.record(note(0))
  void audit.record(note(1), { soon: true })
  expect((await repository.newest())?.seq).toBe(1)
  await audit.record(note(2))
  const numbers = async () => (await audit.log({ limit: 9 })).map(({ details }) => details.n)
  expect(await numbers()).toEqual([2, 1, 0])
  void audit.record(note(3), { soon: true })
  expect(await numbers()).toEqual([3, 2, 1, 0])
  void audit.record(note(4), { soon: true })
  expect((await audit.verify()).entries).toBe(5)
  const waiting = audit.record(note(5), { soon: true })
  await audit.stop()
  await waiting
  expect((await repository.newest())?.seq).toBe(6)
})

test('an entry that may come soon comes by itself, too', async () => {
  const { audit, repository } = await openLedger()
  await audit.record(note(0), { soon: true })
  expect((await repository.newest())?.seq).toBe(1)
})
