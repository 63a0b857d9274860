// Share links: a frame signed by the node that has the artifact, as text that people hand on.
import { SHARE_LINK_BYTES_MAX, ShareLink, type ShareLinkBody } from '../../../protocols/messages/agent.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { readStatement, type Signer, signStatement } from '../../trust/identity/index.ts'
import { LINK_PREFIX } from './types.ts'

export interface ReadLink {
  /** The node that has the artifact, and signed this. */
  readonly node: NodeId
  /** Hash of the artifact, 64 hex digits. */
  readonly artifact: string
  readonly secret: Uint8Array
  /** Milliseconds since the epoch. */
  readonly endsAt: number
  /** The node or operator who may use it; null: every member. */
  readonly audience: NodeId | null
  readonly frame: Uint8Array
}

/** `at`: now, milliseconds since the epoch. */
export function makeLink(
  identity: Signer,
  body: ShareLinkBody,
  { at, random }: { readonly at: number; readonly random: Random },
): string {
  return LINK_PREFIX + Buffer.from(signStatement(ShareLink, body, identity, at, random)).toString('base64url')
}

/** Its signature is checked, and nothing else. Throws KaroError `bad_request` for what is no link, or was changed. */
export function readLink(text: string): ReadLink {
  const body = text.startsWith(LINK_PREFIX) ? text.slice(LINK_PREFIX.length) : ''
  const link =
    body.length > Math.ceil((SHARE_LINK_BYTES_MAX * 4) / 3)
      ? undefined
      : readLinkFrame(Buffer.from(body, 'base64url'))
  if (link !== undefined) return link
  // The given text may be a secret, so the error does not repeat it.
  throw new KaroError('bad_request', 'this is not a link to an artifact, or it was cut or changed', {
    hint: `A link begins with ${LINK_PREFIX} and is one line: ask its owner for it again.`,
  })
}

/** The same for the frame alone; undefined for what is no link, or was changed. */
export function readLinkFrame(frame: Uint8Array): ReadLink | undefined {
  const said = readStatement(ShareLink, frame)
  if (typeof said === 'string') return undefined
  const { artifact, secret, not_after, audience } = said.body
  return {
    node: said.by,
    artifact: toHex(artifact),
    secret,
    frame,
    endsAt: not_after,
    audience: audience ? formatNodeId(audience) : null,
  }
}
