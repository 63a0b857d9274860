// /share: what the calling person consents to, shown and changed, and what leaves by it.
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import type { Sharing, SharingView } from '../../sharing/index.ts'
import type { Summaries, SummaryPreview } from '../../summaries/index.ts'
import type { Trust } from '../../trust/index.ts'
import type { Routes } from '../route.ts'
import type { SharePreviewShape, SummaryShape } from '../shapes.ts'

interface ShareRouteDeps {
  readonly sharing: Sharing
  readonly summaries: Pick<Summaries, 'preview'>
  readonly trust: Pick<Trust, 'resolve' | 'opinion'>
}

const readerSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    /** A node id, a fingerprint in any grouping, or a name. */
    to: { type: 'string', minLength: 1, maxLength: 256 },
    role: { type: 'string', minLength: 1, maxLength: 64 },
  },
} as const

const whoSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['who'],
  properties: {
    /** A node id, a fingerprint in any grouping, a name, `team:x`, `role:x` or `*`. */
    who: { type: 'string', minLength: 1, maxLength: 256 },
  },
} as const

/**
 * Changes answer with how sharing is afterwards. The preview is of all people of this node, as its summaries are. Until
 * peer credentials are read, whoever may use the socket counts as the daemon's own user, who may see that; then it has
 * to be of those boxes that hold numbers of the caller's. Errors of `to`: `not_found`, `conflict`, `bad_request`, also
 * with `role` beside it.
 */
export function shareRoutes({ sharing, summaries, trust }: ShareRouteDeps): Routes {
  return (server) => {
    server.get<{ Querystring: { readonly to?: string; readonly role?: string } }>(
      '/api/v1/share/preview',
      { config: { access: 'person' }, schema: { querystring: readerSchema } },
      async ({ query: { to, role } }): Promise<SharePreviewShape> => {
        if (to !== undefined && role !== undefined) {
          throw new KaroError('bad_request', 'a preview is for one node or for one role', { where: 'role' })
        }
        const node = to === undefined ? undefined : trust.opinion(trust.resolve(to))
        const reader = node ? { node: node.node_id } : role === undefined ? undefined : { role }
        const previews = await summaries.preview(reader)
        return {
          to: node ? { node_id: node.node_id, fingerprint: node.fingerprint, name: node.name } : null,
          role: role ?? null,
          summaries: previews.map(summaryShape),
        }
      },
    )
    server.get(
      '/api/v1/share',
      { config: { access: 'person' } },
      async ({ caller }): Promise<SharingView> => sharing.show(caller.uid),
    )
    for (const change of ['allow', 'stop'] as const) {
      server.post<{ Body: { readonly who: string } }>(
        `/api/v1/share/${change}`,
        { config: { access: 'person' }, schema: { body: whoSchema } },
        async ({ caller, body }): Promise<SharingView> => sharing[change](caller.uid, body.who),
      )
    }
    for (const change of ['off', 'on'] as const) {
      server.post(
        `/api/v1/share/${change}`,
        { config: { access: 'person' } },
        async ({ caller }): Promise<SharingView> => sharing[change](caller.uid),
      )
    }
  }
}

function summaryShape({ recipients, summary, bytes }: SummaryPreview): SummaryShape {
  const time = (ms: number): string => new Date(ms).toISOString()
  const { start, end, generated_at } = summary
  return {
    recipients,
    summary: { ...summary, start: time(start), end: time(end), generated_at: time(generated_at) },
    bytes: bytes.length,
    digest: Buffer.from(blake3([bytes])).toString('hex'),
  }
}
