// Artifacts that come from another machine, piece by piece: each is compared with its hash before it is stored, and a cut loses none.
import type { Limiter } from '../../base/async/limiter.ts'
import { hasBit, setBit } from '../../base/bits.ts'
import { DAY_MS } from '../../base/calendar.ts'
import { KaroError } from '../../base/errors.ts'
import { createHasher } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import type { ArtifactRow, ComingRow } from '../../store/tables/artifacts.ts'
import type { Pieces } from './pieces.ts'
import { hashesOf, isWhole, lengthOf } from './rows.ts'
import {
  type Artifact,
  type ArtifactsDeps,
  type Incoming,
  type Layout,
  MEDIA_TYPE,
  MOST_BYTES,
  MOST_COMING,
  type Owner,
  PIECE_BYTES,
} from './types.ts'

/** Milliseconds for which pieces of an artifact that is not complete are kept. */
const COMING_MS = DAY_MS

interface IncomingDeps extends Pick<ArtifactsDeps, 'repository' | 'clock'> {
  readonly serially: Limiter
  readonly pieces: Pieces
  /** Puts the artifact where the person's others are. */
  readonly keep: (owner: Owner, row: ArtifactRow) => Promise<Artifact>
}

export interface IncomingInside extends Incoming {
  /** Gives up what did not become complete in time. To be called within `serially`. */
  prune(person: number): Promise<void>
}

export function createIncoming({ repository, clock, serially, pieces, keep }: IncomingDeps): IncomingInside {
  const isOver = ({ expires_at }: ArtifactRow): boolean => (expires_at ?? 0) <= clock.now()

  async function rowOf(person: number, id: string): Promise<ComingRow> {
    const row = await repository.coming.get(person, id)
    if (row !== undefined && !isOver(row)) return row
    throw new KaroError('not_found', 'the transfer of that artifact has ended', {
      hint: 'Another transfer may have brought it: karo artifact list. If not, ask for it again.',
    })
  }

  async function giveUp(person: number, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await repository.coming.write(person, { remove: ids })
    await pieces.collect(person)
  }

  /**
   * Numbers of the pieces that did not come yet, or are not on the disk as they have to be; of pieces that are the same, the
   * first one. A piece that another artifact of the person has counts as missing: the machine that is asked would learn of it.
   */
  async function missingOf(person: number, row: ComingRow): Promise<readonly number[]> {
    const missing: number[] = []
    const looked = new Set<string>()
    for (const [i, hash] of hashesOf(row).entries()) {
      const name = toHex(hash)
      if (looked.has(name)) continue
      looked.add(name)
      if (!hasBit(row.came ?? NONE, i) || !isWhole((await repository.pieces.get(person, name))?.bytes, hash))
        missing.push(i)
    }
    return missing
  }

  async function expect({ person }: Owner, layout: Layout, source: string): Promise<readonly number[]> {
    checkLayout(layout)
    const { id, name, media_type, size } = layout
    await pieces.checkRoom(person)
    const coming = await repository.coming.all(person)
    const hashes = Buffer.concat([...layout.pieces])
    const before = coming.find((one) => one.id === id)
    // Pieces received before are not announced to another machine, or for another description.
    const isSame = before?.source === source && hashes.equals(before.pieces)
    const made: ComingRow = {
      id,
      name,
      media_type,
      size,
      pieces: hashes,
      source,
      created_at: clock.now(),
      expires_at: clock.now() + COMING_MS,
      came: (isSame ? before.came : undefined) ?? new Uint8Array(Math.ceil(layout.pieces.length / 8)),
    }
    const others = coming.filter((one) => one.id !== id).sort((a, b) => b.created_at - a.created_at)
    await repository.coming.write(person, { put: [made], lazy: true })
    // The one that was begun first gives way.
    await giveUp(
      person,
      others.slice(MOST_COMING - 1).map((one) => one.id),
    )
    return missingOf(person, made)
  }

  async function add({ person }: Owner, id: string, index: number, bytes: Uint8Array): Promise<void> {
    const row = await rowOf(person, id)
    const hash = hashesOf(row)[index]
    if (hash === undefined || bytes.length !== lengthOf(index, row.size) || !isWhole(bytes, hash))
      throw new KaroError('bad_file', `piece ${index + 1} has a wrong hash`, {
        hint: 'The other machine sent wrong data. The pieces received before are kept for a day: try again.',
      })
    await pieces.store(person, bytes, { hash, comingFor: id })
    const came = Uint8Array.from(row.came ?? [])
    setBit(came, index)
    await repository.coming.write(person, { put: [{ ...row, came }], lazy: true })
  }

  async function finish(owner: Owner, id: string): Promise<Artifact> {
    const { person } = owner
    const row = await rowOf(person, id)
    const hasher = createHasher()
    let size = 0
    let whole: string
    try {
      for (const hash of hashesOf(row)) {
        const bytes = (await repository.pieces.get(person, toHex(hash)))?.bytes ?? NONE
        hasher.add(bytes)
        size += bytes.length
      }
    } finally {
      whole = toHex(hasher.end())
    }
    if (whole !== id || size !== row.size) {
      if ((await missingOf(person, row)).length > 0)
        throw new KaroError('conflict', 'a piece of it is missing or damaged here', {
          hint: 'Ask for it again.',
        })
      // Each piece was what the other machine said, and together they are something else.
      await giveUp(person, [id])
      throw new KaroError(
        'bad_file',
        `the received data is not artifact ${id.slice(0, 12)}: it was removed`,
        {
          hint: 'The other machine has something else under that id, or lies about it.',
        },
      )
    }
    const { came: _, ...rest } = row
    const kept = await keep(owner, { ...rest, created_at: clock.now(), expires_at: null })
    await repository.coming.write(person, { remove: [id] })
    return kept
  }

  return {
    expect: (owner, layout, source) => serially(() => expect(owner, layout, source)),
    add: (owner, id, index, bytes) => serially(() => add(owner, id, index, bytes)),
    finish: (owner, id) => serially(() => finish(owner, id)),
    prune: async (person) =>
      giveUp(
        person,
        (await repository.coming.all(person)).filter(isOver).map(({ id }) => id),
      ),
  }
}

const NONE = new Uint8Array(0)

/** Throws KaroError `bad_file` for a layout that no artifact can have. */
function checkLayout({ name, media_type, size, pieces }: Layout): void {
  const isSound =
    Number.isSafeInteger(size) &&
    size >= 0 &&
    size <= MOST_BYTES &&
    pieces.length === Math.ceil(size / PIECE_BYTES) &&
    name.length > 0 &&
    name.length <= 256 &&
    MEDIA_TYPE.test(media_type)
  if (!isSound) throw new KaroError('bad_file', 'the other machine describes no artifact that there can be')
}
