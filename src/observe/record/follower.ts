// Follows the spool files of all shells: each record becomes an event once, and files go when they are done with.
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Faults } from '../../base/run/faults.ts'
import type { EventInput, EventRepository, GuardNote, SpoolPosition } from '../../store/events/events.ts'
import { type Digest, withAnswer } from './digest.ts'
import { createFollowedFiles, type Followed, restart, writerOf } from './followed.ts'
import { createShares, MOST_OF_ONE, type Shares } from './shares.ts'
import { createLister, listSpool, obstacleAt, ownerOf, shellsOver, sizeOf } from './spool-directory.ts'
import {
  blankOut,
  lookInto,
  parseSpoolName,
  removeSpoolFile,
  type Span,
  type SpoolName,
} from './spool-file.ts'
import type { HookedShell, PersonOf, Unfollowed } from './types.ts'

/** One piece of one file: a backlog does not keep the event loop waiting. */
const READ_BYTES = 256 * 1024
/** Files that go together, after one wait for the disk. */
const FINISHED_AT_ONCE = 64
/** A sequence number says how many records are missing; a forged one says nonsense. */
const MAX_GAP = 10_000

export interface FollowerDeps extends Pick<Ambient, 'clock' | 'log'> {
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

export interface Follower {
  /** Reads the stored positions; before anything else. */
  load(): Promise<void>
  /** Reads what is new in these files. */
  read(names: Iterable<string>): Promise<void>
  /**
   * Looks at every file there is: reads what no notification told of, and removes what is done with. True when it made
   * room for files that wait to be followed.
   */
  sweep(): Promise<boolean>
  /** Whose files are not followed, because that person's share or everybody's is full, as the last sweep saw it. */
  unfollowed(): readonly Unfollowed[]
  /** The writers: for each shell the file that it writes now. */
  shells(): readonly HookedShell[]
  /** Bytes that are not stored yet. */
  pendingBytes(): number
  /** Overwrites what is stored of this person's files, where this process may write them. */
  blank(uid: number): Promise<void>
  /** Times since the start that a file could not be read or stored. */
  failures(): number
  /** The system's code (`EACCES`) when the directory cannot be listed, or files in it not opened, made or removed. */
  obstacle(): string | undefined
}

export function createFollower(deps: FollowerDeps): Follower {
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
  async function readPiece(state: Followed, last = false): Promise<boolean> {
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
    const begin = state.readAt
    // The parser counts from where it was made, at the position that was stored then.
    const base = begin - state.parser.consumed()
    const batch: EventInput[] = []
    const guarded: GuardNote[] = []
    /** Records that are to be nowhere: they leave no event, and what they say is not to stay in the file. */
    const forgotten: Span[] = []
    const digested = digest()
    let { sequence, paused } = state.position
    let { damaged, noted } = state
    let dropped = 0
    let end = state.position.offset
    if (look.bytes.length > 0) faults.hit('after-read')
    for (const item of state.parser.push(look.bytes)) {
      const from = end
      end = base + item.end
      if (item.record === undefined) {
        damaged++
        continue
      }
      const gap = Math.min(Math.max(0, item.record.sequence - sequence - 1), MAX_GAP)
      // A record that was written by half leaves both damage and a gap: it is one loss.
      dropped += Math.max(gap, damaged)
      damaged = 0
      sequence = Math.max(sequence, item.record.sequence)
      // What the guard notes is no record of a command: it says nothing of whether there will be any.
      if (item.record.note === undefined) paused = item.record.paused
      const note = digested.note(item.record, person)
      if (note !== undefined) guarded.push(note)
      noted = note === undefined ? noted : { sequence: item.record.sequence, note }
      const event = withAnswer(digested(item.record, person), item.record.sequence, noted)
      if (event !== undefined) batch.push(event)
      else if (item.record.command !== '') forgotten.push([from, end])
    }
    state.readAt = begin + look.bytes.length
    if (last) {
      // Nobody will complete what is left.
      end = state.readAt
      dropped += damaged + (state.parser.pending() ? 1 : 0)
      damaged = 0
    }
    if (end > state.position.offset || dropped > 0) {
      const position: SpoolPosition = {
        name,
        file: look.file,
        offset: end,
        sequence,
        ...(paused && { paused }),
      }
      await keep(state, { events: batch, guarded, position, dropped })
    }
    state.damaged = damaged
    state.noted = noted
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
      if (!(await readPiece(state))) return true
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
    await readPiece(state, true)
    return state
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
    const gone: string[] = []
    for (const { position } of over) {
      // Somebody who still writes keeps the file.
      if (sizeOf(directory, position.name) !== position.offset) continue
      faults.hit('before-unlink')
      // Its position is all that keeps a file that stays from being read again.
      if (removeSpoolFile(directory, position.name)) gone.push(position.name)
      faults.hit('after-unlink')
    }
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

  /** Files to look at now, as many of each person as are followed; whether others wait for that. */
  function divided(all: readonly SpoolName[]): {
    readonly mine: readonly SpoolName[]
    readonly waiting: boolean
  } {
    const left = new Map<number, number>()
    const texts = new Map<number | undefined, number>()
    const mine = all.filter((file) => {
      const owner = followed.get(file.name)?.owner ?? ownerOf(directory, file.name)
      if (file.kind === 'text') {
        const before = texts.get(owner) ?? 0
        texts.set(owner, before + 1)
        return before < MOST_OF_ONE
      }
      if (followed.admit(file.name, owner)) return true
      if (owner !== undefined) left.set(owner, (left.get(owner) ?? 0) + 1)
      return false
    })
    unfollowed = [...left].map(([uid, files]) => ({ uid, files })).sort((a, b) => b.files - a.files)
    return { mine, waiting: left.size > 0 }
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
    async load() {
      for (const position of await events.positions()) followed.add(position)
    },

    async read(names) {
      shares.begin(clock.monotonic())
      for (const name of names) {
        if (parseSpoolName(name)?.kind !== 'spool' || !followed.admit(name)) continue
        await guarded(async () => void (await drain(name)))
      }
    },

    async sweep() {
      shares.begin(clock.monotonic())
      const { files: all, whole } = lister.next()
      await forgetGone(whole ? new Set(all.map(({ name }) => name)) : undefined)
      const { mine, waiting } = divided(all)
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
      return (waiting || unfinished) && followed.size < before
    },

    unfollowed: () => unfollowed,

    async blank(uid) {
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

    failures: () => failures,

    shells() {
      const newest = new Map<string, HookedShell>()
      for (const state of followed.all()) {
        const shell = writerOf(state)
        if (shell === undefined) continue
        const key = `${shell.uid}-${shell.pid}`
        if (shell.born > (newest.get(key)?.born ?? -1)) newest.set(key, shell)
      }
      return [...newest.values()]
    },

    pendingBytes() {
      let pending = 0
      for (const { name, kind } of listSpool(directory)) {
        if (kind !== 'spool' || followed.get(name)?.hole !== undefined) continue
        pending += Math.max(0, (sizeOf(directory, name) ?? 0) - (followed.get(name)?.position.offset ?? 0))
      }
      return pending
    },

    obstacle: () => obstacleAt(directory),
  }
}
