// Follows the spool files of all shells: each record becomes an event once, and files go when they are done with.
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Faults } from '../../base/run/faults.ts'
import type { EventInput, EventRepository, GuardNote, SpoolPosition } from '../../store/events/events.ts'
import { type Digest, withAnswer } from './digest.ts'
import { createFollowedFiles, type Followed, newestWriters, restart, writerOf } from './followed.ts'
import { createShares, type Shares } from './shares.ts'
import { createLister, listSpool, obstacleAt, ownerOf, shellsOver, sizeOf } from './spool-directory.ts'
import {
  blankOut,
  lookInto,
  parseSpoolName,
  removeSpoolFile,
  type Span,
  type SpoolLook,
} from './spool-file.ts'
import type { HookedShell, PersonOf, Unfollowed } from './types.ts'

/** One piece of one file: a backlog does not keep the event loop waiting. */
const READ_BYTES = 256 * 1024
/** Files that go together, after one wait for the disk. */
const FINISHED_AT_ONCE = 64
/** A sequence number says how many records are missing; a forged one says nonsense. */
const MAX_GAP = 10_000

interface FollowerDeps extends Pick<Ambient, 'clock' | 'log'> {
  readonly directory: string
  readonly events: EventRepository
  /** Whose a file of this uid is that was begun then. */
  readonly personOf: PersonOf
  /** The one in force. */
  readonly digest: () => Digest
  /** These are in the store now; `shell` wrote them, undefined while it is not known whose file it is. */
  readonly stored: (events: readonly EventInput[], shell: HookedShell | undefined) => void
  /** There is more in this file; it is to be read when others have had their turn. */
  readonly more: (name: string) => void
  /** Default: as many files and bytes as shells need. */
  readonly shares?: Shares
  readonly faults: Faults
  /** True once the room is asked to stop: no new piece is begun. */
  readonly stopping: () => boolean
}

export function createFollower(deps: FollowerDeps) {
  const { directory, events, personOf, digest, stored, clock, log, faults, stopping } = deps
  const { shares = createShares() } = deps
  const followed = createFollowedFiles(directory, shares)
  const lister = createLister(directory)
  let unfollowed: readonly Unfollowed[] = []
  let failures = 0

  /** Why the last piece was not stored. */
  let told: string | undefined

  /** Stores what one piece said, with the position behind it. Where the store fails, the piece is read again. */
  async function keep(state: Followed, piece: Parameters<EventRepository['ingest']>[0]): Promise<void> {
    faults.hit('before-batch')
    try {
      await events.ingest(piece)
    } catch (error) {
      restart(state)
      throw error
    }
    faults.hit('after-batch')
    told = undefined
    state.position = piece.position
    if (piece.events.length > 0) stored(piece.events, writerOf(state))
    const { dropped } = piece
    if (dropped > 0) log.warn({ dropped }, 'commands were lost before they reached the daemon')
  }

  /** Reads one piece; true when there may be more. */
  async function readNext(state: Followed, last = false): Promise<boolean> {
    const { name } = state.position
    const look = lookInto(
      join(directory, name),
      (file, size, made) => {
        const { position } = state
        // The number of a file that was removed is given to the next one that is made.
        const another = state.made !== undefined && state.made !== made
        state.made = made
        if (position.file !== file || size < state.readAt || another) {
          restart(state, { name, file, offset: 0, sequence: position.sequence })
          state.copied = position.sequence
        }
        if (state.hole !== size) state.hole = undefined
        return state.hole ?? state.readAt
      },
      READ_BYTES,
    )
    const readable = look !== undefined && look !== 'refused'
    shares.spend(state.owner, readable ? look.bytes.length : 0)
    if (!readable) return false
    const isHole = look.sparse && look.bytes.every((byte) => byte === 0)
    const person = isHole ? 'nobody' : await personOf(look.uid, look.begun)
    if (person === 'nobody') state.hole = look.size
    state.person = typeof person === 'number' ? person : undefined
    if (typeof person !== 'number') return false
    if (look.bytes.length > 0) faults.hit('after-read')
    const before = state.position.offset
    const { forgotten, after, ...piece } = readPiece(state, look, person, digest(), last)
    state.readAt += look.bytes.length
    if (piece.position.offset > before || piece.dropped > 0) await keep(state, piece)
    Object.assign(state, after)
    if (forgotten.length > 0) {
      // Once the position is on the disk they are not read again, and not taken for lost.
      await events.settle(state.position)
      blankOut(join(directory, name), { file: look.file, spans: forgotten, uid: look.uid })
    }
    return look.bytes.length === READ_BYTES
  }

  /** What is left of its owner's turn; true when it was read to its end. */
  async function drain(name: string): Promise<boolean> {
    const state = followed.get(name)
    if (state === undefined) return false
    while (!shares.isSpent(state.owner) && !stopping()) {
      if (!(await readNext(state))) return true
      // A piece without a record waits for no disk, and would let nobody else run.
      await setImmediate()
    }
    if (!shares.isThrottled(state.owner)) deps.more(name)
    return false
  }

  /** The shell is gone: what is left is read. Its file may go when that is durable; undefined: not yet. */
  async function conclude(name: string): Promise<Followed | undefined> {
    const whole = await drain(name)
    const state = followed.get(name)
    if (!whole || stopping() || state === undefined) return undefined
    // What was typed waits until it is known whose it is.
    if (state.position.file !== '' && state.person === undefined && state.hole === undefined) return undefined
    // Not readable: written by another user, or not by a hook at all.
    if (state.hole !== undefined || lookInto(join(directory, name), () => 0, 0) === 'refused') {
      if (removeSpoolFile(directory, name)) log.warn({}, 'a spool file that may not be read was removed')
      return undefined
    }
    if (state.position.file === '') return undefined
    await readNext(state, true)
    return state
  }

  /** Removes a file that was read to its end; false where it stays. */
  function removeRead({ position }: Followed): boolean {
    // Somebody who still writes keeps the file.
    if (sizeOf(directory, position.name) !== position.offset) return false
    faults.hit('before-unlink')
    // Its position is all that keeps a file that stays from being read again.
    const removed = removeSpoolFile(directory, position.name)
    faults.hit('after-unlink')
    return removed
  }

  /** Files of shells that are gone: the disk is waited for once for all of them. */
  async function finish(names: readonly string[]): Promise<void> {
    const over: Followed[] = []
    for (const name of names) {
      await guarded(async () => {
        const state = await conclude(name)
        if (state !== undefined) over.push(state)
      })
    }
    const last = over.at(-1)
    if (last === undefined || stopping()) return
    // Everything that was written before it is then on the disk, too.
    await events.settle(last.position)
    const gone = over.filter(removeRead).map(({ position }) => position.name)
    await events.forget(gone)
    gone.forEach(followed.forget)
  }

  /** What is removed from outside, by its owner or with the directory; `here`: the names there are, where all are known. */
  async function forgetGone(here: ReadonlySet<string> | undefined): Promise<void> {
    const isGone = (name: string): boolean =>
      here === undefined ? ownerOf(directory, name) === undefined : !here.has(name)
    const gone = followed.names().filter(isGone)
    if (gone.length === 0) return
    await events.forget(gone)
    gone.forEach(followed.forget)
  }

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      failures++
      const reason = error instanceof Error ? error.message : String(error)
      // Every sweep tries again; a disk that stays full is reported once.
      if (reason !== told) log.error({ reason }, 'spool files wait')
      told = reason
    }
  }

  return {
    /** Reads the stored positions; before anything else. */
    async load() {
      for (const position of await events.positions()) followed.add(position)
    },

    /** Reads what is new in these files. */
    async read(names: Iterable<string>) {
      shares.begin(clock.monotonic())
      for (const name of names) {
        if (parseSpoolName(name)?.kind !== 'spool' || !followed.admit(name)) continue
        await guarded(async () => void (await drain(name)))
      }
    },

    /**
     * Looks at every file there is: reads what no notification told of, and removes what is done with. True when it made
     * room for files that wait to be followed.
     */
    async sweep() {
      shares.begin(clock.monotonic())
      const listing = lister.next()
      // Files that nobody can see now are not gone: what was read of them would be read again.
      if (listing === undefined) return false
      const { files: all, whole } = listing
      await forgetGone(whole ? new Set(all.map(({ name }) => name)) : undefined)
      const { mine, waiting } = followed.divide(all)
      unfollowed = waiting
      const done = shellsOver(mine, { owner: (name) => followed.get(name)?.owner, now: clock.now() })
      let ended: string[] = []
      const finishSome = async (): Promise<void> => {
        const names = ended
        ended = []
        if (names.length > 0) await guarded(() => finish(names))
      }
      const before = followed.size
      for (const file of mine) {
        if (stopping()) return false
        const { name } = file
        if (file.kind === 'text') {
          if (done.has(file)) removeSpoolFile(directory, name)
        } else if (!done.has(file)) await guarded(async () => void (await drain(name)))
        else if (ended.push(name) === FINISHED_AT_ONCE) await finishSome()
      }
      await finishSome()
      const unfinished = [...done].some(({ name }) => followed.get(name) !== undefined)
      return (waiting.length > 0 || unfinished) && followed.size < before
    },

    /** Whose files are not followed, because that person's share or everybody's is full, as the last sweep saw it. */
    unfollowed: () => unfollowed,

    /** Overwrites what is stored of this person's files, where this process may write them. */
    async blank(uid: number) {
      const shells = new Set<string>()
      for (const { owner, position } of followed.all()) {
        if (owner !== uid || position.offset === 0) continue
        // On the disk before it is nowhere else.
        await events.settle(position)
        const { name, file, offset } = position
        blankOut(join(directory, name), { file, spans: [[0, offset]], uid })
        shells.add(position.name)
      }
      for (const { name, kind } of listSpool(directory)) {
        if (kind !== 'text' || !shells.has(name.replace(/text$/, 'spool'))) continue
        blankOut(join(directory, name), { uid, spans: [[0, Number.POSITIVE_INFINITY]] })
      }
    },

    /** Times since the start that a file could not be read or stored. */
    failures: () => failures,

    /** The writers: for each shell the file that it writes now. */
    shells: () => newestWriters(followed.all()),

    /** Bytes that are not stored yet. */
    pendingBytes() {
      let pending = 0
      for (const { name, kind } of listSpool(directory)) {
        if (kind !== 'spool' || followed.get(name)?.hole !== undefined) continue
        pending += Math.max(0, (sizeOf(directory, name) ?? 0) - (followed.get(name)?.position.offset ?? 0))
      }
      return pending
    },

    /** The system's code (`EACCES`) when the directory cannot be listed, or files in it not opened, made or removed. */
    obstacle: () => obstacleAt(directory),
  }
}

interface Piece {
  readonly events: readonly EventInput[]
  readonly guarded: readonly GuardNote[]
  /** Behind the last whole record of the piece. */
  readonly position: SpoolPosition
  /** Records that the shell wrote, or began to write, and that cannot be read. */
  readonly dropped: number
  /** Bytes of records that leave no event: what they say is not to stay in the file. */
  readonly forgotten: readonly Span[]
  /** For the next piece: damage behind the last good record, and what the guard noted last. */
  readonly after: Pick<Followed, 'damaged' | 'noted'>
}

/**
 * What a piece says: its records become events and notes of the guard; nothing is stored or removed here. Moves the parser of
 * `state` over the bytes of `look`, which begin at `state.readAt`; the rest of `state` stays as it is. `person` is whose records
 * these are; `last`: nobody writes this file any more, and what is left at its end is lost.
 */
function readPiece(
  state: Followed,
  look: Pick<SpoolLook, 'bytes' | 'file'>,
  person: number,
  digest: Digest,
  last: boolean,
): Piece {
  // The parser counts from where it was made, at the position that was stored then.
  const base = state.readAt - state.parser.consumed()
  const events: EventInput[] = []
  const guarded: GuardNote[] = []
  const forgotten: Span[] = []
  let { sequence, paused, offset: end } = state.position
  let { damaged, noted } = state
  let dropped = 0
  for (const item of state.parser.push(look.bytes)) {
    const from = end
    end = base + item.end
    const { record } = item
    if (record === undefined) {
      damaged++
      continue
    }
    const gap = Math.min(Math.max(0, record.sequence - sequence - 1), MAX_GAP)
    // A record that was written by half leaves both damage and a gap: it is one loss.
    dropped += Math.max(gap, damaged)
    damaged = 0
    sequence = Math.max(sequence, record.sequence)
    // What the guard notes is no record of a command: it says nothing of whether there will be any.
    if (record.note === undefined) paused = record.paused
    const isCopy = record.sequence <= state.copied
    const note = digest.note(record, person)
    if (note !== undefined && !isCopy) {
      guarded.push(note)
      noted = { sequence: record.sequence, note }
    }
    const event = withAnswer(digest(record, person), record.sequence, noted)
    if (event === undefined) {
      if (record.command !== '') forgotten.push([from, end])
    } else if (!isCopy) events.push(event)
  }
  if (last) {
    // Nobody will complete what is left.
    end = state.readAt + look.bytes.length
    dropped += damaged + (state.parser.pending() ? 1 : 0)
    damaged = 0
  }
  const { name } = state.position
  const position = { name, file: look.file, offset: end, sequence, ...(paused && { paused }) }
  return { events, guarded, position, dropped, forgotten, after: { damaged, noted } }
}
