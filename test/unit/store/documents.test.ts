// Documents in a real database: rows and frames together, other kinds beside them, damage, and the numbering.
import { expect, test } from 'vitest'
import { keyRange } from '../../../src/store/level/keyspace.ts'
import { createDocumentRepository, type DocumentRow } from '../../../src/store/tables/documents.ts'
import { temporaryDatabase, temporaryDirectory } from '../../support/data/database.ts'

const row = (author: number, slot: string, seq: number): DocumentRow => ({
  author: new Uint8Array(32).fill(author),
  kind: 'summary',
  slot,
  version: 1_790_000_000_000 + seq,
  digest: new Uint8Array(32).fill(seq),
  hints: new Uint8Array(16).fill(author),
  seq,
  role: 'received',
  received_at: 1_790_000_000_001,
  expires_at: 1_790_600_000_000,
  size: 4,
})
const frame = (byte: number): Uint8Array => new Uint8Array(4).fill(byte)

async function all(repository: ReturnType<typeof createDocumentRepository>): Promise<DocumentRow[]> {
  const rows: DocumentRow[] = []
  for await (const one of repository.load()) rows.push(one)
  return rows
}

test('what is written together is read back, in this life and the next', async () => {
  const directory = temporaryDirectory()
  const db = await temporaryDatabase(directory)
  const repository = createDocumentRepository(db)
  expect(await repository.numbering()).toBeUndefined()
  const rows = [row(1, 'day:1', 1), row(1, 'day:10', 2), row(2, '', 3)]
  await repository.write({
    put: rows.map((one) => ({ row: one, frame: frame(one.seq) })),
    numbering: { index: new Uint8Array(8).fill(7), last: 3 },
  })
  await db.close()
  await db.open()
  expect(await all(repository)).toEqual(rows)
  expect(await repository.numbering()).toEqual({ index: new Uint8Array(8).fill(7), last: 3 })
  expect(await repository.frame(row(1, 'day:10', 0))).toEqual(frame(2))
  expect(await repository.rows([row(2, '', 0), row(2, 'other', 0), row(1, 'day:1', 0)])).toEqual([
    rows[2],
    undefined,
    rows[0],
  ])
})

test('another edition takes the place of the one before, and what is removed is gone whole', async () => {
  const db = await temporaryDatabase()
  const repository = createDocumentRepository(db)
  const [older, newer, other] = [row(1, 'day:1', 1), row(1, 'day:1', 2), row(1, 'day:2', 3)]
  await repository.write({ put: [{ row: older, frame: frame(1) }] })
  await repository.write({
    put: [
      { row: newer, frame: frame(2) },
      { row: other, frame: frame(3) },
    ],
    sync: true,
  })
  expect(await all(repository)).toEqual([newer, other])
  await repository.write({ remove: [newer] })
  expect(await all(repository)).toEqual([other])
  expect(await repository.frame(newer)).toBeUndefined()
  await repository.write({ remove: [other] })
  expect(await db.keys(keyRange('documents')).all()).toEqual([])
})

test('all documents of some kinds go at once', async () => {
  const repository = createDocumentRepository(await temporaryDatabase())
  const rows = [row(1, 'day:1', 1), { ...row(1, '', 2), kind: 'certificate' }, row(2, '', 3)]
  await repository.write({ put: rows.map((one) => ({ row: one, frame: frame(one.seq) })) })
  await repository.drop(['certificate', 'revocation_list'])
  expect(await all(repository)).toEqual([rows[0], rows[2]])
  expect(await repository.frame(rows[1] as DocumentRow)).toBeUndefined()
})

test('a damaged row is as good as none', async () => {
  const db = await temporaryDatabase()
  const repository = createDocumentRepository(db)
  await repository.write({
    put: [
      { row: row(1, 'day:1', 1), frame: frame(1) },
      { row: row(1, 'day:2', 2), frame: frame(2) },
    ],
  })
  const [key] = await db.keys(keyRange('documents', { bytes: Uint8Array.of(1) })).all()
  await db.put(key as Uint8Array, Uint8Array.of(1, 0xc1))
  expect((await all(repository)).map(({ slot }) => slot)).toEqual(['day:2'])
  expect(await repository.rows([row(1, 'day:1', 0)])).toEqual([undefined])
  await expect(repository.frame({ ...row(1, 'x', 0), author: new Uint8Array(31) })).rejects.toThrow(
    RangeError,
  )
})
