// The query room: one link protocol, over which this node asks and answers.
import { QueryDone, QueryHop, Response } from '../../../protocols/messages/query.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { query as queryStream } from '../../../protocols/registry.ts'
import { within } from '../../base/async/deadline.ts'
import type { Clock, Random, Timers } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'
import type { Room } from '../../base/run/room.ts'
import type { Config } from '../../config/index.ts'
import { type Mesh, openLink } from '../../mesh/index.ts'
import type { ReplayRepository } from '../../store/tables/replay.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Sharing } from '../../trust/consent/index.ts'
import type { Identity } from '../../trust/identity/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Policy } from '../../trust/policy/index.ts'
import { createAnswerer } from './answering/answer.ts'
import { createRouter } from './answering/forward.ts'
import type { AbsentDeps } from './asking/absent.ts'
import { createAsker } from './asking/ask.ts'
import type { GatherInsight } from './query-types/index.ts'
import type { Query, QueryWatch } from './types.ts'

export interface QueryDeps {
  readonly config: Pick<Config, 'node' | 'sharing' | 'overlay'>
  readonly identity: Pick<Identity, 'publicKey' | 'sign' | 'fingerprint'>
  readonly trust: Pick<Trust, 'members' | 'opinion' | 'known' | 'onChange'>
  readonly mesh: Pick<Mesh, 'link' | 'reach' | 'isConnected' | 'apart'>
  readonly insight: GatherInsight
  readonly summaries: AbsentDeps['summaries']
  readonly sharing: Pick<Sharing, 'consentOf' | 'onChange'>
  readonly policy: Pick<Policy, 'decide'>
  readonly audit: Pick<Audit, 'record'>
  readonly replay: Pick<ReplayRepository, 'put' | 'load'>
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  /** The daemon's own user: decides for a node on which nobody typed anything yet. */
  readonly ownUid: number
  readonly watch?: QueryWatch
  /** Sees the plaintext of every answer before it is sealed. */
  readonly onEncoded?: ((bytes: Uint8Array) => void) | undefined
}

/** Answers under way are given this long when the room stops. */
const DRAIN_MS = 1_000

/**
 * Registers its protocol with the mesh, and starts before it (after the store): no question may come in before those
 * already taken up are known.
 */
export function createQuery(deps: QueryDeps): Query {
  const log = deps.log.child({ room: 'query' })
  let revision = 0
  const changed = (): void => {
    revision++
  }
  const stopWatching = [deps.trust.onChange(changed), deps.sharing.onChange(changed)]

  const link = openLink(deps.mesh, queryStream)
  const { publicKey } = deps.identity
  const router = createRouter({ ...deps, self: { nodeId: formatNodeId(publicKey), publicKey }, link })
  const answerer = createAnswerer({ ...deps, log, link, router, revision: () => revision })
  const asker = createAsker({ ...deps, log, link, router })

  link.serve({
    frame(peer, frame) {
      if (frame.message === QueryHop) {
        answerer.hop(peer, frame)
      } else if (frame.message === Response) {
        if (!router.response(peer, frame)) asker.response(peer, frame)
      } else if (frame.message === QueryDone) {
        // The asker first: the router may make it ask this neighbour anew, which is then not what is done.
        asker.done(peer, frame)
        router.done(peer, frame)
        answerer.done(peer, frame)
      }
    },
    down(peer) {
      router.down(peer)
      asker.down(peer)
    },
    // An echo whose way back is cut off is lost: owners that refuse the asker answer over no other way.
    inUse: (node) => router.inUse(node),
  })

  const room: Room = {
    name: 'query',
    async start(signal) {
      signal.throwIfAborted()
      await answerer.load()
    },
    async stop() {
      for (const stop of stopWatching) stop()
      asker.stop()
      const { relayed, dropped } = router.counts()
      log.info({ relayed, dropped }, 'answers carried for others')
      router.stop()
      await within(answerer.idle(), DRAIN_MS)
    },
  }
  return {
    ...room,
    ask: asker.ask,
    status() {
      const { relayed, dropped } = router.counts()
      return { asking: asker.asking(), answering: answerer.answering(), relayed, relay_dropped: dropped }
    },
  }
}
