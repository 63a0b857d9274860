// An exported ledger proves itself: whole, in part, and never when one byte of it was changed.

import { describe, expect, test } from 'vitest'
import type { Database } from '../../../../src/store/level/database.ts'
import { createAuditRepository } from '../../../../src/store/tables/audit.ts'
import { canonicalDetails, GENESIS, hashEntry } from '../../../../src/trust/audit/entry.ts'
import { verifyExport } from '../../../../src/trust/audit/exported.ts'
import type { Audit, AuditRecord } from '../../../../src/trust/audit/index.ts'
import type { ExportLine } from '../../../../src/trust/audit/types.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import { identity, ledgerOver } from './ledger.ts'

const bob = testIdentity(2).nodeId

/** One entry an hour; the head is signed at each stop. */
async function ledger(
  hours: readonly number[],
  keptMax = 1000,
): Promise<{ audit: Audit; db: Database; at: (hour: number) => number }> {
  const db = await temporaryDatabase()
  const at = (hour: number): number => Date.UTC(2026, 10, 20, hour)
  const open = async (begin: number): Promise<ReturnType<typeof ledgerOver>> => {
    const opened = ledgerOver(createAuditRepository(db), { keptMax }, begin)
    await opened.audit.start()
    return opened
  }
  let { audit, clock } = await open(at(0))
  for (const hour of hours) {
    clock.time = at(hour)
    const rule = `rule "${hour}", ünïcode\n`
    const details = { query_type: 'ToolUsage', rule, n: hour / 3, z: true, a: 'a' }
    const more = { peer: bob, trace_id: 'ab'.repeat(16), details }
    await audit.record({ type: 'query_responded', success: hour % 2 === 0, ...more })
    if (hour % 3 === 2) {
      await audit.stop()
      ;({ audit, clock } = await open(clock.time))
    }
  }
  return { audit, db, at }
}

const HOURS = Array.from({ length: 10 }, (_, i) => i)

async function exported(audit: Audit, range: { since?: number; until?: number } = {}): Promise<ExportLine[]> {
  const lines: ExportLine[] = []
  for await (const line of audit.export(range)) lines.push(line)
  return lines
}

/** As it comes out of a file. */
async function* read(lines: readonly unknown[]): AsyncGenerator<unknown> {
  for (const line of lines) yield JSON.parse(JSON.stringify(line))
}
const verdict = (lines: readonly unknown[]) => verifyExport(read(lines))

test.each([null, 1, 'x', []])('a head that is none is bad, and no more: %j', async (head) => {
  const { audit } = await ledger(HOURS)
  const lines: unknown[] = await exported(audit)
  const end = lines.length - 1
  expect(await verdict([...lines.slice(0, end), { head }])).toMatchObject({ ok: false })
  expect(await verdict([lines[0], { head }])).toMatchObject({ ok: false })
})

test('a whole ledger is proven to its newest entry, which is signed for it', async () => {
  const { audit } = await ledger(HOURS)
  const lines = await exported(audit)
  expect(await verdict(lines)).toMatchObject({
    ok: true,
    entries: 10,
    first: 1,
    last: 10,
    signed_through: 10,
    first_bad: null,
    node_id: identity.nodeId,
    head: (await audit.verify()).head,
  })
})

test('a part is proven too: from the first entry in time to the first signature after its end', async () => {
  const { audit, at } = await ledger(HOURS)
  const part = await exported(audit, { since: at(4), until: at(7) })
  expect(await verdict(part)).toMatchObject({ ok: true, first: 5, last: 9, entries: 5 })
  const later = await exported(audit, { since: at(4) })
  expect(await verdict(later)).toMatchObject({ ok: true, first: 5, last: 10 })
  expect(await verdict(await exported(audit, { since: at(30) }))).toMatchObject({ ok: false, entries: 0 })
})

test('what was removed from the front by the node itself is no fault', async () => {
  const { audit } = await ledger(HOURS, 6)
  const lines = await exported(audit)
  const { ok, first } = await verdict(lines)
  expect(ok).toBe(true)
  expect(first).toBeGreaterThan(1)
})

test('a ledger whose key was replaced is proven by both, and says so; nothing ends under the earlier one alone', async () => {
  const { audit, db, at } = await ledger(HOURS)
  await audit.stop()
  const signer = testIdentity(5)
  const { audit: next } = ledgerOver(createAuditRepository(db), { identity: signer }, at(12))
  await next.start()
  await next.record({ type: 'node_started', success: true, details: {} })
  const earlier_keys = [{ node_id: identity.nodeId, through: 10 }]
  const lines = await exported(next)
  const told = { ok: true, node_id: signer.nodeId, earlier_keys }
  expect(await verdict(lines)).toMatchObject({ ...told, first: 1, last: 12 })
  expect(await verdict(await exported(next, { until: at(4) }))).toMatchObject(told)
  const forged = lines.map((line) =>
    'type' in line && line.type === 'key_rotation' ? { ...line, details: {} } : line,
  )
  expect((await verdict(forged)).ok).toBe(false)
})

describe('nothing can be changed', () => {
  test('any character of any line: it is noticed, or it changes nothing that is said', async () => {
    const { audit } = await ledger(HOURS)
    const lines = await exported(audit)
    const texts = lines.map((line) => JSON.stringify(line))
    const char = fc.constantFrom('0', '1', 'f', 'A', '"', ' ')
    const place = fc.record({ line: fc.nat({ max: texts.length - 1 }), at: fc.nat(), char })
    await forAllAsyncIn({ numRuns: times(200, 600) }, place, async ({ line, at, char }) => {
      const text = texts[line]!
      const index = at % text.length
      const changed = text.slice(0, index) + char + text.slice(index + 1)
      let value: unknown
      try {
        value = JSON.parse(changed)
      } catch {
        value = null
      }
      // When it was written is said by nobody but the file.
      if (line === 0 && text.indexOf('"exported_at') <= index && index < text.indexOf('base')) return
      if (JSON.stringify(value) === text) return
      const told = await verdict(lines.with(line, value as ExportLine)).catch(() => ({ ok: false }))
      expect(told.ok, changed).toBe(false)
    })
  })

  test('no line can be left out, doubled or moved; an end is missed unless it is a signature', async () => {
    const { audit } = await ledger(HOURS)
    const lines = await exported(audit)
    for (let i = 1; i < lines.length; i++) {
      const isEntry = 'seq' in lines[i]!
      const rest = lines.toSpliced(i, 1)
      // A signature in the middle is not needed where a later one covers the same.
      expect((await verdict(rest)).ok, `without ${i}`).toBe(!isEntry && i < lines.length - 1)
      if (isEntry) expect((await verdict(lines.toSpliced(i, 0, lines[i]!))).ok, `twice ${i}`).toBe(false)
      const cut = await verdict(lines.slice(0, i))
      expect(cut.ok, `cut at ${i}`).toBe(i > 1 && 'head' in lines[i - 1]!)
    }
  })

  test('not by who computes every hash anew, without the key', async () => {
    const { audit } = await ledger(HOURS)
    let previous: Uint8Array = GENESIS
    const forged = (await exported(audit)).map((line) => {
      if (!('hash' in line)) return line
      const { seq, type, timestamp, hash: _, ...rest } = line
      const entry = { ...rest, success: true }
      const row = { seq, type, ts: Date.parse(timestamp), details: canonicalDetails(entry) }
      previous = hashEntry(row, previous)
      return { ...entry, seq, type, timestamp, hash: Buffer.from(previous).toString('hex') }
    })
    // The first signature is over the third entry, which continues the changed second one.
    expect(await verdict(forged)).toMatchObject({ ok: false, first_bad: 3 })
    const unsigned = forged.filter((line) => !('head' in line))
    expect(await verdict(unsigned)).toMatchObject({ ok: false, signed_through: null })
  })

  test('not by another key either: it says whose signature it is', async () => {
    const { audit } = await ledger(HOURS)
    const [header, ...rest] = await exported(audit)
    const other = { ...header, node_id: testIdentity(3).nodeId }
    expect(await verdict([other, ...rest])).toMatchObject({ ok: false })
  })

  test('a first line of something else is refused', async () => {
    for (const line of [null, {}, 7, { karo_ledger: 2 }, { karo_ledger: 1, node_id: 'karo:ed25519:x' }])
      await expect(verdict([line])).rejects.toMatchObject({ code: 'bad_file' })
    await expect(verdict([])).rejects.toMatchObject({ code: 'bad_file' })
  })
})

test('who asked: by author and kind, how often, and what came of it', async () => {
  const { audit, at } = await ledger([])
  const eve = testIdentity(4).nodeId
  const received = (peer: typeof bob, success: boolean, details: AuditRecord['details']) =>
    audit.record({ type: 'query_received', success, peer, details })
  const question = async (query_type: string, decision: string, rule: string): Promise<void> => {
    await received(bob, true, { query_type })
    const details = { query_type, decision, rule }
    await audit.record({ type: 'query_responded', success: decision === 'allow', peer: bob, details })
  }
  await question('ToolUsage', 'allow', 'consent.peers')
  await question('ToolUsage', 'deny', 'consent.none')
  await question('NodeHealth', 'withhold', 'k_min')
  await received(eve, false, { reason: 'busy', times: 40 })
  await audit.record({ type: 'query_asked', success: true, peer: bob, details: { query_type: 'ToolUsage' } })
  // Of another person of this machine.
  await received(eve, true, { query_type: 'X', uid: 1001 })
  const memberOf = <T>(peer: T) => peer
  const asked = await audit.whoAsked({ since: at(0), uid: 1000, memberOf })
  const plain = asked.map(({ first: _first, last: _last, ...rest }) => rest)
  expect(plain).toHaveLength(3)
  const none = { operator: null, asked: 0, allowed: 0, refused: 0, busy: 0, rules: [] }
  const usage = { query_type: 'ToolUsage', asked: 2, allowed: 1, refused: 1 }
  const health = { query_type: 'NodeHealth', asked: 1, refused: 1 }
  expect(plain).toEqual(
    expect.arrayContaining([
      { ...none, peer: bob, ...usage, rules: ['consent.none', 'consent.peers'] },
      { ...none, peer: bob, ...health, rules: ['k_min'] },
      { ...none, peer: eve, query_type: null, busy: 40 },
    ]),
  )
  expect(await audit.whoAsked({ since: at(0), memberOf })).toHaveLength(4)
  expect(await audit.whoAsked({ since: at(1), memberOf })).toEqual([])
})
