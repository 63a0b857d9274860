// Statements: what one aggregator signs of a release for one type, so that a holder can show that type, and no other, to others.
import { releases, statements } from '../../../protocols/aggregate.ts'
import type { ReleaseContent, ReleaseStatement, ShownStatement } from '../../../protocols/messages/release.ts'
import { FrameError } from '../../../protocols/reject.ts'
import { blake3 } from '../../base/hash.ts'
import { type Identity, isSame, verifySignature } from '../../trust/identity/index.ts'

const DOMAIN = Buffer.from('karo-released-v1')

/** A content as far as it is about one type, or about none. */
export const contentAbout = (content: ReleaseContent, type: string | undefined): ReleaseContent => ({
  ...content,
  types: content.types.filter((one) => one.type === type),
})

/** The same of a release; `named` are all types that it speaks of. */
const statementOf = (content: ReleaseContent, type: string | undefined): ReleaseStatement => ({
  ...contentAbout(content, type),
  named: content.types.map((one) => one.type),
})

const signedBytes = (statement: Uint8Array): Uint8Array => Buffer.concat([DOMAIN, blake3([statement])])

/** The signatures beside a content: over it without a type, then over each type, in its order. */
export function signaturesOf(content: ReleaseContent, identity: Pick<Identity, 'sign'>): Uint8Array[] {
  const types = [undefined, ...content.types.map(({ type }) => type)]
  return types.map((type) => identity.sign(signedBytes(statements.encode(statementOf(content, type)))))
}

/** What one aggregator said, as a node that may read it holds it. */
export interface Said {
  readonly author: Uint8Array
  readonly content: ReleaseContent
  /** Absent: it is known from statements that others showed. */
  readonly signatures?: readonly Uint8Array[]
}

/**
 * The statement about a type with the signatures of those who said the same; undefined when none signed one. `said`: of one
 * batch for one audience, at most one of each aggregator; what differs from the first is left out.
 */
export function shownOf(said: readonly Said[], type: string): ShownStatement | undefined {
  const [first] = said
  if (first === undefined) return undefined
  const statement = statements.encode(statementOf(first.content, type))
  const signatures: ShownStatement['signatures'][number][] = []
  for (const { author, content, signatures: all = [] } of said) {
    const at = content.types.findIndex((one) => one.type === type)
    const signature = all[at + 1]
    const by = content.pair.findIndex((key) => isSame(key, author))
    if (signature === undefined || (by !== 0 && by !== 1)) continue
    if (!isSame(statements.encode(statementOf(content, type)), statement)) continue
    signatures.push({ by, signature })
  }
  return signatures.length === 0 ? undefined : { statement, signatures }
}

/** A statement whose signatures hold: what it says of the type, and which of its pair said so. */
export interface Stated {
  /** With this type alone, or with none. */
  readonly content: ReleaseContent
  readonly authors: readonly Uint8Array[]
}

/**
 * Reads what a holder showed. FrameErrors: those of the plaintext; `bad_signature` when an aggregator did not sign it;
 * `malformed` when one signed twice, nobody did, it is about another type, or it leaves out a type that it speaks of.
 */
export function readStatement({ statement, signatures }: ShownStatement, type: string): Stated {
  const { named, ...content } = statements.decode(statement)
  const [about] = content.types
  if (about !== undefined && about.type !== type)
    throw new FrameError('malformed', 'it is about another type')
  if (about === undefined && named.includes(type)) throw new FrameError('malformed', 'it leaves the type out')
  if (signatures.length === 0 || new Set(signatures.map(({ by }) => by)).size < signatures.length) {
    throw new FrameError('malformed', 'nobody signed it, or one twice')
  }
  const authors = signatures.map(({ by, signature }) => {
    const key = content.pair[by] as Uint8Array
    if (verifySignature(key, signedBytes(statement), signature)) return key
    throw new FrameError('bad_signature', 'an aggregator did not sign it')
  })
  return { content, authors }
}

/** By content: releases are opened once and compared at each question. */
const hashes = new WeakMap<ReleaseContent, Uint8Array>()

/** What two contents are compared by; a content is not changed after it was made. */
export function hashOfContent(content: ReleaseContent): Uint8Array {
  const known = hashes.get(content)
  if (known !== undefined) return known
  const hash = blake3([releases.encode(content)])
  hashes.set(content, hash)
  return hash
}

/** Whether two contents are the same in every member. */
export const isSameContent = (a: ReleaseContent, b: ReleaseContent): boolean =>
  isSame(hashOfContent(a), hashOfContent(b))
