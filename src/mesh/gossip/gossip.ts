// The mesh's topics over gossipsub: joins them, publishes our signed frames, and keeps the router to admitted neighbours.
import type {
  GossipSub,
  GossipSubComponents,
  TopicValidatorFn,
  TopicValidatorResult,
} from '@libp2p/gossipsub'
import type { RPC } from '@libp2p/gossipsub/message'
import type { PeerId } from '@libp2p/interface'
import type { Topic } from '../../../protocols/define.ts'
import { encodeFrame, NONCE_BYTES } from '../../../protocols/frame.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { ChannelDeps } from '../link/channel.ts'
import { peerRefOf } from '../link/peer.ts'
import type { Wire } from '../link/wires.ts'
import type { Put } from '../state/types.ts'
import type { Gossip, GossipHandler, GossipVerdict } from '../types.ts'
import { BEAT_MS, createBeats } from './beats.ts'
import type { Intake } from './intake.ts'

/** The library's words are ours; its enumeration would be the only reason to load it with this file. */
const resultOf = (verdict: GossipVerdict): TopicValidatorResult => verdict as TopicValidatorResult

const NOTHING = new Uint8Array()
/** The messages of one topic that a neighbour is offered when it enters the router's mesh. */
const RECENT_MAX = 128

/** Members of the router that its class has and its interface does not. */
interface Router extends GossipSub {
  /** Neighbours that get each message of a topic at once. */
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>
  readonly streamsOutbound: ReadonlyMap<string, { readonly rawStream?: { readonly status: string } }>
  readonly score: {
    readonly scoreCache: Map<string, unknown>
    /** How long a score counts after it was computed, ms. */
    scoreCacheValidityMs: number
    /** Forgets a second's worth of what was held against peers. */
    background(): void
  }
  /** Ids of messages that it was given, for as long as a frame is fresh and longer. */
  readonly seenCache: { has(id: string): boolean }
  readonly mcache: {
    readonly msgs: ReadonlyMap<string, { readonly validated: boolean }>
    /** Messages received between two rounds, newest rounds first. */
    readonly history: readonly (readonly { msgId: Uint8Array; msgIdStr: string; topic: string }[])[]
  }
  handleReceivedRpc(from: PeerId, rpc: RPC): Promise<void>
  /** One round: repairs the mesh of each topic, and tells others of the newest messages. */
  heartbeat(): Promise<void>
  /** The next frame to this peer, or the next round, offers it these messages, and it asks for those that it lacks. */
  pushGossip(peer: string, ihave: { readonly topicID: string; readonly messageIDs: Uint8Array[] }): void
  isStarted(): boolean
}

export interface GossipDeps {
  readonly channel: Omit<ChannelDeps, 'rejections'>
  readonly intake: Intake
  readonly trust: Pick<Trust, 'admits'>
  readonly put: Put
}

export interface GossipRouter {
  /** Before the host starts. */
  join(topic: Topic, handler: GossipHandler): Gossip
  /** Loads the library; what it returns makes libp2p's service, one per start of the host. */
  load(): Promise<(components: GossipSubComponents) => GossipSub>
  /** The host has started. */
  subscribe(): void
  /** This connection is now the neighbour's. Before identify runs, which is what tells the router of it. */
  attach(wire: Wire): void
  /** Gives the router this neighbour again when its stream to it is gone: a connection was replaced, or it broke. */
  tend(wire: Wire): void
  /** A neighbour is gone: the router looks for others soon. */
  stir(): void
  /** The mesh finished one of its own rounds, which also run at rest. */
  round(): void
}

export function createGossip(deps: GossipDeps): GossipRouter {
  const { intake } = deps
  const { identity, clock, random, log } = deps.channel
  const topics = new Map<string, { readonly topic: Topic; readonly handler: GossipHandler }>()
  let router: Router | undefined
  let registrar: GossipSubComponents['registrar'] | undefined
  /** Every attached neighbour by its libp2p peer id, because gossipsub often asks for scores by that id. */
  const neighbours = new Map<string, NodeId>()

  const beats = createBeats({
    clock,
    timers: deps.channel.timers,
    beat() {
      if (router?.isStarted() !== true) return false
      router.heartbeat().catch((error: unknown) => log.debug({ reason: String(error) }, 'no round of gossip'))
      return true
    },
    forgetOnce: () => router?.score.background(),
  })

  /**
   * The router announces messages to peers outside of its mesh, and sends new messages to peers inside. A peer that
   * enters the mesh gets neither for the time between the link and that moment, so this function announces those
   * messages to it.
   */
  function tellRecent(peer: string, topic: string): void {
    if (router === undefined || !router.mesh.get(topic)?.has(peer)) return
    const { history, msgs } = router.mcache
    const recent = history
      .flat()
      .filter((one) => one.topic === topic && msgs.get(one.msgIdStr)?.validated === true)
    if (recent.length === 0) return
    const messageIDs = recent.slice(0, RECENT_MAX).map(({ msgId }) => msgId)
    router.pushGossip(peer, { topicID: topic, messageIDs })
    beats.stir()
  }

  /**
   * A peer that both ends admitted, and that is still admitted here. Its connection may have ended a moment ago: its
   * earlier messages are still valid, and the last message of a leaving node arrives together with the end.
   */
  const admitted = (peer: string): NodeId | undefined => {
    const node = neighbours.get(peer)
    if (node !== undefined && deps.trust.admits(node)) return node
    neighbours.delete(peer)
    return undefined
  }

  const validator =
    (topic: Topic, handler: GossipHandler): TopicValidatorFn =>
    (peer, message) => {
      const node = admitted(peer.toString())
      if (node === undefined) return resultOf('ignore')
      deps.put({ on: 'heard', node })
      beats.stir()
      return resultOf(intake.judge(topic, handler, message.data, peerRefOf(node)))
    }

  const spread = async (topic: Topic, bytes: Uint8Array): Promise<void> => {
    if (router === undefined) return
    deps.channel.onEncoded?.(bytes)
    beats.stir()
    try {
      await router.publish(topic.id, bytes)
    } catch (error) {
      log.debug({ topic: topic.id, reason: String(error) }, 'not published')
    }
  }

  return {
    join(topic, handler) {
      topics.set(topic.id, { topic, handler })
      return {
        publish(message, body) {
          const envelope = {
            sender: identity.publicKey,
            ts: clock.now(),
            nonce: random.bytes(NONCE_BYTES),
            seq: 0,
          }
          void spread(
            topic,
            encodeFrame(message, envelope, body, (signed) => identity.sign(signed)),
          )
        },
      }
    },

    async load() {
      const { gossipsub, multicodec } = await import('@libp2p/gossipsub')
      const { gossipSettings, idOf } = await import('./settings.ts')
      return (components) => {
        const settings = gossipSettings(
          [...topics.values()].map(({ topic }) => topic),
          (peer) => admitted(peer) !== undefined,
        )
        const made = gossipsub(settings)(components) as Router
        // Older versions of the protocol have nothing that a Karo node would need them for.
        made.protocols = [multicodec]
        made.score.scoreCacheValidityMs = BEAT_MS
        for (const { topic, handler } of topics.values())
          made.topicValidators.set(topic.id, validator(topic, handler))
        const handle = made.handleReceivedRpc.bind(made)
        /** Before the router remembers the id of the message for minutes. What it knows is no news, and what is not ours it refuses. */
        const takes = (node: NodeId, id: string, data: Uint8Array): boolean => {
          const topic = topics.get(id)?.topic
          if (!intake.takes(node)) return false
          return (
            topic === undefined || made.seenCache.has(idOf(id, data)) || intake.glances(topic, data, node)
          )
        }
        made.handleReceivedRpc = (from, rpc) => {
          const node = neighbours.get(from.toString())
          const messages = rpc.messages.filter(
            ({ topic, data = NOTHING }) => node === undefined || takes(node, topic, data),
          )
          return handle(from, { ...rpc, messages })
        }
        router = made
        registrar = components.registrar
        made.addEventListener('gossipsub:graft', ({ detail }) => tellRecent(detail.peerId, detail.topic))
        return made
      }
    },

    subscribe() {
      for (const id of topics.keys()) router?.subscribe(id)
    },

    attach({ peer, connection }) {
      const id = connection.remotePeer.toString()
      neighbours.set(id, peer.nodeId)
      // It may have been nobody a moment ago; what it subscribes to would be lost on that score.
      router?.score.scoreCache.delete(id)
      beats.stir()
    },

    stir: beats.stir,
    round: beats.forget,

    tend({ connection }) {
      if (router === undefined || registrar === undefined || connection.status !== 'open') return
      const { remotePeer } = connection
      const stream = router.streamsOutbound.get(remotePeer.toString())
      const open = stream !== undefined && stream.rawStream?.status === 'open'
      if (open) return
      const topologies = router.protocols.flatMap((protocol) => registrar?.getTopologies(protocol) ?? [])
      if (stream !== undefined) for (const topology of topologies) void topology.onDisconnect?.(remotePeer)
      for (const topology of topologies) void topology.onConnect?.(remotePeer, connection)
    },
  }
}
