// A capability as a signed document in a chain: who made it for whom, what it allows, until when; children only narrow.

import type { WireValue } from '../../../protocols/define.ts'
import { decodeValue, encodeValue } from '../../../protocols/messagepack.ts'
import { isNodeId, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { verifySignature } from '../../trust/identity/index.ts'
import type { Pin } from '../types.ts'
import { covers, NAME_MAX } from './names.ts'

/** Documents from the first grant to the one that is used. */
export const CHAIN_MAX = 8
/** Capabilities of one document. */
export const NAMES_MAX = 32
const DOMAIN = Buffer.from('karo-capability-v1\0')

export interface CapabilityBody {
  /** 32 hex digits, random. */
  readonly id: string
  /** Of the document that this one narrows; null for a grant of the machine itself. */
  readonly parent: string | null
  /** Who signed it. */
  readonly issuer: NodeId
  /** Whose key may sign a narrower one. */
  readonly holder: NodeId
  /** The agent that may use it. */
  readonly subject: string
  readonly names: readonly string[]
  /** Milliseconds since the epoch. */
  readonly issued_at: number
  readonly expires_at: number
  /** Used up by one action. */
  readonly once: boolean
  /** Of a lasting grant: what was granted, so that another program or tool list under the same words is not it. */
  readonly pin?: Pin
}

export interface Capability {
  readonly body: CapabilityBody
  /** Ed25519 over the canonical bytes of the body, 64 bytes. */
  readonly signature: Uint8Array
}

/** Root first. */
export type Chain = readonly Capability[]

export interface Signer {
  readonly nodeId: NodeId
  sign(message: Uint8Array): Uint8Array
}

const bytesOf = (body: CapabilityBody): Uint8Array =>
  Buffer.concat([DOMAIN, encodeValue(body as unknown as WireValue)])

export const signCapability = (body: CapabilityBody, signer: Signer): Capability => ({
  body,
  signature: signer.sign(bytesOf(body)),
})

/** The requested names as far as the parent has them: of two where one covers the other the narrower. */
export const intersect = (parent: readonly string[], requested: readonly string[]): readonly string[] => [
  ...new Set(
    requested.flatMap((name) =>
      parent.some((held) => covers(held, name)) ? [name] : parent.filter((held) => covers(name, held)),
    ),
  ),
]

/**
 * A narrower document, made by the holder of the last one of the chain without asking anybody: requested ∩ parent, ending no
 * later. Undefined where nothing is left, or the chain is as long as it may be.
 */
export function attenuate(
  chain: Chain,
  wanted: Pick<CapabilityBody, 'id' | 'subject' | 'names' | 'issued_at' | 'expires_at' | 'once' | 'holder'>,
  signer: Signer,
): Chain | undefined {
  const parent = chain.at(-1)
  if (parent === undefined || chain.length >= CHAIN_MAX) return undefined
  const names = intersect(parent.body.names, wanted.names)
  if (names.length === 0) return undefined
  const body: CapabilityBody = {
    ...wanted,
    names,
    parent: parent.body.id,
    issuer: signer.nodeId,
    expires_at: Math.min(wanted.expires_at, parent.body.expires_at),
    once: wanted.once || parent.body.once,
  }
  return [...chain, signCapability(body, signer)]
}

/**
 * Why the chain gives nothing now; undefined if it holds. `own` are the keys that the machine on which it is used has or had;
 * `isRevoked` is asked about every document of the chain.
 */
export function problemOf(
  chain: Chain,
  {
    own,
    now,
    isRevoked,
  }: { readonly own: readonly NodeId[]; readonly now: number; readonly isRevoked: (id: string) => boolean },
): string | undefined {
  if (chain.length === 0 || chain.length > CHAIN_MAX) return 'the chain has no documents, or too many'
  let parent: CapabilityBody | undefined
  for (const document of chain) {
    const { body } = document
    if (!isSigned(document)) return 'a signature is not of its issuer'
    if (parent === undefined) {
      if (body.parent !== null || !own.includes(body.issuer)) return 'it was not granted by this machine'
    } else {
      if (body.parent !== parent.id) return 'a document is not of the one before it'
      if (body.issuer !== parent.holder && ![body.issuer, parent.holder].every((key) => own.includes(key)))
        return 'a document was signed by somebody who did not hold the one before it'
      if (!body.names.every((name) => parent?.names.some((held) => covers(held, name))))
        return 'a document allows more than the one before it'
      if (body.expires_at > parent.expires_at) return 'a document lasts longer than the one before it'
      if (parent.once && !body.once) return 'a document may be used more often than the one before it'
    }
    if (isRevoked(body.id)) return 'it was revoked'
    if (now >= body.expires_at) return 'it has expired'
    if (now < body.issued_at - SKEW_MS) return 'it is not valid yet'
    parent = body
  }
  return undefined
}

/** Documents whose signature was verified; they are frozen then, so that they stay what was verified. */
const verified = new WeakSet<Capability>()

/** Each gate asks it about each action, and a signature costs a third of a millisecond. */
function isSigned(document: Capability): boolean {
  if (verified.has(document)) return true
  const { body, signature } = document
  const key = parseNodeId(body.issuer)
  if (key === undefined || !verifySignature(key, bytesOf(body), signature)) return false
  for (const part of [body.names, body, document]) Object.freeze(part)
  verified.add(document)
  return true
}

/** Two machines' clocks may differ by this much. */
const SKEW_MS = 60_000

/** The chain as bytes, and back. `readChain` gives undefined for anything that is none. */
export const writeChain = (chain: Chain): Uint8Array =>
  encodeValue(chain.map(({ body, signature }) => ({ body, signature })) as unknown as WireValue)

export function readChain(bytes: Uint8Array): Chain | undefined {
  try {
    const value = decodeValue(bytes)
    if (!Array.isArray(value) || value.length === 0 || value.length > CHAIN_MAX) return undefined
    return value.every(isCapability) ? (value as unknown as Chain) : undefined
  } catch {
    return undefined
  }
}

const ID = /^[0-9a-f]{32}$/
const isMoment = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

function isCapability(value: unknown): boolean {
  const { body, signature, ...rest } = (value ?? {}) as Partial<Capability>
  if (Object.keys(rest).length > 0 || !(signature instanceof Uint8Array) || typeof body !== 'object')
    return false
  const { id, parent, issuer, holder, subject, names, issued_at, expires_at, once, pin: _, ...more } = body
  return (
    Object.keys(more).length === 0 &&
    ID.test(String(id)) &&
    (parent === null || ID.test(String(parent))) &&
    isNodeId(String(issuer)) &&
    isNodeId(String(holder)) &&
    typeof subject === 'string' &&
    subject.length <= 128 &&
    Array.isArray(names) &&
    names.length > 0 &&
    names.length <= NAMES_MAX &&
    names.every((name) => typeof name === 'string' && name.length <= NAME_MAX) &&
    isMoment(issued_at) &&
    isMoment(expires_at) &&
    typeof once === 'boolean'
  )
}
