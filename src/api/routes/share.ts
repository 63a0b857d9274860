// /share: what the calling person consents to, shown and changed.
import type { Sharing, SharingView } from '../../sharing/index.ts'
import type { Caller, Routes } from '../route.ts'

interface ShareRouteDeps {
  readonly sharing: Sharing
  readonly caller: Caller
}

const whoSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['who'],
  properties: {
    /** A node id, a fingerprint in any grouping, a name, `team:x`, `role:x` or `*`. */
    who: { type: 'string', minLength: 1, maxLength: 256 },
  },
} as const

/** Every route answers with how sharing is afterwards. */
export function shareRoutes({ sharing, caller }: ShareRouteDeps): Routes {
  return (server) => {
    server.get('/api/v1/share', async (): Promise<SharingView> => sharing.show(caller.uid))
    for (const change of ['allow', 'stop'] as const) {
      server.post<{ Body: { readonly who: string } }>(
        `/api/v1/share/${change}`,
        { schema: { body: whoSchema } },
        async (request): Promise<SharingView> => sharing[change](caller.uid, request.body.who),
      )
    }
    for (const change of ['off', 'on'] as const) {
      server.post(`/api/v1/share/${change}`, async (): Promise<SharingView> => sharing[change](caller.uid))
    }
  }
}
