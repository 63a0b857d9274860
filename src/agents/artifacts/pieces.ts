// The pieces of artifacts on the disk: each is stored once for a person, within bounds, and goes when nothing needs it.
import { setImmediate as turn } from 'node:timers/promises'
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import type { ArtifactRepository } from '../../store/tables/artifacts.ts'
import { hashesOf, isWhole } from './rows.ts'
import { MOST_ARTIFACTS, MOST_PIECES } from './types.ts'

export type Pieces = ReturnType<typeof createPieces>

interface Known {
  /** Hash of the bytes. */
  readonly hash: Uint8Array
  /** Id of the artifact that comes from another machine, of which they are a piece: it does not give way to itself. */
  readonly comingFor: string
}

/** `underWay`: hashes of pieces that no row names yet. One call at a time, which is the caller's to see to. */
export function createPieces(
  { artifacts, coming, pieces }: ArtifactRepository,
  underWay: (person: number) => readonly Uint8Array[],
) {
  /** Pieces of each person. */
  const used = new Map<number, number>()
  const total = (): number => [...used.values()].reduce((sum, pieces) => sum + pieces, 0)
  const isFull = (person: number): boolean =>
    (used.get(person) ?? 0) >= MOST_PIECES.ofOne || total() >= MOST_PIECES.ofAll

  /** Gives up one artifact after the other that is not complete, until there is room. */
  async function makeRoom(person: number, comingFor: string | undefined): Promise<void> {
    const idle = (await coming.all(person)).filter(({ id }) => id !== comingFor)
    for (const { id } of idle.sort((a, b) => a.created_at - b.created_at)) {
      if (!isFull(person)) return
      await coming.write(person, { remove: [id] })
      await collect(person)
    }
  }

  async function collect(person: number): Promise<void> {
    const needed = new Set(underWay(person).map(toHex))
    for (const row of [...(await artifacts.all(person)), ...(await coming.all(person))]) {
      for (const hash of hashesOf(row)) needed.add(toHex(hash))
      // The daemon does other work between two files, because one person may have thousands.
      await turn()
    }
    const there = await pieces.ids(person)
    const idle = there.filter((hash) => !needed.has(hash))
    await pieces.write(person, { remove: idle, lazy: true })
    const left = there.length - idle.length
    if (left === 0) used.delete(person)
    else used.set(person, left)
  }

  return {
    /** Removes pieces of the person that nothing needs, and counts the others. */
    collect,
    /**
     * Resolves with the hash of the bytes. Artifacts of the person that come from other machines and are not complete give way,
     * the oldest first, where there is no room. Throws KaroError `rate_limited` where that is not enough.
     */
    async store(person: number, bytes: Uint8Array, known?: Known) {
      const hash = known?.hash ?? blake3([bytes])
      const id = toHex(hash)
      const isThere = await pieces.has(person, id)
      if (!isThere) {
        if (isFull(person)) await makeRoom(person, known?.comingFor)
        if (isFull(person))
          throw new KaroError('rate_limited', 'the space for artifacts is full', {
            hint: 'Remove some: karo artifact list, karo artifact remove.',
          })
        used.set(person, (used.get(person) ?? 0) + 1)
      }
      // A piece that is damaged on the disk is written again, because this one has the same content.
      if (!isThere || !isWhole((await pieces.get(person, id))?.bytes, hash))
        await pieces.write(person, { put: [{ id, bytes }], lazy: true })
      return hash
    },
    /** Throws KaroError `rate_limited` where the person has as many artifacts as one may have. */
    async checkRoom(person: number) {
      if ((await artifacts.all(person)).length >= MOST_ARTIFACTS)
        throw new KaroError('rate_limited', `you have ${MOST_ARTIFACTS} artifacts already`, {
          hint: 'Remove some: karo artifact remove.',
        })
    },
    /** Forgets how many the person has. */
    forget: (person: number) => void used.delete(person),
  }
}
