// Files that people and their agents keep, in pieces that are found by their hash: by person, so that they go with the person.
import { orElse } from '../../base/run/or-else.ts'
import { type Database, delRow } from '../level/database.ts'
import { readU32, UID_AT } from '../level/key-of-event.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

const VALUE_VERSION = 1
// artifacts ‖ person u32 ‖ kind of row ‖ hash
const ARTIFACT = { bytes: Uint8Array.of(1) }
const PIECE = { bytes: Uint8Array.of(2) }
/** An artifact of another machine of which pieces are missing. */
const COMING = { bytes: Uint8Array.of(3) }
const SHARE = { bytes: Uint8Array.of(4) }
const KIND_AT = UID_AT + 4
const HASH_AT = KIND_AT + 1
const HASH_BYTES = 32

export interface ArtifactRow {
  /** BLAKE3 of the whole content, 64 hex digits. */
  readonly id: string
  readonly name: string
  readonly media_type: string
  readonly size: number
  /** BLAKE3 of each piece, one behind the other. */
  readonly pieces: Uint8Array
  /** Who brought it: `person`, or the id of an agent. */
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly created_at: number
  readonly expires_at: number | null
}

/** An artifact of another machine that is not complete. */
export interface ComingRow extends ArtifactRow {
  /** One bit for each piece that came for this artifact, whatever pieces other artifacts have; absent: none. */
  readonly came?: Uint8Array
}

/** Lets others read one artifact. */
export interface ShareRow {
  /** BLAKE3 of the secret of its link, 64 hex digits: the secret itself is in the link alone. */
  readonly id: string
  /** Hash of the artifact, 64 hex digits. */
  readonly artifact: string
  /** Id of the node or operator who may read it; null: every member who has the link. */
  readonly audience: string | null
  /** This node announces to members that it has the artifact. */
  readonly told: boolean
  /** Milliseconds since the epoch, all three; `read_at` is 0 before the first reading. */
  readonly created_at: number
  readonly ends_at: number
  readonly read_at: number
  /** How often its content was asked for and given. */
  readonly reads: number
}

export interface ArtifactRepository {
  /** Of one person; a damaged row is left out. */
  all(uid: number): Promise<readonly ArtifactRow[]>
  /** Incomplete artifacts from other machines. */
  coming(uid: number): Promise<readonly ComingRow[]>
  /** Undefined for one that is not there, or whose row is damaged; of `share` likewise. */
  comingOf(uid: number, id: string): Promise<ComingRow | undefined>
  /** Not durable when it resolves: it is rewritten for each piece, and lost pieces are fetched again. */
  putComing(uid: number, row: ComingRow): Promise<void>
  removeComing(uid: number, ids: readonly string[]): Promise<void>
  shares(uid: number): Promise<readonly ShareRow[]>
  share(uid: number, id: string): Promise<ShareRow | undefined>
  /** Durable when it resolves. */
  putShare(uid: number, row: ShareRow): Promise<void>
  removeShares(uid: number, ids: readonly string[]): Promise<void>
  /** Numbers of people who have any. */
  people(): Promise<readonly number[]>
  /** Durable when it resolves, with every piece that was put before. */
  put(uid: number, row: ArtifactRow): Promise<void>
  remove(uid: number, ids: readonly string[]): Promise<void>
  hasPiece(uid: number, hash: Uint8Array): Promise<boolean>
  putPiece(uid: number, hash: Uint8Array, bytes: Uint8Array): Promise<void>
  /** Undefined for one that is not there, or whose row is damaged; its bytes are the reader's to verify. */
  piece(uid: number, hash: Uint8Array): Promise<Uint8Array | undefined>
  /** Hex digits of the hashes of all pieces of one person. */
  pieces(uid: number): Promise<readonly string[]>
  removePieces(uid: number, hashes: readonly string[]): Promise<void>
}

export function createArtifactRepository(db: Database): ArtifactRepository {
  const keyOf = (uid: number, kind: typeof PIECE, hash: Uint8Array): Buffer =>
    makeKey('artifacts', { u32: uid }, kind, { bytes: hash })
  const idKey = (uid: number, kind: typeof PIECE, id: string): Buffer =>
    keyOf(uid, kind, Buffer.from(id, 'hex'))
  const ofKind = (uid: number, kind: typeof PIECE) => keyRange('artifacts', { u32: uid }, kind)

  async function rowsOf<Row>(uid: number, kind: typeof PIECE): Promise<readonly Row[]> {
    const rows: Row[] = []
    for await (const [key, value] of db.iterator(ofKind(uid, kind)))
      if (isSoundRow(key, value)) rows.push(decodeValue<Row>(VALUE_VERSION, value))
    return rows
  }
  async function rowOf<Row>(uid: number, kind: typeof PIECE, hash: Uint8Array): Promise<Row | undefined> {
    const key = keyOf(uid, kind, hash)
    const value = await db.get(key)
    return value !== undefined && isSoundRow(key, value) ? decodeValue<Row>(VALUE_VERSION, value) : undefined
  }
  // Level writes in order: with a row the pieces before it are on the disk.
  const put = (kind: typeof PIECE, sync: boolean) => (uid: number, row: ArtifactRow | ShareRow) =>
    db.put(idKey(uid, kind, row.id), encodeValue(VALUE_VERSION, row), { sync })
  const remove = (kind: typeof PIECE) => (uid: number, ids: readonly string[]) =>
    db.batch(
      ids.map((id) => delRow(idKey(uid, kind, id))),
      { sync: true },
    )

  return {
    all: (uid) => rowsOf(uid, ARTIFACT),
    coming: (uid) => rowsOf(uid, COMING),
    comingOf: (uid, id) => rowOf(uid, COMING, Buffer.from(id, 'hex')),
    putComing: put(COMING, false),
    removeComing: remove(COMING),
    shares: (uid) => rowsOf(uid, SHARE),
    share: (uid, id) => rowOf(uid, SHARE, Buffer.from(id, 'hex')),
    putShare: put(SHARE, true),
    removeShares: remove(SHARE),
    async people() {
      const found: number[] = []
      const { lt } = keyRange('artifacts')
      for (let from = 0; from < 0xffff_ffff; ) {
        const [key] = await db.keys({ gte: makeKey('artifacts', { u32: from }), lt, limit: 1 }).all()
        if (key === undefined) break
        found.push(readU32(key, UID_AT))
        from = readU32(key, UID_AT) + 1
      }
      return found
    },
    put: put(ARTIFACT, true),
    remove: remove(ARTIFACT),
    hasPiece: async (uid, hash) => db.has(keyOf(uid, PIECE, hash)),
    putPiece: (uid, hash, bytes) => db.put(keyOf(uid, PIECE, hash), encodeValue(VALUE_VERSION, bytes)),
    piece: (uid, hash) => rowOf(uid, PIECE, hash),
    async pieces(uid) {
      const keys = await db.keys(ofKind(uid, PIECE)).all()
      return keys.map((key) => Buffer.from(key.subarray(HASH_AT)).toString('hex'))
    },
    async removePieces(uid, hashes) {
      await db.batch(hashes.map((hash) => delRow(keyOf(uid, PIECE, Buffer.from(hash, 'hex')))))
    },
  }
}

function isSoundRow(key: Uint8Array, value: Uint8Array): boolean {
  return orElse(() => isArtifactRow(key, value), false)
}

/** False for a row that this program would not have written; it may throw for one that cannot be decoded. */
export function isArtifactRow(key: Uint8Array, value: Uint8Array): boolean {
  if (key.length !== HASH_AT + HASH_BYTES) return false
  const row = decodeValue<unknown>(VALUE_VERSION, value)
  if (key[KIND_AT] === PIECE.bytes[0]) return row instanceof Uint8Array
  const id = Buffer.from(key.subarray(HASH_AT)).toString('hex')
  if (key[KIND_AT] === SHARE.bytes[0]) return isShare(row as ShareRow, id)
  return [ARTIFACT, COMING].some(({ bytes }) => key[KIND_AT] === bytes[0]) && isArtifact(row as ComingRow, id)
}

function isArtifact(row: ComingRow, id: string): boolean {
  const { name, media_type, size, pieces, source, created_at, expires_at, came } = row
  return (
    row.id === id &&
    [name, media_type, source].every((text) => typeof text === 'string') &&
    [size, created_at, expires_at ?? 0].every((number) => Number.isSafeInteger(number)) &&
    pieces instanceof Uint8Array &&
    (came === undefined || came instanceof Uint8Array) &&
    pieces.length % HASH_BYTES === 0
  )
}

function isShare(row: ShareRow, id: string): boolean {
  const { artifact, audience, told, created_at, ends_at, read_at, reads } = row
  return (
    row.id === id &&
    [artifact, audience ?? ''].every((text) => typeof text === 'string') &&
    typeof told === 'boolean' &&
    [created_at, ends_at, read_at, reads].every((number) => Number.isSafeInteger(number))
  )
}
