// /peers/introduce: this node introduces another one to those that made it an introducer, and takes that back.
import { parseNodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import type { Clock } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import type { Documents } from '../../../exchange/documents/index.ts'
import type { Audit } from '../../../trust/audit/index.ts'
import type { Introductions, Trust } from '../../../trust/peers/index.ts'
import { introducePeer } from '../../contract/operations/peers.ts'
import type { Routes } from '../../server/route.ts'
import { serve } from '../../server/serve.ts'

interface IntroductionsDeps {
  readonly trust: Pick<Trust, 'resolve' | 'opinion' | 'admits'>
  readonly introductions: Pick<Introductions, 'sign'>
  readonly documents: Pick<Documents, 'publish'>
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
}

/** Sources by which this node knows a node itself; what it has by the word of another it does not hand on. */
const OWN: ReadonlySet<string> = new Set(['config', 'tofu', 'certificate'])

/** Errors: those of `who`; `refused` for a node that this one does not trust by itself. */
export function introductionsRoutes(deps: IntroductionsDeps): Routes {
  const { trust, introductions, documents, audit, clock } = deps
  return (server) => {
    serve(server, introducePeer, async ({ body }) => {
      const { level = 'peer', teams = [], days = 30, withdraw = false } = body
      const node_id = trust.resolve(body.who)
      const { fingerprint, name, why } = trust.opinion(node_id)
      if (!withdraw && !(trust.admits(node_id) && OWN.has(why)))
        throw new KaroError(
          'refused',
          `${name || fingerprint} is not trusted here by a person, the configuration or a certificate`,
          {
            hint: 'Compare its fingerprint and run karo peers trust first; what others introduced is not introduced again.',
          },
        )
      const until = clock.now() + days * DAY_MS
      const key = parseNodeId(node_id) as Uint8Array
      const frame = introductions.sign({ key, name, level, teams, not_after: until, withdrawn: withdraw })
      await documents.publish('introduction', frame)
      await audit.record({
        type: 'trust_change',
        success: true,
        peer: node_id,
        details: { action: withdraw ? 'introduction withdrawn' : 'introduce', level, days },
      })
      return {
        node_id,
        fingerprint,
        name,
        level,
        teams,
        until: new Date(until).toISOString(),
        withdrawn: withdraw,
      }
    })
  }
}
