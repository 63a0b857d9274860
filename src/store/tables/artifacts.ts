// Files that people and their agents keep, in pieces that are found by their hash, and who else may read them.
import type { Database } from '../level/database.ts'
import { bytes, type Checked, flag, maybe, orNull, shape, text, whole } from '../level/is.ts'
import { definePeoplesTable, peopleIn, rowOfAny } from '../level/table.ts'
import { removeOver } from './retention-time.ts'

const artifact = {
  /** BLAKE3 of the whole content, 64 hex digits. */
  id: text,
  name: text,
  media_type: text,
  size: whole,
  /** BLAKE3 of each piece, one behind the other. */
  pieces: (value: unknown): value is Uint8Array => bytes(value) && value.length % 32 === 0,
  /** Who brought it: `person`, or the id of an agent. */
  source: text,
  created_at: whole,
  expires_at: orNull(whole),
}
const complete = shape(artifact)
export type ArtifactRow = Checked<typeof complete>

const coming = shape({
  ...artifact,
  /** One bit for each piece that came for this artifact, whatever pieces other artifacts have; absent: none. */
  came: maybe(bytes),
})
/** An artifact of another machine that is not complete. */
export type ComingRow = Checked<typeof coming>

const share = shape({
  /** BLAKE3 of the secret of its link, 64 hex digits: the secret itself is in the link alone. */
  id: text,
  /** Hash of the artifact, 64 hex digits. */
  artifact: text,
  /** Id of the node or operator who may read it; null: every member who has the link. */
  audience: orNull(text),
  /** This node announces to members that it has the artifact. */
  told: flag,
  created_at: whole,
  ends_at: whole,
  /** 0 before the first reading. */
  read_at: whole,
  /** How often its content was asked for and given. */
  reads: whole,
})
/** Lets others read one artifact. */
export type ShareRow = Checked<typeof share>

const of = { keyspace: 'artifacts', ids: 'hex' } as const
const artifacts = definePeoplesTable({ ...of, kind: 1, value: complete })
/** The bytes are the reader's to verify. */
const pieces = definePeoplesTable({
  ...of,
  kind: 2,
  value: bytes,
  pack: (piece: { readonly id: string; readonly bytes: Uint8Array }) => piece.bytes,
  unpack: (content, id) => ({ id, bytes: content }),
})
const comings = definePeoplesTable({ ...of, kind: 3, value: coming })
const shares = definePeoplesTable({ ...of, kind: 4, value: share })

export const isArtifactRow = rowOfAny(artifacts, pieces, comings, shares)
export type ArtifactRepository = ReturnType<typeof createArtifactRepository>
/** Level writes in order: with a row that is durable, the pieces that were put before it are on the disk. */
export const createArtifactRepository = (db: Database) => ({
  artifacts: artifacts.in(db),
  pieces: pieces.in(db),
  coming: comings.in(db),
  shares: shares.in(db),
  /** Numbers of people who have any. */
  people: () => peopleIn(db, 'artifacts'),
  /** Removes those of one person that were to be kept until `now` at most. */
  removeExpired: (person: number, now: number) => removeOver(db, artifacts.in(db), person, now),
})
