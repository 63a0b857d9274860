// Builds the mesh and the rooms that exchange documents, summaries and queries with members through it.
import { systemTimers as timers } from '../base/clock.ts'
import { VERSION } from '../base/version.ts'
import { readStaticPeer } from '../config/index.ts'
import { createDocuments } from '../exchange/documents/index.ts'
import { createQuery } from '../exchange/query/index.ts'
import { createSummaries } from '../exchange/summaries/index.ts'
import { createMesh } from '../mesh/index.ts'
import { createUpkeep } from '../trust/certificates/index.ts'
import type { Foundation } from './foundation.ts'
import type { Local } from './local.ts'

export type Network = ReturnType<typeof buildNetwork>

export function buildNetwork(foundation: Foundation, local: Local) {
  const { common, metrics, name, onEncoded, ownUid } = foundation
  const { audit, fleet, insight, introductions, policy, sharing, store, trust } = local
  const { replay } = store

  const mesh = createMesh({
    ...common,
    ...{ trust, audit, replay, name, timers, onEncoded },
    credentials: fleet,
    version: VERSION,
  })
  const documents = createDocuments({
    ...{ ...common, repository: store.documents, trust, mesh, audit, timers },
    ports: {
      ...fleet.documents,
      introduction: {
        wanted: (author) => author === foundation.common.identity.nodeId || trust.admits(author),
        accept: introductions.accept,
        isFirst: () => false,
      },
    },
  })
  fleet.onAuthority(documents.again)
  fleet.onDocument(async (kind, frame) => {
    try {
      await documents.publish(kind, frame)
    } catch (error) {
      common.log.error(
        { kind, reason: String(error) },
        'what was signed here was not stored, and is not in the mesh',
      )
      throw error
    }
  })
  const upkeep = createUpkeep({
    ...{ ...common, fleet, trust, timers },
    meet(who) {
      if (typeof who === 'string') mesh.meet(who)
      else {
        const place = readStaticPeer(who.place)
        if (place !== undefined) mesh.meet(place)
      }
    },
  })
  audit.onHead((frame) => {
    documents.publish('audit_head', frame).catch((error: unknown) => {
      common.log.debug({ reason: String(error) }, 'a head of the ledger was not published')
    })
  })
  const shared = { insight, sharing, policy, trust, documents, audit, timers, onEncoded }
  const summaries = createSummaries({ ...common, ...shared })
  const query = createQuery({
    ...common,
    ...{ trust, mesh, insight, summaries, sharing, policy, audit, replay },
    timers,
    ownUid,
    onEncoded,
    watch: metrics.query,
  })

  return { mesh, documents, summaries, query, upkeep }
}
