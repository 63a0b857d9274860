// Room for pieces of artifacts: what is not complete gives way, the oldest first, and nothing else does.
import { expect, test } from 'vitest'
import { createPieces } from '../../../src/agents/artifacts/pieces.ts'
import { MOST_PIECES } from '../../../src/agents/artifacts/types.ts'
import { blake3 } from '../../../src/base/hash.ts'
import { toHex } from '../../../src/base/hex.ts'
import type { ArtifactRepository, ArtifactRow } from '../../../src/store/tables/artifacts.ts'

const numbered = (n: number): Buffer => Buffer.from(`piece ${n}`)
const hashOf = (n: number): Uint8Array => blake3([numbered(n)])

/** A person with as many pieces as there may be. `coming`: whose pieces are which, the oldest first. */
async function full(coming: Readonly<Record<string, readonly number[]>>, underWay: readonly number[] = []) {
  const there = new Map(
    Array.from({ length: MOST_PIECES.ofOne }, (_, n) => [toHex(hashOf(n)), numbered(n)] as const),
  )
  const rowOf = (id: string, pieces: readonly number[], created_at: number): ArtifactRow => ({
    id,
    name: id,
    media_type: 'text/plain',
    size: 0,
    source: 'from desk',
    created_at,
    expires_at: null,
    pieces: Buffer.concat(pieces.map(hashOf)),
  })
  const taken = new Set([...Object.values(coming).flat(), ...underWay])
  const kept = Array.from({ length: MOST_PIECES.ofOne }, (_, n) => n).filter((n) => !taken.has(n))
  const rows = new Map(Object.entries(coming).map(([id, pieces], i) => [id, rowOf(id, pieces, i)] as const))
  const repository: { [K in keyof ArtifactRepository]?: Partial<ArtifactRepository[K]> } = {
    artifacts: { all: async () => [rowOf('kept', kept, 0)] },
    coming: {
      all: async () => [...rows.values()].toReversed(),
      write: async (_, { remove = [] }) => remove.forEach((id) => void rows.delete(id)),
    },
    pieces: {
      has: async (_, id) => there.has(id),
      ids: async () => [...there.keys()],
      async write(_, { put = [], remove = [] }) {
        for (const { id, bytes } of put) there.set(id, Buffer.from(bytes))
        for (const id of remove) there.delete(id)
      },
    },
  }
  const pieces = createPieces(repository as ArtifactRepository, () => underWay.map(hashOf))
  await pieces.collect(1000)
  return { pieces, rows, there }
}

test('what came of an artifact that is not complete gives way to a new piece, the oldest one alone', async () => {
  const { pieces, rows, there } = await full({ old: [0, 1], young: [2] }, [3])
  await pieces.store(1000, numbered(-1))
  expect([...rows.keys()]).toEqual(['young'])
  expect([0, 1, 2, 3, 4].map((n) => there.has(toHex(hashOf(n))))).toEqual([false, false, true, true, true])
})

test('no artifact gives way to itself; where that is all there is no room', async () => {
  const { pieces, rows } = await full({ own: [0, 1] })
  const known = { hash: hashOf(-1), comingFor: 'own' }
  await expect(pieces.store(1000, numbered(-1), known)).rejects.toMatchObject({ code: 'rate_limited' })
  expect([...rows.keys()]).toEqual(['own'])
})
