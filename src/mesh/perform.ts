// Performs each action of the state machine: on libp2p, in the ledger, in the log.
import type { Topic } from '../../protocols/define.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import { hello } from '../../protocols/registry.ts'
import { deadline } from '../base/async/deadline.ts'
import type { Ambient } from '../base/run/ambient.ts'
import type { Alarms } from '../base/timers.ts'
import type { Trust } from '../trust/peers/index.ts'
import type { Listening } from './admission/listening.ts'
import type { Asking } from './asking.ts'
import type { Finder } from './discovery/dht.ts'
import type { Dials } from './link/dials.ts'
import type { Links } from './link/links.ts'
import type { News } from './link/news.ts'
import { peerIdOf, peerRefOf } from './link/peer.ts'
import type { Rejections } from './link/rejections.ts'
import { placesOf, type Twins } from './link/twins.ts'
import type { Wires } from './link/wires.ts'
import { type Command, type MeshAction, type Outer, type Table, type TimerName, tell } from './state/types.ts'
import type { Timings } from './timings.ts'
import type { TopicHandler } from './types.ts'

/** Time for what libp2p still has to do for a peer that was just cut off. */
const SETTLE_MS = 50

interface PerformDeps extends Pick<Ambient, 'timers' | 'log'> {
  readonly alarms: Alarms<TimerName>
  readonly wires: Wires
  readonly links: Links
  readonly topics: ReadonlyMap<Topic, TopicHandler>
  readonly dials: Dials
  readonly asking: Asking
  readonly finder: Finder
  readonly listening: Listening
  readonly trust: Trust
  readonly news: News
  readonly twins: Twins
  readonly rejections: Rejections
  readonly timings: Timings
}

export function createPerformer(deps: PerformDeps) {
  const { wires, links, news, twins, rejections, trust } = deps

  const commands: Table<'do', Command> = {
    timer: deps.alarms.set,
    begin: ({ id }) => void wires.begin(id),
    say: ({ id, say }) => wires.say(id, say),
    open: ({ id, side }) => wires.open(id, side),
    close: ({ id, reason, goodbye }) => wires.close(id, reason, goodbye),
    abort: ({ id, reason }) => wires.abort(id, reason),
    dial: (command) => void deps.dials.dial(command),
    unlist: ({ node }) =>
      void deps.listening
        .host()
        ?.peerStore.delete(peerIdOf(node))
        .catch(() => {}),
    find: ({ ask, node }) => void deps.finder.find(ask, node),
    answer: ({ ask, yes }) => deps.asking.answer(ask, yes),
  }

  const facts: Table<'did', Outer> = {
    meet: ({ conn, body, addresses }) => news.met(conn, body, addresses),
    settle: ({ conn, outcome }) => news.settled(conn, outcome),
    come({ conn, replaced }) {
      const places = placesOf(conn.introduced?.listen ?? [])
      if (places.length > 0) twins.came(conn.node, places.join(', '))
      // Frames of a node with a wrong clock are refused, so a node that connects has the right time again.
      rejections.inTime(conn.node)
      if (replaced === undefined) news.came(conn)
      const wire = wires.get(conn.id)
      if (wire === undefined) return
      links.attach(wire)
      void identify(deps, wire)
    },
    leave({ conn, reason }) {
      const { node } = conn
      news.left(conn, reason)
      // The connection that took this one's place at the neighbour is not this node's, so another machine uses the same key.
      if (reason === 'replaced') twins.displaced(node)
      if (trust.refuses(node)) void forgetPeer(deps, node)
    },
    notice({ notice: { topic, author, frame }, from }) {
      try {
        deps.topics.get(topic)?.notice(peerRefOf(author), frame, peerRefOf(from))
      } catch (error) {
        rejections.failed(topic.id, from, error)
      }
    },
    hear({ author, body }) {
      if (trust.admits(author)) twins.heard(author, placesOf(body.listen))
    },
    violate: ({ conn, code }) => void rejections.count(code, hello.id, conn.node),
    live: ({ conn }) => news.alive(conn),
  }

  return (actions: readonly MeshAction[]): void => {
    for (const action of actions) {
      if ('do' in action) (commands[action.do] as (command: Command) => void)(action)
      else tell(facts, action)
    }
  }
}

/** Lets libp2p's services learn of the neighbour; nothing waits for that. */
async function identify(
  { listening, timers, timings, log }: PerformDeps,
  wire: ReturnType<Wires['get']> & object,
): Promise<void> {
  using limit = deadline(timers, timings.negotiateMs)
  try {
    await listening.host()?.services.identify.identify(wire.connection, { signal: limit.signal })
  } catch (error) {
    log.debug({ peer: wire.peer.nodeId, reason: String(error) }, 'identify failed')
  }
}

/**
 * Makes libp2p forget a peer that is refused, and whose connections are gone already: its services in their order, then the peer
 * store. Taking away its protocols makes services forget it; a later delete alone would leave it there. Never throws.
 */
async function forgetPeer({ listening, finder, timers, log }: PerformDeps, node: NodeId): Promise<void> {
  const store = listening.host()?.peerStore
  if (store === undefined) return
  const id = peerIdOf(node)
  try {
    await store.patch(id, { protocols: [], tags: {}, multiaddrs: [] })
    await finder.forget(node)
    await new Promise<void>((resolve) => void timers.after(SETTLE_MS, resolve))
    await store.delete(id)
  } catch (error) {
    log.debug({ peer: node, reason: String(error) }, 'peer store entry not removed')
  }
}
