// Remembers the daemon's recent warnings and errors for a problem report: where in the program, how often; no words.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'
import type { LogFields } from '../../base/run/log.ts'
import { isOwnFrame, ownFrames } from '../../base/run/own-frames.ts'
import { isCode, isKind, type Problem } from '../../base/run/problem.ts'
import type { LogSink } from '../log/sinks.ts'

/** Most places that are remembered; places that were quiet longest are forgotten first. */
const PLACES_MAX = 64
const PEERS_MAX = 16
/** Stack frames above the place that logs: this sink, and the logger that calls it. */
const OWN_FRAMES = 2

interface Remembered extends Pick<Problem, 'level' | 'at' | 'kind' | 'code' | 'stack'> {
  times: number
  readonly first: number
  last: number
  readonly peers: Set<string>
}

/** `root`: directory of the program's files. */
export function createProblems({ root, clock }: { readonly root: string; readonly clock: Clock }) {
  /** Places in the code that reported a problem, in order of their last report. */
  const places = createRecent<string, Remembered>(PLACES_MAX)

  const sink: LogSink = (level, fields) => {
    if (level !== 'warn' && level !== 'error') return
    const now = clock.monotonic()
    const place = { level, at: placeOf(root), ...errorOf(fields, root) }
    const key = JSON.stringify(place)
    const fresh = { times: 0, first: now, last: now, peers: new Set<string>() }
    const known = places.getOrInsert(key, () => ({ ...place, ...fresh }))
    known.times++
    known.last = now
    if (typeof fields.peer === 'string' && known.peers.size < PEERS_MAX) known.peers.add(fields.peer)
  }

  return {
    sink,
    /** The newest first. `salt` makes what stands for a node the same within this report and nowhere else. */
    report(salt: Uint8Array) {
      const now = clock.monotonic()
      const ago = (at: number): number => Math.round((now - at) / 1000)
      // The check comes here, because a text in the log may name files that do not exist.
      const own = (frame: string): boolean => isOwnFrame(frame, (file) => existsSync(join(root, file)))
      return [...places].reverse().map(([, { first, last, peers, stack, ...problem }]) => ({
        ...problem,
        stack: stack.filter(own),
        first_seconds_ago: ago(first),
        last_seconds_ago: ago(last),
        peers: [...peers].map((peer) =>
          createHash('sha256').update(salt).update(peer).digest('hex').slice(0, 8),
        ),
      }))
    },
  }
}

function placeOf(root: string): string | null {
  const frames = (new Error().stack ?? '').split('\n').slice(1)
  // This function is one more.
  return ownFrames(frames.slice(OWN_FRAMES + 1).join('\n'), root)[0] ?? null
}

/** Keeps only known words of the texts in a line. */
function errorOf(fields: LogFields, root: string): Pick<Problem, 'kind' | 'code' | 'stack'> {
  const texts = [fields.code, fields.error, fields.reason].filter((text) => typeof text === 'string')
  const words = texts.flatMap((text) => text.split(/[^A-Za-z0-9_]+/, 40))
  // The system's error codes are recognised by their capitals; Karo's codes count only where a code stands.
  const systems = words.filter((word) => /^[A-Z_0-9]+$/.test(word))
  return {
    kind: words.find(isKind) ?? null,
    code: [fields.code, ...systems].find(isCode) ?? null,
    stack: texts.flatMap((text) => ownFrames(text, root)),
  }
}
