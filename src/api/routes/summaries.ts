// /summaries: lists own editions with numbers of the caller, and editions of other nodes for people who may ask the mesh.
import { DAY_MS } from '../../base/calendar.ts'
import { getPublished, getSummaries } from '../contract/operations/summaries.ts'
import { type Rooms, type Routes, refsBy, serve, shown } from '../server/index.ts'

const SINCE_MS = 7 * DAY_MS

export function summariesRoutes({ summaries, trust, clock }: Rooms): Routes {
  const refOf = refsBy(trust)

  return (server) => {
    serve(server, getPublished, async ({ caller }) => {
      const published = await summaries.published(caller.person)
      return {
        summaries: published.map(({ period, recipients, ...edition }) => ({
          period: shown(period),
          ...shown(edition),
          recipients: recipients.map(refOf),
        })),
      }
    })
    serve(server, getSummaries, async ({ query: { author, since, limit }, caller }) => {
      const now = clock.now()
      const { summaries: held, total } = await summaries.held({
        ...(author && { author: trust.resolve(author, caller.admin) }),
        since: since === undefined ? now - SINCE_MS : Date.parse(since),
        limit,
      })
      return {
        summaries: held.map(({ author: by, period, generated_at, ...edition }) => ({
          author: refOf(by),
          period: shown(period),
          ...shown(edition),
          // If the author's clock is ahead, the age is 0 and not negative.
          age_ms: Math.max(0, now - generated_at),
        })),
        total,
      }
    })
  }
}
