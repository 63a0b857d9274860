// The types of the store of artifacts, and its limits.
import { DAY_MS } from '../../base/calendar.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Room } from '../../base/run/room.ts'
import type { ArtifactRepository, ArtifactRow, ShareRow } from '../../store/tables/artifacts.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Identity } from '../../trust/identity/index.ts'

/** Bytes of one piece in the store, and on its way. */
export const PIECE_BYTES = 64 * 1024
/** Bytes that one request brings at most. */
export const PART_BYTES = 4 * PIECE_BYTES
/** Bytes of one artifact. */
export const MOST_BYTES = 64 * 1024 * 1024
/** Pieces of one person, 256 MiB, and of everybody, 1 GiB; a small file takes a whole one. */
export const MOST_PIECES = { ofOne: 4_096, ofAll: 16_384 }
/** Artifacts of one person. */
export const MOST_ARTIFACTS = 1_000
/** Characters of the text that shows what is in one. */
export const PREVIEW_CHARS = 2_000
/** Bytes of the preview of an artifact that is not text. */
export const PREVIEW_BYTES = 256
/** Artifacts of one person that come from other machines at the same time, complete or not. */
export const MOST_COMING = 8
/** Shares of one person. */
export const MOST_SHARES = 256
/** The longest time that an artifact can be shared for. */
export const SHARE_LIFE_MS = 90 * DAY_MS
/** How every link to one begins. */
export const LINK_PREFIX = 'karo:share/'
export const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/

/** An artifact without the hashes of its pieces. Its id is BLAKE3 of its content: the same content is the same artifact. */
export type Artifact = Omit<ArtifactRow, 'pieces'>

/** The announcement of an artifact before its content arrives; the size where it is known then. */
export type Coming = Pick<Artifact, 'name' | 'media_type' | 'source' | 'expires_at'> &
  Partial<Pick<Artifact, 'size'>>

/** Whose it is, by number, and the request that it is for. */
export interface Owner {
  readonly person: number
  readonly traceId: string
}

/** The pieces of an artifact, as described to another machine. */
export interface Layout extends Pick<Artifact, 'id' | 'name' | 'media_type' | 'size'> {
  /** BLAKE3 of each piece. */
  readonly pieces: readonly Uint8Array[]
}

/** Takes an artifact of another machine. Errors: as `Artifacts`, `bad_file` for what is not what the id says. */
export interface Incoming {
  /**
   * Begins a transfer, or continues a broken one. Resolves with the numbers of the missing pieces, from 0 on. `source`:
   * the origin, for people.
   */
  expect(owner: Owner, layout: Layout, source: string): Promise<readonly number[]>
  /** Stores a piece if it has the hash that it has to have. */
  add(owner: Owner, id: string, index: number, bytes: Uint8Array): Promise<void>
  /** Compares the whole with its id; nothing is kept of what is something else. */
  finish(owner: Owner, id: string): Promise<Artifact>
}

/** The reader from another machine: only verified facts. */
export interface Reader {
  /** Every key of the node that asks, by id. */
  readonly nodes: readonly string[]
  /** The operator who asks through it, by id. */
  readonly operator?: string | undefined
  /** People of this machine who are that operator; they read their own. */
  readonly people: readonly number[]
}

/** That somebody may read one artifact of this person. */
export interface Admission {
  readonly person: number
  /** 64 hex digits. */
  readonly artifact: string
  /** By which share; absent: it is their own. */
  readonly share?: string
}

interface ShareTerms {
  /** Milliseconds since the epoch. */
  readonly endsAt: number
  /** Id of a node or operator; null: every member who has the link. */
  readonly audience: string | null
  /** This node announces to members that it has the artifact. */
  readonly told: boolean
}

/** Errors: `bad_request`, `not_found`, `conflict`, `rate_limited`, `refused`. */
export interface Shares {
  /** The link is nowhere but in this answer. */
  share(
    owner: Owner,
    which: string,
    terms: ShareTerms,
  ): Promise<{ readonly share: ShareRow; readonly link: string }>
  /** Those that have not ended, the newest first. */
  list(owner: Owner): Promise<readonly ShareRow[]>
  /** `which`: the beginning of the id of a share, or of an artifact, all of whose shares then end. Resolves with what ended. */
  unshare(owner: Owner, which: string): Promise<readonly ShareRow[]>
  /** `artifact`: its id or the beginning of it. Undefined: they may not, or there is none, which is the same to them. */
  admit(reader: Reader, artifact: string, link?: Uint8Array): Promise<Admission | undefined>
  /** Counts one reading before it begins. Throws KaroError `refused` where the share has ended meanwhile. */
  count(admission: Admission): Promise<void>
  /** Whether the reason for admitting the reader is still valid at this moment. */
  isStill(admission: Admission): Promise<boolean>
  /** Hashes of the artifacts that members are to know of, in their order. */
  told(): Promise<readonly string[]>
  /** Called when something was shared, or is not any more. */
  onChange(listener: () => void): () => void
}

/**
 * Files of the people of this machine. Every method uses only the owner's files. Errors: `bad_request`, `not_found`,
 * `conflict`, `too_large`, `rate_limited` (the limit of space or number is reached), `bad_file` (a piece is missing or
 * changed).
 */
export interface Artifacts extends Room {
  /** One upload at a time for each person; a new one ends the one before, and so does a minute of silence. Returns its key. */
  begin(owner: Owner, coming: Coming): Promise<string>
  /** Takes the bytes at `at`, which is where those before ended; `at` below that is a retry, and does nothing. */
  add(owner: Owner, key: string, at: number, bytes: Uint8Array): Promise<{ readonly received: number }>
  /** `id`: what the content has to be. Resolves when it is durable. `known`: that content was there already, and stays as it was. */
  finish(
    owner: Owner,
    key: string,
    id: string | undefined,
  ): Promise<{ readonly artifact: Artifact; readonly known: boolean }>
  /** All of it at once, for what is in memory. */
  keep(owner: Owner, coming: Coming, bytes: Uint8Array): Promise<Artifact>
  /** The newest first. */
  list(owner: Owner): Promise<readonly Artifact[]>
  /** `which`: its id or at least 6 digits of its beginning. */
  find(owner: Owner, which: string): Promise<Artifact>
  /** The beginning of the content: `text` is null if it is not text. */
  preview(
    owner: Owner,
    which: string,
  ): Promise<{ readonly text: string | null; readonly beginning: Uint8Array }>
  /** The content from `from` on. Each piece is compared with its hash before it is given; a wrong one ends it with `bad_file`. */
  read(owner: Owner, which: string, from: number): AsyncGenerator<Uint8Array, void>
  remove(owner: Owner, which: string): Promise<Artifact>
  layout(owner: Owner, which: string): Promise<Layout>
  /** The pieces of these numbers, in this order; as `read`. */
  pieces(owner: Owner, which: string, wanted: readonly number[]): AsyncGenerator<Uint8Array, void>
  readonly incoming: Incoming
  readonly shares: Shares
  /** Ends the shares of this person, and forgets what is in memory; the other rows are the caller's to remove. */
  forget(person: number): Promise<void>
}

export interface ArtifactsDeps extends Ambient {
  /** Signs links. */
  readonly identity: Pick<Identity, 'nodeId' | 'publicKey' | 'sign'>
  readonly repository: ArtifactRepository
  /** Of a name: without secrets. */
  readonly redact: (text: string) => string
  readonly audit: Pick<Audit, 'record' | 'insist'>
}
