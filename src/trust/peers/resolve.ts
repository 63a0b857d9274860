// From what a person typed (node id, fingerprint, name) to the one node meant, or an error that helps.
import { isNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { closest } from '../../base/suggest.ts'

export interface Candidate {
  readonly node_id: NodeId
  readonly fingerprint: string
  /** Empty if none is known. */
  readonly name: string
  /** People here call it so. Otherwise the name is its own claim, which anybody can make. */
  readonly chosen: boolean
  /** It is trusted here, or had a link to this node. Others stood in the lobby, or are known by gossip alone. */
  readonly met: boolean
}

const HINT = 'Run `karo peers` to see who is known, or give the full node id.'
/** So many candidates are listed when a name is ambiguous. */
const LISTED = 8

/**
 * `who` is a full node id (known or not), the fingerprint of a known node in any grouping, or the exact name of one
 * known node. What nobody can invent comes first: fingerprints and the names that people here chose, then what nodes
 * that were met call themselves, and last what strangers and members known by gossip alone do.
 * A name that looks like a fingerprint means nothing unless people here chose it. Never guesses: what fits several of
 * the first kind that it fits is a `conflict` that lists them, an unknown one `not_found` with the nearest name, a
 * damaged node id `bad_request`.
 */
export function resolveNode(who: string, candidates: readonly Candidate[]): NodeId {
  const text = who.trim()
  if (isNodeId(text)) return text
  if (text.startsWith('karo:')) {
    throw new KaroError('bad_request', `'${text.slice(0, 80)}' is not a node id`, {
      hint: 'A node id is karo:ed25519: and 43 characters of unpadded base64url; copy it from `karo identity show`.',
    })
  }
  const hex = text.toLowerCase().replace(/[\s:-]/g, '')
  const isFingerprint = /^[0-9a-f]{16}$/.test(hex)
  const called = candidates.filter(({ name }) => name !== '' && name === text)
  const ranks = [
    candidates.filter(
      (one) => isFingerprint && (one.fingerprint === hex || (one.chosen && one.name === text)),
    ),
    called.filter(({ chosen }) => chosen),
    ...(isFingerprint ? [] : [called.filter(({ met }) => met), called]),
  ]
  const found = ranks.find((rank) => rank.length > 0) ?? []
  if (found.length > 1) {
    const listed = found.slice(0, LISTED).map((c) => `${c.fingerprint} ${c.name} (${c.node_id})`)
    if (found.length > LISTED) listed.push(`and ${found.length - LISTED} more`)
    throw new KaroError('conflict', `'${text}' may be any of ${found.length} nodes: ${listed.join('; ')}`, {
      hint: 'Give the full node id of the one you mean.',
    })
  }
  if (found[0]) return found[0].node_id
  const near = closest(
    text,
    candidates.flatMap(({ name }) => name || []),
  )
  throw new KaroError('not_found', `no node here is known as '${text.slice(0, 80)}'`, {
    hint: near === undefined ? HINT : `Did you mean '${near}'? ${HINT}`,
  })
}
