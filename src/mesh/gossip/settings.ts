// How gossipsub is set for Karo: small meshes, frames that are signed and verified by us, and nothing for strangers.
import { createHash } from 'node:crypto'
import { type Message as GossipMessage, type GossipsubOpts, StrictNoSign } from '@libp2p/gossipsub'
import { defaultTopicScoreParams } from '@libp2p/gossipsub/score'
import type { Topic } from '../../../protocols/define.ts'
import { leadsHere } from '../admission/endpoint.ts'

/** Score of peers that are not admitted: far below every threshold, so that nothing they say is looked at. */
const NOBODY = -1_000_000
/** Below this score a peer is no longer offered messages, sent messages, or listened to. */
const THRESHOLDS = { gossipThreshold: -20, publishThreshold: -40, graylistThreshold: -80 }
/**
 * A peer with n invalid messages has the score -10 n², so the third one graylists it. Half of the score is forgotten
 * after 23 s; a peer that continues stays graylisted.
 */
const INVALID = { invalidMessageDeliveriesWeight: -10, invalidMessageDeliveriesDecay: 0.97 }
/**
 * Between two rounds of the router at rest; while somebody speaks, `beats.ts` has it do one each second. It is the longest
 * that a neighbour may be missing in the router's own mesh while nobody says anything.
 */
const REST_MS = 15_000
/**
 * A neighbour that enters the mesh is offered the messages of so many rounds. At rest these are three minutes, less
 * than the five minutes for which a frame is fresh.
 */
const KEPT_ROUNDS = 12
/** Scores forget as `beats.ts` says, never by a timer of their own. */
const NEVER_MS = 2 ** 31 - 1
/** Ed25519 frames are one of a kind as bytes; remembered for longer than a frame can be fresh (5 minutes each way). */
const SEEN_MS = 11 * 60_000
/** The largest RPC, and what may wait for a slow reader. */
const RPC_BYTES = 1024 * 1024
/** Entries of one kind in one RPC. */
const RPC_ENTRIES = 512
/** A machine that is busy starting fifty nodes answers late without meaning harm. */
const PROMISE_MS = 10_000

/** Loopback does not count as an address that many nodes share, because many nodes of one person may be on one machine. */
class LoopbackExempt extends Set<string> {
  override has(ip: string): boolean {
    return leadsHere(ip)
  }
}

/** The id of a message. The topic is part of it, so that the same bytes in another topic do not hide the message here. */
const digestOf = (topic: string, data: Uint8Array): Buffer =>
  createHash('sha256').update(topic).update('\0').update(data).digest()

/** The same as the router's caches have it. */
export const idOf = (topic: string, data: Uint8Array): string => digestOf(topic, data).toString('latin1')

/**
 * Options for `gossipsub()`. `isAdmitted` is called with libp2p's peer id as text. The router exchanges no addresses or
 * peers (both would bypass admission), and dials nobody.
 */
export function gossipSettings(
  topics: readonly Topic[],
  isAdmitted: (peer: string) => boolean,
): Partial<GossipsubOpts> {
  return {
    // Our frame carries author and signature; libp2p's would be verified for every copy that arrives.
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: (message: GossipMessage) => digestOf(message.topic, message.data),
    msgIdToStrFn: (id) => Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1'),
    seenTTL: SEEN_MS,
    heartbeatInterval: REST_MS,
    mcacheLength: KEPT_ROUNDS,
    D: 4,
    Dlo: 3,
    Dhi: 5,
    Dscore: 2,
    Dout: 1,
    Dlazy: 4,
    floodPublish: false,
    fallbackToFloodsub: false,
    batchPublish: true,
    doPX: false,
    directPeers: [],
    allowPublishToZeroTopicPeers: true,
    emitSelf: false,
    tagMeshPeers: false,
    // Frames of gossip are small: to say that one is not wanted costs as much as the copy.
    idontwantMinDataSize: 8 * 1024,
    allowedTopics: topics.map(({ id }) => id),
    gossipsubIWantFollowupMs: PROMISE_MS,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: RPC_BYTES,
    maxOutboundBufferSize: RPC_BYTES,
    decodeRpcLimits: {
      maxSubscriptions: RPC_ENTRIES,
      maxMessages: RPC_ENTRIES,
      maxIhaveMessageIDs: RPC_ENTRIES,
      maxIwantMessageIDs: RPC_ENTRIES,
      maxIdontwantMessageIDs: RPC_ENTRIES,
      maxControlMessages: RPC_ENTRIES,
      maxPeerInfos: 0,
    },
    scoreThresholds: {
      ...THRESHOLDS,
      // No score is ever positive.
      acceptPXThreshold: 1,
      opportunisticGraftThreshold: 0,
    },
    scoreParams: {
      appSpecificScore: (peer) => (isAdmitted(peer) ? 0 : NOBODY),
      appSpecificWeight: 1,
      IPColocationFactorWhitelist: new LoopbackExempt(),
      // A few late promises or early grafts are a busy machine's.
      behaviourPenaltyThreshold: 6,
      decayInterval: NEVER_MS,
      topicScoreCap: 0,
      topics: Object.fromEntries(
        topics.map(({ id }) => [
          id,
          {
            ...defaultTopicScoreParams,
            ...INVALID,
            topicWeight: 1,
            // Being quiet is no fault where a message comes every few minutes.
            timeInMeshWeight: 0,
            firstMessageDeliveriesWeight: 0,
            meshMessageDeliveriesWeight: 0,
            meshFailurePenaltyWeight: 0,
          },
        ]),
      ),
    },
  }
}
