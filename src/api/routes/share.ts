// /share: shows and changes what the caller consents to share, and previews what would leave this machine.
import type { NodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import {
  SUMMARY_CATEGORIES,
  type SummaryCategory,
  type SummaryPreview,
} from '../../exchange/summaries/index.ts'
import type { ContributionPreview } from '../../exchange/totals/index.ts'
import type { Sharing } from '../../trust/consent/index.ts'
import * as api from '../contract/operations/share.ts'
import type { SharingView, SummaryShape, TotalsPreviewShape } from '../contract/shapes.ts'
import { type Rooms, type Routes, refsBy, serve, shown } from '../server/index.ts'
import { personRef, readersShape } from './given-totals.ts'

/**
 * A change answers with the new state of sharing. The preview has the caller's numbers only: if other people of this
 * machine share with the same nodes, their numbers are added before sealing, and the caller may not see them. Errors of
 * `to`: `not_found`, `conflict`, and `bad_request`, also if `role` is given too.
 */
export function shareRoutes({ sharing, summaries, trust, totals }: Rooms): Routes {
  return (server) => {
    const refOf = refsBy(trust)
    const told = async (view: ReturnType<Sharing['show']>) =>
      withReaders(await view, readersShape(totals, refOf))
    serve(server, api.getPreview, async ({ query: { to, role, category, at }, caller }) => {
      if (to !== undefined && role !== undefined) {
        throw new KaroError('bad_request', 'a preview is for one node or for one role, not for both', {
          where: 'role',
        })
      }
      const node = to === undefined ? undefined : refOf(trust.resolve(to, caller.admin))
      const reader = node ? { node: node.node_id } : role === undefined ? undefined : { role }
      if (at !== undefined && role === undefined) {
        throw new KaroError('bad_request', 'a period is previewed for a role that gets totals', {
          where: 'at',
        })
      }
      const categories =
        category === undefined ? undefined : [...new Set(category.split(',').map(categoryOf))]
      if (categories !== undefined && role !== undefined) {
        throw new KaroError('bad_request', 'categories are previewed for one node, or for nobody yet', {
          where: 'role',
        })
      }
      const previews =
        categories === undefined
          ? await summaries.preview(caller.person, reader)
          : await summaries.previewOf(caller.person, categories)
      return {
        to: node ?? null,
        role: role ?? null,
        categories: categories ?? null,
        summaries: previews.map(summaryShape),
        totals:
          role === undefined || !totals.audiences().includes(role)
            ? null
            : totalsShape(await totals.preview(caller.person, role, timeOf(at)), refOf),
      }
    })
    serve(server, api.getShare, ({ caller }) => told(sharing.show(caller.person)))
    for (const change of ['allow', 'stop'] as const) {
      serve(server, api.NAMED_CHANGES[change], ({ caller, body }) =>
        told(sharing[change](caller.person, body.who, body.categories, caller.admin)),
      )
    }
    serve(server, api.stopAnomalies, ({ caller }) => told(sharing.anomalies(caller.person, 'off')))
    serve(server, api.letAnomalies, ({ caller, body }) => told(sharing.anomalies(caller.person, body.choice)))
    for (const change of ['off', 'on', 'reset'] as const) {
      serve(server, api.CHANGES[change], ({ caller }) => told(sharing[change](caller.person)))
    }
  }
}

/** Where nothing is left that consent opens. */
const NO_TOTALS = 'consent to totals only, and this mesh has none for it'

/** Who has no role that gets totals in this mesh may have none, whatever people here let it have. */
export function withReaders<View extends Awaited<ReturnType<Sharing['show']>>>(
  view: View,
  totals: SharingView['totals'],
) {
  const nodes = new Set(totals.flatMap((one) => one.nodes.map(({ node_id }) => node_id)))
  const peers = view.peers.map((peer) =>
    nodes.has(peer.node_id)
      ? peer
      : {
          ...peer,
          level_2: [],
          ...(peer.level_1.length === 0 && peer.level_2.length > 0 && { reason: NO_TOTALS }),
        },
  )
  return { ...view, peers, totals }
}

function categoryOf(word: string): SummaryCategory {
  const found = SUMMARY_CATEGORIES.find((one) => one === word)
  if (found !== undefined) return found
  throw new KaroError('bad_request', 'summaries have no such category', {
    where: 'category',
    hint: `They have: ${SUMMARY_CATEGORIES.join(', ')}. What else may be asked: karo policy explain.`,
  })
}

const timeOf = (at: string | undefined): number | undefined => (at === undefined ? undefined : Date.parse(at))

function totalsShape(
  { audience: _, bucket, why, pair, readers, types, ...counts }: ContributionPreview,
  refOf: (id: NodeId) => TotalsPreviewShape['readers'][number],
): TotalsPreviewShape {
  return {
    ...counts,
    bucket: bucket === undefined ? null : shown(bucket),
    why: why ?? null,
    pair: pair.map(({ node_id, operator }) => ({ node: refOf(node_id), operator })),
    readers: readers.nodes.map(refOf),
    operators: readers.operators.map(personRef),
    types: types.map(({ reason, own, ...type }) => ({ ...type, reason: reason ?? null, own: [...own] })),
  }
}

function summaryShape({ recipients, summary, bytes }: SummaryPreview): SummaryShape {
  return {
    recipients,
    summary: shown(summary),
    bytes: bytes.length,
    digest: toHex(blake3([bytes])),
  }
}
