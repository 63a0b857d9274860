// What the store of artifacts shows of itself, and its bounds.
import type { Clock, Random, Timers } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'
import type { Room } from '../../base/run/room.ts'
import type { ArtifactRepository } from '../../store/tables/artifacts.ts'
import type { Audit } from '../../trust/audit/index.ts'

/** Bytes of one piece in the store. */
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
export const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/

export interface Artifact {
  /** BLAKE3 of its content, 64 hex digits: the same content is the same artifact. */
  readonly id: string
  readonly name: string
  readonly mediaType: string
  readonly size: number
  /** `person`, or the id of the agent whose result it is. */
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly expiresAt: number | null
}

/** What is said of one before its content comes. */
export interface Coming {
  readonly name: string
  readonly mediaType: string
  readonly source: string
  readonly expiresAt: number | null
}

/** Whose it is, by number, and the request that it is for. */
export interface Owner {
  readonly person: number
  readonly traceId: string
}

/**
 * Files of the people of this machine. Every method touches the owner's alone. Errors: `bad_request`, `not_found`, `conflict`,
 * `too_large`, `rate_limited` (as much as there may be), `bad_file` (a piece is missing, or not what it was).
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
  /** Text at its beginning; null: it is no text. */
  preview(owner: Owner, which: string): Promise<string | null>
  /** The content from `from` on. Each piece is compared with its hash before it is given; a wrong one ends it with `bad_file`. */
  read(owner: Owner, which: string, from: number): AsyncGenerator<Uint8Array, void>
  remove(owner: Owner, which: string): Promise<Artifact>
  /** Forgets what is in memory of this person; the rows are the caller's to remove. */
  forget(person: number): Promise<void>
}

export interface ArtifactsDeps {
  readonly repository: ArtifactRepository
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
}
