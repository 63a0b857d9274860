// A ledger whose end was cut off together with everything that this machine knew of it: a neighbour's copy of its head tells.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AuditVerdict } from '../../../src/api/contract/shapes.ts'
import { newDatabase } from '../../../src/store/level/database.ts'
import { keyRange, makeKey } from '../../../src/store/level/keyspace.ts'
import { createAuditRepository } from '../../../src/store/tables/audit.ts'
import { createDocumentRepository } from '../../../src/store/tables/documents.ts'
import { api, linked, nextTo, trusts } from '../../support/mesh/honest.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const verdictOf = (node: TestNode): Promise<AuditVerdict> =>
  api(node, 'GET', 'audit/verify') as Promise<AuditVerdict>
const KINDS = { entries: 1, heads: 2 }

/** Removes what comes after entry `through`, its heads, and this node's own copies of them. */
async function cut(home: string, through: number): Promise<void> {
  const db = newDatabase(join(home, 'db'))
  await db.open()
  try {
    for (const kind of Object.values(KINDS)) {
      const { lt } = keyRange('audit', { bytes: Uint8Array.of(kind) })
      const gt = makeKey('audit', { bytes: Uint8Array.of(kind) }, { u64: through })
      for (const key of await db.keys({ gt, lt }).all()) await db.del(key)
    }
    const documents = createDocumentRepository(db)
    const remove = []
    for await (const row of documents.load()) if (row.role === 'own') remove.push(row)
    await documents.write({ remove })
    expect((await createAuditRepository(db).newest())?.seq).toBe(through)
  } finally {
    await db.close()
  }
}

const keepsHead = (node: TestNode): Promise<boolean> =>
  until(async () => (await node.status()).documents.received === 1, {
    what: 'it keeps it',
    deadlineMs: 2_000,
  }).catch(() => false)

test('verify says by how much a ledger is short of the head that a neighbour keeps, and by whom', async () => {
  const birch = await startNode({ name: 'birch' })
  const ash = await startNode({ name: 'ash', config: await nextTo(birch) })
  await trusts(birch, (await ash.status()).node_id)
  await trusts(ash, (await birch.status()).node_id)
  await linked(birch, ash)
  const before = await ash.karo(['audit', 'verify'])
  expect([before.code, before.stdout]).toEqual([
    5,
    expect.stringMatching(/Entries may be missing at its end/),
  ])

  // A head is signed every hour, and when a node stops: a neighbour has it before the links end. There is a second for that, which
  // a busy machine may need for other things. What is cut has nothing to give when it starts.
  await ash.stop()
  for (let tries = 1; !(await keepsHead(birch)); tries++) {
    if (tries === 5) throw new Error('birch never has the head of a node that has stopped')
    await cut(ash.home, 2)
    const once = await startNode({ name: 'ash', home: ash.home })
    await linked(birch, once)
    await once.stop()
  }
  const again = await startNode({ name: 'ash', home: ash.home })
  const whole = await until(
    async () => {
      const verdict = await verdictOf(again)
      return verdict.outside?.members.length === 1 && verdict
    },
    { what: 'ash hears that birch has it', pollMs: 200, deadlineMs: 150_000 },
  )
  expect((await again.karo(['audit', 'verify'])).code).toBe(0)
  expect(whole).toMatchObject({ ok: true, outside: { missing: 0, members: [{ name: 'birch' }] } })
  const { seq } = whole.outside as NonNullable<AuditVerdict['outside']>

  await again.kill9()
  await cut(ash.home, 2)
  const short = await startNode({ name: 'ash', home: ash.home })
  const verdict = await until(
    async () => {
      const now = await verdictOf(short)
      return now.outside !== undefined && now
    },
    { what: 'ash is given the head of its ledger', pollMs: 200, deadlineMs: 150_000 },
  )
  expect(verdict).toMatchObject({ ok: false, outside: { seq, members: [{ name: 'birch' }] } })
  expect(verdict.outside?.missing).toBeGreaterThan(0)
  const said = await short.karo(['audit', 'verify'])
  expect(said.code).toBe(1)
})
