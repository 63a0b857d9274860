// /artifacts: each person has their own files; what comes and goes is compared with its hash.
import { Readable } from 'node:stream'
import { type Artifact, type Artifacts, type Owner, PART_BYTES } from '../../../agents/artifacts/types.ts'
import { KaroError } from '../../../base/errors.ts'
import {
  addArtifactPart,
  beginArtifact,
  finishArtifact,
  getArtifacts,
  readArtifact,
  removeArtifact,
  showArtifact,
} from '../../contract/operations/agents/artifacts.ts'
import type { ArtifactShape } from '../../contract/shapes.ts'
import type { Caller, Routes } from '../../server/route.ts'
import { serve } from '../../server/serve.ts'

/** Errors: those of `Artifacts`. */
export function artifactsRoutes({ artifacts }: { readonly artifacts: Artifacts }): Routes {
  const ownerOf = ({ caller, id }: { readonly caller: Caller; readonly id: string }): Owner => ({
    ...{ person: caller.uid, traceId: id },
  })
  return (server) => {
    serve(server, getArtifacts, async (request) => ({
      artifacts: (await artifacts.list(ownerOf(request))).map(shapeOf),
    }))
    serve(server, showArtifact, async (request) => {
      const { id } = request.query
      const found = await artifacts.find(ownerOf(request), id)
      return { ...shapeOf(found), preview: await artifacts.preview(ownerOf(request), id) }
    })
    serve(server, readArtifact, async (request, reply) => {
      const { id, from } = request.query
      // An unknown id is said before the answer begins.
      const found = await artifacts.find(ownerOf(request), id)
      const content = artifacts.read(ownerOf(request), found.id, from)
      return reply.type('application/octet-stream').send(Readable.from(content, { objectMode: false }))
    })
    serve(server, beginArtifact, async (request) => {
      const { name, media_type, expires_at } = request.body
      const expiresAt = expires_at === null ? null : Date.parse(expires_at)
      if (Number.isNaN(expiresAt))
        throw new KaroError('bad_request', 'this is no time', { where: 'expires_at' })
      const coming = { name, mediaType: media_type, source: 'person', expiresAt }
      return { key: await artifacts.begin(ownerOf(request), coming), part_bytes: PART_BYTES }
    })
    serve(server, addArtifactPart, async (request) => {
      const { key, at, bytes } = request.body
      return artifacts.add(ownerOf(request), key, at, Buffer.from(bytes, 'base64url'))
    })
    serve(server, finishArtifact, async (request) => {
      const { key, id } = request.body
      const { artifact, known } = await artifacts.finish(ownerOf(request), key, id)
      return { ...shapeOf(artifact), known }
    })
    serve(server, removeArtifact, async (request) =>
      shapeOf(await artifacts.remove(ownerOf(request), request.body.id)),
    )
  }
}

const time = (ms: number): string => new Date(ms).toISOString()

const shapeOf = ({ mediaType, createdAt, expiresAt, ...rest }: Artifact): ArtifactShape => ({
  ...{ ...rest, media_type: mediaType, created_at: time(createdAt) },
  expires_at: expiresAt === null ? null : time(expiresAt),
})
