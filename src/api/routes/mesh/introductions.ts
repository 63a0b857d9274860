// /peers/introduce and /peers/introductions: this node introduces another one, takes that back, and lists what was said.
import { type NodeId, parseNodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import type { Clock } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import type { Documents } from '../../../exchange/documents/index.ts'
import type { Audit } from '../../../trust/audit/index.ts'
import { fingerprintOf } from '../../../trust/identity/index.ts'
import type { Introduced, Introductions, Trust } from '../../../trust/peers/index.ts'
import { getIntroductions, introducePeer } from '../../contract/operations/peers.ts'
import type { IntroductionsShape } from '../../contract/shapes.ts'
import type { Routes } from '../../server/route.ts'
import { serve } from '../../server/serve.ts'

interface IntroductionsDeps {
  readonly self: NodeId
  readonly trust: Pick<Trust, 'resolve' | 'opinion' | 'admits' | 'introducer'>
  readonly introductions: Pick<Introductions, 'sign' | 'accept' | 'all' | 'gives'>
  readonly documents: Pick<Documents, 'publish'>
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
}

/** Sources by which this node knows a node itself; it does not pass on knowledge from introductions. */
const OWN: ReadonlySet<string> = new Set(['config', 'tofu', 'certificate'])

const LEVELS = ['share_to', 'query_from', 'peer'] as const
type Given = IntroductionsShape['given'][number]
type Received = IntroductionsShape['received'][number]

const byEnd = (a: Given, b: Given): number => (a.until < b.until ? -1 : a.until > b.until ? 1 : 0)

/** Errors: those of `who`; `refused` for a node that this one does not trust by itself. */
export function introductionsRoutes(deps: IntroductionsDeps): Routes {
  const { self, trust, introductions, documents, audit, clock } = deps

  /** As it was signed; undefined: the level is none that an introduction gives. */
  function signed({ node_id, body }: Introduced): Given | undefined {
    const level = LEVELS.find((known) => known === body.level)
    const { key, name, teams, not_after } = body
    const until = new Date(not_after).toISOString()
    return level && { node_id, fingerprint: fingerprintOf(key), name, level, teams: [...teams], until }
  }
  function receivedOf(one: Introduced, given: Given): Received {
    const scope = trust.introducer(one.introducer)
    const word = scope === undefined ? undefined : introductions.gives(one, scope)
    const level = LEVELS.find((known) => known === word?.level)
    const by = { introducer: one.introducer, introducer_name: trust.opinion(one.introducer).name }
    if (word === undefined || level === undefined) return { ...given, ...by, counts: false }
    const until = new Date(word.until).toISOString()
    return { ...given, ...by, level, teams: [...word.teams], until, counts: true }
  }
  function all(): IntroductionsShape {
    const [given, received]: [Given[], Received[]] = [[], []]
    for (const one of introductions.all()) {
      const said = signed(one)
      if (said === undefined || one.body.withdrawn || one.body.not_after <= clock.now()) continue
      if (one.introducer === self) given.push(said)
      // An introduction of this node itself has no effect here: nobody is trusted by its own node through one.
      else if (one.node_id !== self) received.push(receivedOf(one, said))
    }
    return { given: given.sort(byEnd), received: received.sort(byEnd) }
  }

  return (server) => {
    serve(server, getIntroductions, async () => all())
    serve(server, introducePeer, async ({ body }) => {
      const { level = 'peer', teams = [], days = 30, withdraw = false } = body
      const node_id = trust.resolve(body.who)
      const { fingerprint, name, why } = trust.opinion(node_id)
      if (!withdraw && !(trust.admits(node_id) && OWN.has(why)))
        throw new KaroError(
          'refused',
          `${name || fingerprint} is not trusted here by a person, the configuration or a certificate`,
          {
            hint: 'Compare its fingerprint and run karo peers trust first; a node that you know only by introduction cannot be introduced.',
          },
        )
      const until = clock.now() + days * DAY_MS
      const key = parseNodeId(node_id) as Uint8Array
      const frame = introductions.sign({ key, name, level, teams, not_after: until, withdrawn: withdraw })
      await documents.publish('introduction', frame)
      introductions.accept(frame)
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
