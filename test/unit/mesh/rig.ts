// One node's state machine over a clock that the test moves, without sockets: what it dials and notes is written down.
import { Presence, type PresenceBody } from '../../../protocols/messages/presence.ts'
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { presences } from '../../../protocols/registry.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { createAlarms } from '../../../src/base/timers.ts'
import { type Notice, noticeOf } from '../../../src/mesh/notices/intake.ts'
import { LOBBY } from '../../../src/mesh/state/lobby.ts'
import { createState } from '../../../src/mesh/state/state.ts'
import type { Command, Fact, MeshAction, MeshEvent, Said } from '../../../src/mesh/state/types.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { NO_CREDENTIALS } from '../../support/mesh/no-credentials.ts'
import { keyOf } from '../../support/mesh/raw-notices.ts'
import { rawHello } from '../../support/mesh/raw-peer.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

type StateDeps = Parameters<typeof createState>[0]
type Dial = Extract<Command, { readonly do: 'dial' }>

interface RigInit extends Pick<StateDeps, 'trust'>, Partial<Pick<StateDeps, 'self' | 'credentials'>> {
  readonly time?: VirtualTime
  readonly fullMeshUpTo?: number
  /** No dial ends; else each fails at once. */
  readonly dialsLast?: boolean
  readonly onFact?: (fact: Fact) => void
}

const OWN = '/ip4/10.0.0.1/tcp/7000'

export function rigOf({ time = new VirtualTime(0), fullMeshUpTo = 32, onFact, dialsLast, ...deps }: RigInit) {
  const dialed: Dial[] = []
  const put = (event: MeshEvent): void => perform(state.handle(event))
  const alarms = createAlarms<string>(time, (timer) => put({ on: 'timer', timer } as MeshEvent))
  const { capabilities } = rawHello()
  const notices = new Map<Uint8Array, Notice>()
  const state = createState({
    config: {
      mesh: { lan_only: true, allow_cgnat: false, port: 7_000, listen: 'auto', ping_seconds: 15 },
      overlay: { full_mesh_up_to: fullMeshUpTo, asker_links_up_to: 0, leaves_up_to: 256, tell_links: true },
      discovery: { peers: [], dht: false },
    },
    self: testIdentity().nodeId,
    clock: time.clock,
    random: systemRandom,
    timings: TIMINGS,
    lobby: LOBBY,
    listening: () => [OWN],
    complete: () => true,
    inUse: () => false,
    spokeAt: () => Number.NEGATIVE_INFINITY,
    seal: (body) => presenceOf(deps.self ?? testIdentity().nodeId, body),
    open: (frame, from, asked) => {
      const notice = notices.get(frame)
      return notice !== undefined && (notice.author === from || asked.has(notice.name)) ? notice : undefined
    },
    about: () => ({ name: 'self', capabilities, listen: [] }),
    credentials: NO_CREDENTIALS,
    ...deps,
  })
  function perform(actions: readonly MeshAction[]): void {
    for (const action of actions) {
      if (!('do' in action)) onFact?.(action)
      else if (action.do === 'timer') alarms.set(action)
      else if (action.do === 'dial') {
        dialed.push(action)
        if (dialsLast !== true) put({ on: 'dialed', target: action.target, id: undefined })
      }
    }
  }
  let conns = 0
  const says = (id: number, said: Said): void => put({ on: 'said', id, said, skewMs: 0 })
  /** The node comes in from `ip` and introduces itself; the number of its connection. */
  const comes = (node: NodeId, ip: string, hello: Partial<ReturnType<typeof rawHello>> = {}): number => {
    const id = ++conns
    put({ on: 'opened', id, node, ip, at: undefined })
    put({ on: 'control', id })
    says(id, { hello: { ...rawHello(), listen: [`/ip4/${ip}/tcp/7000`], ...hello } })
    return id
  }
  const admitted = (id: number): void => {
    says(id, { ack: 'yes' })
    says(id, { ack: 'ready' })
  }
  /** The neighbour of this connection names a presence and brings it. */
  const brings = (id: number, said: { readonly author: NodeId; readonly body: PresenceBody }): void => {
    const notice = presenceOf(said.author, said.body)
    notices.set(notice.frame.bytes, notice)
    says(id, { keys: { keys: keyOf(notice) } })
    says(id, { notices: [notice.frame.bytes] })
  }
  put({ on: 'prepare' })
  return { time, state, dialed, put, perform, comes, admitted, brings }
}

/** A presence as if its author had signed it. */
function presenceOf(author: NodeId, body: PresenceBody): Notice {
  const sender = parseNodeId(author) as Uint8Array
  const envelope = { sender, ts: body.version, nonce: new Uint8Array(16), seq: 0 }
  const bytes = new Uint8Array(1)
  return noticeOf(presences, { type: Presence.type, message: Presence, envelope, body, bytes })
}
