// The room of artifacts: content by its hash, in pieces of which each is stored once, within bounds, verified when it is read.
import { KaroError } from '../../base/errors.ts'
import { createHasher, type Hasher } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import type { ArtifactRow } from '../../store/tables/artifacts.ts'
import { createCollection } from '../collection.ts'
import { createIncoming } from './incoming.ts'
import { createPieces } from './pieces.ts'
import { artifactOf, hashesOf, isWhole, textOf } from './rows.ts'
import { createShares } from './shares.ts'
import {
  type Artifacts,
  type ArtifactsDeps,
  type Coming,
  MEDIA_TYPE,
  MOST_BYTES,
  type Owner,
  PART_BYTES,
  PIECE_BYTES,
  PREVIEW_BYTES,
} from './types.ts'

/** Milliseconds of silence after which an upload is over, and between looks for artifacts whose time is over. */
const IDLE_MS = 60_000
const SWEEP_MS = 3_600_000
const UPLOADS_MAX = 16
const WHICH_LEAST = 6

interface Upload {
  readonly key: string
  readonly coming: Coming
  readonly hasher: Hasher
  readonly pieces: Uint8Array[]
  /** Bytes that do not fill a piece yet. */
  rest: Buffer
  size: number
  stopTimer: () => void
}

function checkSize(bytes: number): void {
  if (bytes > MOST_BYTES)
    throw new KaroError('too_large', `an artifact has at most ${MOST_BYTES / 1024 / 1024} MiB`)
}

export function createArtifacts(deps: ArtifactsDeps): Artifacts {
  const { repository, audit, clock, timers, random, log } = deps
  const uploads = new Map<number, Upload>()
  /** Uploads that wait until a result of an agent is stored. */
  const waiting = new Map<number, Upload>()
  const kept = createCollection({
    rows: repository.artifacts,
    what: 'artifact',
    command: 'karo artifact list',
    least: WHICH_LEAST,
    isOver: ({ expires_at }) => expires_at !== null && expires_at <= clock.now(),
  })
  const { serially, all: rowsOf } = kept
  let stopSweep = (): void => {}

  const pieces = createPieces(repository, (person) =>
    [uploads, waiting].flatMap((some) => some.get(person)?.pieces ?? []),
  )
  const { collect } = pieces

  function drop(person: number): void {
    const upload = uploads.get(person)
    uploads.delete(person)
    upload?.stopTimer()
    // Frees the memory of the hasher.
    upload?.hasher.end()
  }

  function watch(person: number, upload: Upload): void {
    upload.stopTimer()
    upload.stopTimer = timers.after(IDLE_MS, () => {
      void serially(async () => {
        if (uploads.get(person) !== upload) return
        drop(person)
        await collect(person)
      }).catch((error: Error) => log.warn({ reason: error.message }, 'an upload could not be cleared away'))
    })
  }

  function uploadOf({ person }: Owner, key: string): Upload {
    const upload = uploads.get(person)
    if (upload?.key === key) return upload
    throw new KaroError(
      'not_found',
      'that upload has ended: another one of yours began, or it was interrupted',
      {
        hint: 'Begin it again when no other one is under way.',
      },
    )
  }

  async function begin({ person }: Owner, given: Coming): Promise<Upload> {
    const coming = { ...given, name: deps.redact(given.name) }
    if (coming.name.length === 0 || coming.name.length > 256 || !MEDIA_TYPE.test(coming.media_type))
      throw new KaroError('bad_request', 'this is not a file name, or not a media type')
    checkSize(given.size ?? 0)
    await pieces.checkRoom(person)
    if (uploads.has(person)) {
      drop(person)
      await collect(person)
    }
    if (uploads.size >= UPLOADS_MAX) throw new KaroError('rate_limited', 'too many uploads are under way')
    const upload: Upload = {
      key: toHex(random.bytes(8)),
      coming,
      hasher: createHasher(),
      pieces: [],
      rest: Buffer.alloc(0),
      size: 0,
      stopTimer: () => {},
    }
    uploads.set(person, upload)
    watch(person, upload)
    return upload
  }

  async function add({ person }: Owner, upload: Upload, at: number, bytes: Uint8Array): Promise<void> {
    watch(person, upload)
    if (bytes.length > PART_BYTES) throw new KaroError('too_large', `a part has at most ${PART_BYTES} bytes`)
    if (at < upload.size && at + bytes.length <= upload.size) return
    if (at !== upload.size)
      throw new KaroError('conflict', `the next bytes are those at ${upload.size}`, { where: 'at' })
    checkSize(at + bytes.length)
    let rest = Buffer.concat([upload.rest, bytes])
    const { length } = upload.pieces
    try {
      for (; rest.length >= PIECE_BYTES; rest = rest.subarray(PIECE_BYTES))
        upload.pieces.push(await pieces.store(person, rest.subarray(0, PIECE_BYTES)))
    } catch (error) {
      // All of the part or nothing, so that it can be sent again.
      upload.pieces.length = length
      throw error
    }
    upload.hasher.add(bytes)
    upload.rest = Buffer.from(rest)
    upload.size += bytes.length
  }

  async function finish(owner: Owner, upload: Upload, wanted: string | undefined) {
    const { person } = owner
    if (upload.rest.length > 0) upload.pieces.push(await pieces.store(person, upload.rest))
    uploads.delete(person)
    upload.stopTimer()
    const id = toHex(upload.hasher.end())
    if (wanted !== undefined && wanted !== id) {
      await collect(person)
      throw new KaroError('conflict', `this is not ${wanted.slice(0, 12)}…: its content has the hash ${id}`, {
        hint: 'Nothing was kept. Send it again.',
      })
    }
    return keepRow(owner, {
      id,
      ...upload.coming,
      size: upload.size,
      pieces: Buffer.concat(upload.pieces),
      created_at: clock.now(),
    })
  }

  /** Stores the row; an artifact that is here already keeps its name and its expiry. */
  async function keepRow(owner: Owner, row: ArtifactRow) {
    const before = (await rowsOf(owner.person)).find(({ id }) => id === row.id)
    // With the row, pieces that were mended are on the disk.
    await repository.artifacts.write(owner.person, { put: [before ?? row] })
    if (!before) await tell(owner, 'stored', row)
    return { artifact: artifactOf(before ?? row), known: before !== undefined }
  }

  /**
   * The ledger gets no name and no hash: somebody who knows a file could learn from the hash that the file was here.
   */
  const tell = ({ person, traceId }: Owner, change: string, { size, source }: ArtifactRow): Promise<void> =>
    audit.record({
      type: 'artifact_changed',
      success: true,
      trace_id: traceId,
      details: { uid: person, change, bytes: size, source },
    })

  const rowOf = ({ person }: Owner, which: string): Promise<ArtifactRow> => kept.one(person, which)

  async function pieceOf({ person }: Owner, row: ArtifactRow, i: number): Promise<Uint8Array> {
    const hash = hashesOf(row)[i]
    const bytes = hash && (await repository.pieces.get(person, toHex(hash)))?.bytes
    if (hash && bytes && isWhole(bytes, hash)) return bytes
    throw new KaroError('bad_file', `piece ${i + 1} of ${row.id.slice(0, 12)} is missing or damaged`, {
      hint: 'Put the file there again, or remove it: karo artifact remove.',
    })
  }

  async function* piecesOf(owner: Owner, which: string, wanted: readonly number[]) {
    const row = await rowOf(owner, which)
    for (const i of wanted) yield await pieceOf(owner, row, i)
  }

  async function* read(owner: Owner, which: string, from: number): AsyncGenerator<Uint8Array, void> {
    const row = await rowOf(owner, which)
    const first = Math.floor(from / PIECE_BYTES)
    for (let i = first; i < hashesOf(row).length; i++) {
      const bytes = await pieceOf(owner, row, i)
      yield i === first ? bytes.subarray(from - first * PIECE_BYTES) : bytes
    }
  }

  async function sweep(): Promise<void> {
    try {
      for (const person of await repository.people())
        await serially(async () => {
          await repository.removeExpired(person, clock.now())
          await incoming.prune(person)
          await shares.prune(person)
          await collect(person)
        })
    } catch (error) {
      log.error({ reason: (error as Error).message }, 'artifacts whose time is over could not be removed')
    }
    stopSweep()
    stopSweep = timers.after(SWEEP_MS, () => void sweep())
  }

  const keep = async (owner: Owner, row: ArtifactRow) => (await keepRow(owner, row)).artifact
  const incoming = createIncoming({ repository, clock, serially, pieces, keep })
  const shares = createShares({ ...deps, serially, rowOf, rowsOf })

  return {
    name: 'artifacts',
    start: sweep,
    async stop() {
      stopSweep()
      for (const person of uploads.keys()) drop(person)
    },
    begin: (owner, coming) => serially(async () => (await begin(owner, coming)).key),
    add: (owner, key, at, bytes) =>
      serially(async () => {
        const upload = uploadOf(owner, key)
        await add(owner, upload, at, bytes)
        return { received: upload.size }
      }),
    finish: (owner, key, id) => serially(() => finish(owner, uploadOf(owner, key), id)),
    keep: (owner, coming, bytes) =>
      serially(async () => {
        // An upload of the person, if there is one, is not in the way of a result of an agent.
        const under = uploads.get(owner.person)
        uploads.delete(owner.person)
        if (under) waiting.set(owner.person, under)
        try {
          const upload = await begin(owner, coming)
          for (let at = 0; at < bytes.length; at += PART_BYTES)
            await add(owner, upload, at, bytes.subarray(at, at + PART_BYTES))
          return (await finish(owner, upload, undefined)).artifact
        } catch (error) {
          drop(owner.person)
          throw error
        } finally {
          waiting.delete(owner.person)
          if (under) uploads.set(owner.person, under)
        }
      }),
    list: async ({ person }) =>
      (await rowsOf(person)).map(artifactOf).sort((a, b) => b.created_at - a.created_at),
    find: async (owner, which) => artifactOf(await rowOf(owner, which)),
    async preview(owner, which) {
      for await (const bytes of read(owner, which, 0))
        return { text: textOf(bytes), beginning: bytes.subarray(0, PREVIEW_BYTES) }
      return { text: '', beginning: new Uint8Array(0) }
    },
    read,
    async layout(owner, which) {
      const row = await rowOf(owner, which)
      const { id, name, media_type, size } = artifactOf(row)
      return { id, name, media_type, size, pieces: hashesOf(row) }
    },
    pieces: piecesOf,
    incoming,
    shares,
    remove: (owner, which) =>
      serially(async () => {
        const row = await rowOf(owner, which)
        await repository.artifacts.write(owner.person, { remove: [row.id] })
        await shares.prune(owner.person)
        await collect(owner.person)
        await tell(owner, 'removed', row)
        return artifactOf(row)
      }),
    async forget(person) {
      drop(person)
      pieces.forget(person)
      await serially(() => shares.forget(person))
    },
  }
}
