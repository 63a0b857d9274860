// Notices on their way: neighbours compare what they have by sums, name what is new in batches, and get what they lack. Pure.
import type { Topic } from '../../../protocols/define.ts'
import { CLOCK_WINDOW_MS } from '../../../protocols/frame.ts'
import {
  KEYS_MAX,
  NAME_BYTES,
  NOTICES_BYTES,
  type NoticeKeysBody,
  TO_MAX,
  WANTED_MAX,
} from '../../../protocols/messages/notices.ts'
import { keyOf, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { createRecent, type Recent } from '../../base/recent.ts'
import { fingerprintOf, isFuture } from '../../trust/identity/index.ts'
import type { Connections } from '../state/connections.ts'
import type { Conn, Emit } from '../state/types.ts'
import type { Intake, Notice } from './intake.ts'
import { differing, isIn, type Key, readKeys, sumsOf, writeKeys } from './keys.ts'

/**
 * What is new is told after the first time. As long as news keeps coming each pause is twice as long as the one before, up to the
 * longest that a topic waits: a mesh in which machines come and go all the time costs as many messages as it has pauses.
 */
const PAUSE_MS = 200
const PAUSE_MOST_MS = 8_000
/**
 * So many neighbours are told at once of what is new, and as many others each time after that, until all have it: by then most of
 * them have told this node that they do, and more is told with it. Where only the newest counts the first ones are enough: there will
 * be another.
 */
const FANOUT = 4
const OTHERS_MS = 3_000
/** One neighbour is compared with this often, because some may be missed; what is on its way then is left out. */
const COMPARE_EVERY_MS = 60_000
const ON_ITS_WAY_MS = 30_000

export interface NoticesDeps {
  readonly self: NodeId
  readonly clock: Clock
  readonly random: Pick<Random, 'float'>
  readonly connections: Pick<Connections, 'neighbour' | 'neighbours'>
  readonly open: Intake['open']
  readonly emit: Emit
}

interface Held {
  readonly version: number
  /** Undefined: it is known and not told on. */
  readonly frame: Uint8Array | undefined
}

const fingerprintOfNode = (node: NodeId): string => fingerprintOf(keyOf(node))

export function createNotices({ self, clock, random, connections, ...deps }: NoticesDeps) {
  const { emit } = deps
  const known = new Map<Topic, Recent<string, Held>>()
  /** What is not known to be at all neighbours, with those that have it. */
  const fresh = new Map<string, { readonly topic: Topic; readonly knowers: Set<NodeId> }>()
  /** Of this node's newest, which all neighbours get as it is. */
  const ownName = fingerprintOfNode(self)
  /** Neighbours that this node is to compare with: new ones, and those that had more than one message names. */
  const uncompared = new Set<NodeId>()
  const wants = createWants(clock)
  let pause = PAUSE_MS
  let pauseEnds = Number.NEGATIVE_INFINITY
  /** When the timer rings, monotonic. */
  let due = Number.POSITIVE_INFINITY
  let comparedAt = clock.monotonic()

  /** A notice that was signed while its node's clock was ahead does not count, so that it keeps no later one away. */
  const held = (name: string) =>
    [...known.values()]
      .map((notices) => notices.peek(name))
      .find((one) => one && !isFuture(one.version, clock.now()))

  const say = (conn: Conn, keys: NoticeKeysBody): void => emit({ do: 'say', id: conn.id, say: { keys } })
  /** To all neighbours, which hear who else gets it. */
  function push(notice: Uint8Array): void {
    const neighbours = connections.neighbours()
    const to = Buffer.from(
      neighbours
        .slice(0, TO_MAX)
        .map(({ node }) => fingerprintOfNode(node))
        .join(''),
      'hex',
    )
    const told = { notices: [notice], to: new Uint8Array(to) }
    for (const { id } of neighbours) emit({ do: 'say', id, say: told })
  }
  const within = (ms: number): void => {
    const now = clock.monotonic()
    if (now + ms >= due) return
    due = now + ms
    emit({ do: 'timer', timer: 'notices', ms })
  }

  /** Those that are told, up to this version. */
  function told(until: number): Key[] {
    const to = Math.min(until, clock.now())
    return [...known].flatMap(([{ toldForMs }, notices]) =>
      [...notices].flatMap(([name, { version, frame }]) =>
        frame !== undefined && version > to - toldForMs && version <= until ? [[name, version] as const] : [],
      ),
    )
  }

  const compare = (conn: Conn, until: number): void => say(conn, { until, sums: sumsOf(told(until)) })
  const compareLater = ({ node }: Conn, ms: number): void => {
    uncompared.add(node)
    within(ms)
  }

  function ask(conn: Conn): void {
    const next = wants.next(conn.node)
    // Not at once: what one of the two lacks may be more than it takes now, and then both would compare the same for ever.
    if (next === 'again') compareLater(conn, OTHERS_MS)
    else if (next !== undefined) say(conn, { wanted: next })
  }

  /** What the neighbour named: what is newer than here is asked for, and what is older it is told. */
  function compared(conn: Conn, body: NoticeKeysBody, keys: Uint8Array): void {
    const { node } = conn
    const theirs = new Map(readKeys(keys))
    const missing = [...theirs].flatMap(([name, version]) => {
      const here = held(name)?.version ?? 0
      if (version === here) fresh.get(name)?.knowers.add(node)
      return version > here && name !== ownName ? [name] : []
    })
    if (wants.add(node, missing, body.more === true)) ask(conn)
    if (wants.isBusy()) within(ANSWER_MS)
    const { groups } = body
    if (groups === undefined) return
    const lacking = told(body.until ?? clock.now()).filter(
      ([name, version]) => isIn(groups, name) && (theirs.get(name) ?? 0) < version,
    )
    if (lacking.length > 0) say(conn, { keys: writeKeys(lacking) })
  }

  function bring(conn: Conn, wanted: Uint8Array): void {
    const frames: Uint8Array[] = []
    let bytes = 0
    for (const name of readWanted(wanted)) {
      const frame = held(name)?.frame
      if (frame === undefined || bytes + frame.length > NOTICES_BYTES) continue
      bytes += frame.length
      frames.push(frame)
      fresh.get(name)?.knowers.add(conn.node)
    }
    emit({ do: 'say', id: conn.id, say: { notices: frames } })
  }

  const note = ({ topic, name, version, frame }: Notice, isTold: boolean): void => {
    const notices =
      known.get(topic) ?? createRecent(topic.kept, { ms: topic.toldForMs, now: clock.monotonic })
    known.set(topic, notices)
    notices.set(name, { version, frame: isTold ? frame.bytes : undefined })
  }
  /** Others are to hear of it from this node. `knowers`: the neighbours that have it. */
  const passOn = (notice: Notice, knowers: readonly NodeId[]): void => {
    const { topic, name, version } = notice
    // The same neighbour may have brought a newer one at once.
    if ((held(name)?.version ?? 0) > version) return
    note(notice, true)
    fresh.set(name, { topic, knowers: new Set(knowers) })
    // Not at the same moment as others that hear it now, so that they hear of each other that they have it.
    within(Math.min(pause, topic.waitMs) * (0.5 + random.float() / 2))
  }

  /** What others were asked for and did not bring in time is asked of those that named it since. */
  function askAgain(): void {
    for (const [node, name] of wants.overdue()) {
      const conn = connections.neighbour(node)
      if (conn !== undefined && wants.add(node, [name], false)) ask(conn)
    }
    if (wants.isBusy()) within(ANSWER_MS)
  }

  /** The timer has rung. */
  function tell(): void {
    due = Number.POSITIVE_INFINITY
    const neighbours = connections.neighbours()
    // With what is on its way, and with clocks that are ahead.
    for (const conn of neighbours) if (uncompared.has(conn.node)) compare(conn, clock.now() + CLOCK_WINDOW_MS)
    uncompared.clear()
    const isNews = fresh.size > 0
    const mine = held(ownName)?.frame
    if (fresh.delete(ownName) && mine) push(mine)
    const first = Math.floor(random.float() * neighbours.length)
    let told = 0
    for (const conn of [...neighbours.slice(first), ...neighbours.slice(0, first)]) {
      const missing = [...fresh].filter(([, { knowers }]) => !knowers.has(conn.node)).slice(0, KEYS_MAX)
      if (missing.length === 0) continue
      if (told++ === FANOUT) break
      for (const [, { knowers }] of missing) knowers.add(conn.node)
      say(conn, { keys: writeKeys(missing.map(([name]) => [name, held(name)?.version ?? 0])) })
    }
    for (const [name, { topic, knowers }] of fresh)
      if (topic.newest === true || neighbours.every(({ node }) => knowers.has(node))) fresh.delete(name)
    // The next pause follows at once, so that a word that comes in it waits for its end.
    const now = clock.monotonic()
    if (isNews) {
      pause = Math.min(2 * pause, PAUSE_MOST_MS)
      pauseEnds = now + pause
    }
    if (now < pauseEnds) within(pauseEnds - now)
    else pause = PAUSE_MS
    if (fresh.size > 0) within(Math.max(pause, OTHERS_MS) * (0.5 + random.float() / 2))
    askAgain()
  }

  return {
    /** A notice of this node's own. `now`: the neighbours get it at once. */
    own(notice: Notice, now: boolean): void {
      if (now) {
        note(notice, true)
        push(notice.frame.bytes)
      } else passOn(notice, [])
    },
    /** A neighbour's link is up. */
    came(conn: Conn): void {
      if (conn.dialed) compareLater(conn, pause)
    },
    /** A neighbour is gone. */
    left(node: NodeId): void {
      uncompared.delete(node)
      wants.drop(node)
      askAgain()
    },
    said(conn: Conn, { sums, ...body }: NoticeKeysBody): void {
      if (sums !== undefined) {
        const until = body.until ?? clock.now()
        const { found, groups, more } = differing(told(until), sums)
        if (more || groups.some((bits) => bits !== 0))
          say(conn, { until, groups, keys: writeKeys(found), more })
      }
      if (body.keys !== undefined) compared(conn, body, body.keys)
      if (body.wanted !== undefined) bring(conn, body.wanted)
    },
    /** `to`: fingerprints of those that get the neighbour's own too. */
    brought(conn: Conn, frames: readonly Uint8Array[], to: Uint8Array = new Uint8Array()): void {
      const { node } = conn
      const others = new Set(readWanted(to))
      const before = wants.of(node).size
      let isItsOwn = false
      for (const frame of frames) {
        const notice = deps.open(frame, node, wants.of(node))
        if (notice === undefined) continue
        const { author, name, version } = notice
        isItsOwn ||= author === node
        wants.came(node, name)
        if (version <= (held(name)?.version ?? 0)) continue
        note(notice, false)
        const have = author === node ? connections.neighbours().map((one) => one.node) : []
        const knowers = [node, ...have.filter((one) => others.has(fingerprintOfNode(one)))]
        // What this node said before it started is told on, and is no news here.
        if (author === self) passOn(notice, knowers)
        else emit({ did: 'notice', notice, from: node, knowers })
      }
      if (before === 0) return
      const came = before - wants.of(node).size
      if (2 * came > frames.length) ask(conn)
      // What it named and does not send it has not, and what is sent too fast is sent for nothing. A new one of its own is no answer.
      else if (came > 0 || !isItsOwn) {
        wants.drop(node)
        askAgain()
      }
    },
    passOn,
    tell,
    /** Now and then one neighbour is compared with. */
    look(): void {
      const neighbours = connections.neighbours()
      const one = neighbours[Math.floor(random.float() * neighbours.length)]
      if (one === undefined || clock.monotonic() - comparedAt < COMPARE_EVERY_MS) return
      comparedAt = clock.monotonic()
      compare(one, clock.now() - ON_ITS_WAY_MS)
    },
  }
}

// What each neighbour was asked for: nothing is asked of two at once, and of whoever does not send it only once. Pure.

/** What one neighbour was asked for and did not send is asked of another one that names it after this. */
const ANSWER_MS = 5_000
/** Of one neighbour so many are waited for. */
const ASKED_MAX = 4 * KEYS_MAX
/** Of those that named it; more members than that are needed to keep it away. */
const OTHERS_MAX = 8

interface Asked {
  readonly left: Set<string>
  /** More of what it has differs. */
  again: boolean
}

function createWants(clock: Pick<Clock, 'monotonic'>) {
  const asked = new Map<NodeId, Asked>()
  const askedAt = new Map<string, number>()
  /** Who named it while another one was asked: each is asked in turn, so that no two keep it away by naming it again and again. */
  const others = new Map<string, Set<NodeId>>()

  const isFree = (name: string): boolean =>
    clock.monotonic() - (askedAt.get(name) ?? Number.NEGATIVE_INFINITY) > ANSWER_MS

  return {
    /** The neighbour has these, which are missing here. True: it is to be asked. */
    add(node: NodeId, names: readonly string[], more: boolean): boolean {
      const { left, again } = asked.get(node) ?? { left: new Set<string>(), again: false }
      asked.set(node, { left, again: again || more })
      const isIdle = left.size === 0
      for (const name of names) {
        if (left.size >= ASKED_MAX || left.has(name)) continue
        if (!isFree(name)) {
          const named = others.get(name) ?? new Set()
          if (named.size < OTHERS_MAX) others.set(name, named.add(node))
          continue
        }
        askedAt.set(name, clock.monotonic())
        left.add(name)
      }
      return isIdle
    },
    /** What it was asked for and has not brought. */
    of: (node: NodeId): ReadonlySet<string> => asked.get(node)?.left ?? new Set(),
    came(node: NodeId, name: string): void {
      asked.get(node)?.left.delete(name)
      askedAt.delete(name)
      others.delete(name)
    },
    isBusy: (): boolean => others.size > 0,
    /** What nobody is asked for any more and did not come, by who named it as well. */
    *overdue(): Generator<readonly [NodeId, string]> {
      for (const [name, named] of others) {
        const [node] = named
        if (node === undefined || !isFree(name)) continue
        named.delete(node)
        if (named.size === 0) others.delete(name)
        yield [node, name]
      }
    },
    /** What to ask it for now, `again`: nothing is missing but what is still to be compared; undefined: nothing at all. */
    next(node: NodeId): Uint8Array | 'again' | undefined {
      const entry = asked.get(node)
      if (entry === undefined) return undefined
      if (entry.left.size > 0)
        return new Uint8Array(Buffer.from([...entry.left].slice(0, WANTED_MAX).join(''), 'hex'))
      asked.delete(node)
      return entry.again ? 'again' : undefined
    },
    drop(node: NodeId): void {
      for (const name of asked.get(node)?.left ?? []) askedAt.delete(name)
      asked.delete(node)
    },
  }
}

function* readWanted(wanted: Uint8Array): Generator<string> {
  const buffer = Buffer.from(wanted.buffer, wanted.byteOffset, wanted.length)
  for (let at = 0; at + NAME_BYTES <= buffer.length; at += NAME_BYTES)
    yield buffer.toString('hex', at, at + NAME_BYTES)
}
