// The files that are followed: how far each was read, whose it is, and who waits until there is room.
import type { SpoolPosition } from '../../store/events/events.ts'
import type { Noted } from './digest.ts'
import { MOST_OF_ONE, type Shares } from './shares.ts'
import { ownerOf } from './spool-directory.ts'
import { parseSpoolName, type SpoolName } from './spool-file.ts'
import { createSpoolParser, type SpoolParser } from './spool-record.ts'
import type { HookedShell } from './types.ts'

/** Files that had to make room, whose positions are kept in memory. */
const MOST_PARKED = 4096

export interface Followed {
  position: SpoolPosition
  /** Whose file it was when it was first seen. */
  readonly owner: number | undefined
  /** The number of the person whose file it is, as of the last piece; undefined while nobody can say. */
  person: number | undefined
  /** How far the parser has read; `position.offset` is how far records are complete and stored. */
  readAt: number
  parser: SpoolParser
  /** When it was made, as far as the file system tells; of this life of the daemon only. */
  made: bigint | undefined
  /** What the guard noted last in this file, in this life of the daemon. */
  noted: Noted | undefined
  /** Damage since the last good record. */
  damaged: number
  /**
   * Up to this number records were read from an earlier file of this name. A file that only seems to be another one, because its
   * disk has another number since the machine started, or because somebody copied it, has them again.
   */
  copied: number
  /** What comes next is a hole, which no hook makes, or nobody's: it is not read any further while the file has this size. */
  hole: number | undefined
}

/** Starts again at what is stored: after a failure, and for a new file of an old name. */
export function restart(state: Followed, position = state.position): void {
  state.position = position
  state.readAt = position.offset
  state.parser = createSpoolParser()
  state.damaged = 0
  state.hole = undefined
}

/** Undefined until it is known whose file it is. */
export function writerOf({ position, owner, person, readAt }: Followed): HookedShell | undefined {
  const named = owner === undefined ? undefined : parseSpoolName(position.name)
  const paused = position.paused === true
  return named && person !== undefined
    ? { uid: owner!, person, pid: named.pid, born: named.born, written: readAt, paused }
    : undefined
}

/** For each shell the file that it writes now: of several with its process number, the one made last. */
export function newestWriters(files: readonly Followed[]): readonly HookedShell[] {
  const newest = new Map<string, HookedShell>()
  for (const state of files) {
    const shell = writerOf(state)
    if (shell === undefined) continue
    const key = `${shell.uid}-${shell.pid}`
    if (shell.born > (newest.get(key)?.born ?? -1)) newest.set(key, shell)
  }
  return [...newest.values()]
}

export function createFollowedFiles(directory: string, shares: Shares) {
  const followed = new Map<string, Followed>()
  /** How far files were read that had to make room for those of others. */
  const parked = new Map<string, SpoolPosition>()

  function add(position: SpoolPosition): void {
    const { name } = position
    const owner = ownerOf(directory, name)
    followed.set(name, {
      position,
      owner,
      person: undefined,
      readAt: position.offset,
      parser: createSpoolParser(),
      made: undefined,
      noted: undefined,
      damaged: 0,
      copied: 0,
      hole: undefined,
    })
    shares.add(name, owner)
    parked.delete(name)
  }

  function park(name: string): boolean {
    const state = followed.get(name)
    if (state === undefined || parked.size >= MOST_PARKED) return false
    parked.set(name, state.position)
    followed.delete(name)
    shares.remove(name)
    return true
  }

  function admit(name: string, owner = ownerOf(directory, name)): boolean {
    if (followed.has(name)) return true
    if (!shares.admit(owner, park)) return false
    add(parked.get(name) ?? { name, file: '', offset: 0, sequence: 0 })
    return true
  }

  return {
    get size() {
      return followed.size
    },
    get: (name: string) => followed.get(name),
    all: () => [...followed.values()],
    /** Of those that are followed, and of those that had to make room. */
    names: () => [...followed.keys(), ...parked.keys()],
    /** Followed from now on, whether or not there is room. */
    add,
    /** True when the file is followed, from now on if it was not. `owner`: whose it is, where that is known already. */
    admit,
    /** Files to look at now, as many of each person as have room, and how many of whom wait for room: most first. */
    divide(all: readonly SpoolName[]) {
      const left = new Map<number, number>()
      const texts = new Map<number | undefined, number>()
      const mine = all.filter((file) => {
        const owner = followed.get(file.name)?.owner ?? ownerOf(directory, file.name)
        if (file.kind === 'text') {
          const before = texts.get(owner) ?? 0
          texts.set(owner, before + 1)
          return before < MOST_OF_ONE
        }
        if (admit(file.name, owner)) return true
        if (owner !== undefined) left.set(owner, (left.get(owner) ?? 0) + 1)
        return false
      })
      const waiting = [...left].map(([uid, files]) => ({ uid, files }))
      return { mine, waiting: waiting.sort((a, b) => b.files - a.files) }
    },
    /** Nothing is known of it any more. */
    forget(name: string) {
      followed.delete(name)
      shares.remove(name)
      parked.delete(name)
    },
  }
}
