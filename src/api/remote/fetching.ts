// Fetches artifacts of other machines: only the pieces that are missing, each compared with its hash, and on after a cut.

import type { NodeId } from '../../../protocols/node-id.ts'
import { readLink } from '../../agents/artifacts/link.ts'
import { lengthOf } from '../../agents/artifacts/rows.ts'
import { type Artifact, type Artifacts, type Layout, PIECE_BYTES } from '../../agents/artifacts/types.ts'
import { deadline } from '../../base/async/deadline.ts'
import { bitsOf } from '../../base/bits.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { localTime } from '../../base/format.ts'
import { orElse } from '../../base/run/or-else.ts'
import { type Asked, createReach, type ReachDeps, type Request } from './ask.ts'

/** Artifacts that come at the same time: for one person, and for all. */
const FETCHES = { ofPerson: 2, ofAll: 8 } as const
/** Bytes of what an artifact consists of, as the other machine says it. */
const LAYOUT_BYTES = 256 * 1024
/** Milliseconds: without a piece, that a machine that was reached may be away, between two tries, and for the whole transfer. */
const WAIT = { silent: 60_000, away: 120_000, look: 1_000, all: 3_600_000 } as const

interface FetchDeps extends ReachDeps {
  readonly artifacts: Pick<Artifacts, 'incoming'>
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  /** Called when the other machine sent wrong data; not when it reports an error, or something is damaged here. */
  readonly onWrong: () => void
}

/** What is fetched: by a link, or by its id from a machine. */
type Wanted = { readonly link: string } | { readonly artifact: string; readonly at: string }

export interface Fetched {
  /** Bytes that are here. */
  readonly received: number
  readonly size: number
  /** Null until it is complete. */
  readonly artifact: Artifact | null
}

export type Fetching = ReturnType<typeof createFetching>

/**
 * KaroErrors: those of `createReach` and `Incoming`, `bad_request` for a link that is none, `refused` for one that has ended,
 * `rate_limited` where this person, or everybody, fetches enough already.
 */
export function createFetching(deps: FetchDeps) {
  const { artifacts, trust, clock, timers, onWrong } = deps
  const { incoming } = artifacts
  const { nodeAt, actingOf, note, documents } = createReach(deps, GOES_ON)
  /** Each transfer that is under way. */
  const underWay = new Set<{ readonly person: number }>()

  function wrong(message: string): KaroError {
    onWrong()
    return new KaroError('bad_file', message)
  }

  /** Runs a local check of what the other machine sent; `bad_file` can then only mean that it sent wrong data. */
  async function judging<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (error instanceof KaroError && error.code === 'bad_file') onWrong()
      throw error
    }
  }

  /** A place among the transfers, and how to give it back. Throws KaroError `rate_limited`. */
  function placeOf(person: number): () => void {
    const theirs = [...underWay].filter((one) => one.person === person).length
    if (theirs >= FETCHES.ofPerson || underWay.size >= FETCHES.ofAll)
      throw new KaroError('rate_limited', 'other artifacts are on their way', {
        hint: 'Try again when they are here.',
      })
    const place = { person }
    underWay.add(place)
    return () => void underWay.delete(place)
  }

  async function layoutOf(request: Omit<Request, 'what'>, artifact: string, link: Link): Promise<Layout> {
    const what = { operation: 'artifact', artifact, ...link } as const
    const { artifactLayout } = await import('../contract/schemas/agents/artifacts.ts')
    for await (const text of documents({ ...request, what, most: LAYOUT_BYTES })) {
      const read = artifactLayout.safeParse(parsed(text))
      if (!read.success || !read.data.id.startsWith(artifact)) break
      const { media_type, pieces, ...rest } = read.data
      return { ...rest, media_type, pieces: pieces.map((hash) => Buffer.from(hash, 'hex')) }
    }
    throw wrong('the other machine sent an answer to another request')
  }

  /** Asks for what is missing, once. */
  async function* round(
    { caller, id: traceId }: Asked,
    request: Omit<Request, 'what'>,
    artifact: string,
    link: Link,
  ): AsyncGenerator<Fetched, void> {
    const owner = { person: caller.person, traceId }
    const layout = await layoutOf(request, artifact, link)
    const { id, size, pieces } = layout
    const missing = await judging(incoming.expect(owner, layout, sourceOf(trust.opinion(request.node).name)))
    let received = size - missing.reduce((sum, i) => sum + lengthOf(i, size), 0)
    yield { received, size, artifact: null }
    if (missing.length > 0) {
      const what = {
        operation: 'pieces',
        artifact: id,
        wanted: bitsOf(missing, pieces.length),
        ...link,
      } as const
      let next = 0
      for await (const bytes of documents({ ...request, what, most: PIECE_BYTES })) {
        const index = missing[next++]
        if (index === undefined) throw wrong('the other machine sends more than was asked for')
        await judging(incoming.add(owner, id, index, bytes))
        received += bytes.length
        yield { received, size, artifact: null }
      }
      if (next < missing.length) throw wrong('the other machine sent less than was asked for')
    }
    yield { received, size, artifact: await judging(incoming.finish(owner, id)) }
  }

  /** Goes on where the connection broke, while a machine that was reached is not away for too long. */
  async function* rounds(
    asked: Asked,
    to: Pick<Request, 'node' | 'as'>,
    artifact: string,
    link: Link,
    hungUp: AbortSignal,
    leave: () => void,
  ): AsyncGenerator<Fetched, void> {
    // Whatever ends this, somebody else may fetch then.
    using _place = { [Symbol.dispose]: leave }
    using limit = deadline(timers, WAIT.all)
    const { as } = to
    const over = AbortSignal.any([hungUp, limit.signal, ...(as === undefined ? [] : [as.ended])])
    /** When the other machine last sent something; before it was reached, the waiting client is told why at once. */
    let heard = Number.NEGATIVE_INFINITY
    const onGreeted = (): void => {
      heard = clock.monotonic()
    }
    for (;;) {
      const silence = new AbortController()
      let stop = (): void => {}
      const hear = (): void => {
        stop()
        stop = timers.after(WAIT.silent, () => silence.abort())
      }
      try {
        hear()
        const signal = AbortSignal.any([over, silence.signal])
        for await (const told of round(
          asked,
          { ...to, trace: asked.id, signal, onGreeted },
          artifact,
          link,
        )) {
          hear()
          onGreeted()
          yield told
        }
        return
      } catch (error) {
        const isAway = error instanceof KaroError && error.code === 'unavailable'
        const isPatient = clock.monotonic() - heard <= WAIT.away
        if (!isAway || !isPatient || over.aborted) throw error
        await new Promise<void>((resolve) => timers.after(WAIT.look, resolve))
      } finally {
        stop()
      }
    }
  }

  return {
    /**
     * Resolves when the request is in the ledger; then tells of each piece. The last one has the artifact. `signal`: nobody waits
     * for it any more, also when all of it is over.
     */
    async fetch(asked: Asked, wanted: Wanted, signal: AbortSignal): Promise<AsyncGenerator<Fetched, void>> {
      const { node, artifact, link } = meant(wanted)
      const as = actingOf(asked.caller)
      // Taken before anything is waited for, so that many at once do not all find room.
      const leave = placeOf(asked.caller.person)
      // Nobody may ever read what is returned, whose own end would not be reached then.
      signal.addEventListener('abort', leave, { once: true })
      try {
        await note(asked, node, { operation: 'artifact', artifact }, as)
      } catch (error) {
        leave()
        throw error
      }
      return rounds(asked, { node, as }, artifact, link, signal, leave)
    },
  }

  function meant(wanted: Wanted): { readonly node: NodeId; readonly artifact: string; readonly link: Link } {
    if (!('link' in wanted)) return { node: nodeAt(wanted.at), artifact: wanted.artifact, link: {} }
    const { node, artifact, endsAt, frame } = readLink(wanted.link)
    if (endsAt <= clock.now())
      throw new KaroError('refused', `this link ended on ${localTime(new Date(endsAt).toISOString())}`, {
        hint: 'Ask its owner for another one.',
      })
    return { node: nodeAt(node, MADE_HERE), artifact, link: { link: frame } }
  }
}

const MADE_HERE = 'The link was made here: its owner gets the artifact by its id, see karo artifact list.'
const GOES_ON = 'Received parts of an artifact are kept for a day: run the same command again to continue.'

/** The member of a request; empty where no link is used. */
type Link = { readonly link?: Uint8Array }

/** The origin of the artifact, as shown to people. */
const sourceOf = (name: string): string => `from ${name}`.slice(0, 64).toWellFormed()

function parsed(text: Buffer): unknown {
  return orElse(() => JSON.parse(text.toString('utf8')), undefined)
}
