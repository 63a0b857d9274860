// /artifacts: each person has their own files; what comes and goes is compared with its hash.
import { pipe } from 'it-pipe'
import { HOLDING_MAX } from '../../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { type Owner, PART_BYTES } from '../../../agents/artifacts/types.ts'
import { KaroError } from '../../../base/errors.ts'
import { toHex } from '../../../base/hex.ts'
import type { ShareRow } from '../../../store/tables/artifacts.ts'
import type { Operators } from '../../../trust/certificates/index.ts'
import type { Trust } from '../../../trust/peers/index.ts'
import * as api from '../../contract/operations/agents/artifacts.ts'
import type { ArtifactFetchLineShape, ArtifactShareShape } from '../../contract/shapes.ts'
import type { Asked } from '../../remote/ask.ts'
import type { Fetched } from '../../remote/fetching.ts'
import { describeError } from '../../server/errors.ts'
import {
  answered,
  momentOf,
  ndjson,
  type Rooms,
  type Routes,
  refsBy,
  serve,
  shown,
} from '../../server/index.ts'
import { operatorNamed } from '../mesh/operator-named.ts'
import { whileOpen } from './while-open.ts'

export const ownerOf = ({ caller, id }: Asked): Owner => ({
  person: caller.person,
  traceId: id,
})

/** Errors: those of `Artifacts`, and of `Fetching` for what other machines have. */
export function artifactsRoutes(rooms: Rooms): Routes {
  const { artifacts, fetching, holdings, trust, mesh, log } = rooms
  return (server) => {
    sharesRoutes(rooms)(server)
    serve(server, api.fetchArtifact, async (request, reply) => {
      const { id, at = '', link } = request.body
      const wanted = id === undefined ? { link: link ?? '' } : { artifact: id, at }
      const told = await fetching.fetch(request, wanted, whileOpen(reply))
      // A machine that was reached may be away for longer than an idle connection lasts.
      request.raw.socket.setTimeout(0)
      const onUnexpected = (error: unknown): void =>
        log.error({ trace_id: request.id, reason: String(error) }, 'a fetch failed unexpectedly')
      return pipe(told, toldUntil(onUnexpected), ndjson, answered(reply, 'application/x-ndjson'))
    })
    serve(server, api.findArtifact, async ({ query }) => ({
      holders: (await holdings.where(query.id)).map(({ node, artifact }) => ({
        node: refsBy(trust)(node),
        artifact,
        connected: mesh.isConnected(node),
      })),
    }))
    serve(server, api.getArtifacts, async (request) => ({
      artifacts: (await artifacts.list(ownerOf(request))).map(shown),
    }))
    serve(server, api.showArtifact, async (request) => {
      const { id } = request.query
      const found = await artifacts.find(ownerOf(request), id)
      const { text, beginning } = await artifacts.preview(ownerOf(request), id)
      return { ...shown(found), preview: text, beginning: text === null ? toHex(beginning) : '' }
    })
    serve(server, api.readArtifact, async (request, reply) => {
      const { id, from } = request.query
      // An unknown id is reported before the answer begins.
      const found = await artifacts.find(ownerOf(request), id)
      const content = artifacts.read(ownerOf(request), found.id, from)
      return answered(reply, 'application/octet-stream')(content)
    })
    serve(server, api.beginArtifact, async (request) => {
      const coming = { ...request.body, source: 'person', expires_at: momentOf(request.body.expires_at) }
      return { key: await artifacts.begin(ownerOf(request), coming), part_bytes: PART_BYTES }
    })
    serve(server, api.addArtifactPart, async (request) => {
      const { key, at, bytes } = request.body
      return artifacts.add(ownerOf(request), key, at, Buffer.from(bytes, 'base64url'))
    })
    serve(server, api.finishArtifact, async (request) => {
      const { key, id } = request.body
      const { artifact, known } = await artifacts.finish(ownerOf(request), key, id)
      return { ...shown(artifact), known }
    })
    serve(server, api.removeArtifact, async (request) =>
      shown(await artifacts.remove(ownerOf(request), request.body.id)),
    )
  }
}

/** Errors: those of `Shares`, and `not_found` or `conflict` for an audience that is nobody, or several. */
function sharesRoutes({ artifacts, trust, fleet: { operators } }: Rooms): Routes {
  const { shares } = artifacts
  const nameOf = (audience: string | null): string => {
    const known = operators.list().find(({ binding }) => binding.node_id === audience)
    if (known !== undefined) return known.binding.name
    return audience === null ? '' : trust.opinion(audience as NodeId).name
  }
  const shownBy = async (owner: Owner) => {
    const names = new Map((await artifacts.list(owner)).map(({ id, name }) => [id, name]))
    const leftOut = new Set((await shares.told()).slice(HOLDING_MAX))
    return ({ id, read_at, ...row }: ShareRow): ArtifactShareShape => ({
      share: id,
      ...shown({ ...row, read_at: read_at || null }),
      name: names.get(row.artifact) ?? '',
      audience_name: nameOf(row.audience),
      left_out: row.told && leftOut.has(row.artifact),
    })
  }
  return (server) => {
    serve(server, api.shareArtifact, async (request) => {
      const owner = ownerOf(request)
      const { id, ends_at, to, told } = request.body
      const endsAt = Date.parse(ends_at)
      const audience = to === undefined ? null : audienceOf(to, { trust, operators })
      const { share, link } = await shares.share(owner, id, { endsAt, audience, told })
      return { ...(await shownBy(owner))(share), link }
    })
    serve(server, api.getShares, async (request) => {
      const owner = ownerOf(request)
      return { shares: (await shares.list(owner)).map(await shownBy(owner)) }
    })
    serve(server, api.unshareArtifact, async (request) => ({
      ended: (await shares.unshare(ownerOf(request), request.body.id)).length,
    }))
  }
}

/** The member or operator whom a person means. A name that both have names neither of them, also after the operator's certificate ended. */
function audienceOf(
  to: string,
  { trust, operators }: { readonly trust: Trust; readonly operators: Operators },
): NodeId {
  const node = unlessUnknown(() => trust.resolve(to))
  const operator = unlessUnknown(() => operatorNamed(operators.list(), to))
  const isMember = node !== undefined && trust.admits(node)
  const id = operator?.binding.node_id
  if (isMember && id !== undefined && id !== node)
    throw new KaroError('conflict', `'${to}' is the name of a member and of an operator`, {
      hint: 'Name one by its id: karo peers, karo operator list.',
    })
  if (isMember) return node
  if (operator?.state === 'valid') return operator.binding.node_id
  throw new KaroError(
    'not_found',
    `'${to}' is not a member here, and not an operator with a valid certificate`,
    {
      hint: 'karo peers lists machines, karo operator list people.',
    },
  )
}

function unlessUnknown<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch (error) {
    if (error instanceof KaroError && error.code === 'not_found') return undefined
    throw error
  }
}

/** What breaks it off after the first line is the last line, because the answer has begun and its status is sent. */
const toldUntil = (onUnexpected: (error: unknown) => void) =>
  async function* (told: AsyncIterable<Fetched>): AsyncGenerator<ArtifactFetchLineShape, void> {
    let last: Pick<Fetched, 'received' | 'size'> | undefined
    try {
      for await (const { artifact, ...rest } of told) {
        last = rest
        yield { ...rest, artifact: artifact && shown(artifact) }
      }
    } catch (error) {
      if (last === undefined) throw error
      const { body, unexpected } = describeError(error)
      if (unexpected) onUnexpected(error)
      yield { ...last, artifact: null, ...body }
    }
  }
