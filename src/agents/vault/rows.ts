// Rows of a vault as facts: which one a name means, what a new value makes of it, who may have it, and what people see.
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { SecretRow } from '../../store/tables/vault.ts'
import { type Opened, sealRow } from './opened.ts'
import {
  type Asking,
  MOST_BYTES,
  MOST_SECRETS,
  MOST_VALUE_BYTES,
  SECRET_NAME,
  type SecretFacts,
  type Vault,
} from './types.ts'

/** Throws KaroError `not_found`. */
export function find({ rows }: Pick<Opened, 'rows'>, name: string): SecretRow {
  const row = rows.find((one) => one.name === name)
  if (row !== undefined) return row
  throw new KaroError('not_found', `you have no secret ${name.slice(0, 64)}`, {
    hint: 'karo secret list shows your secrets.',
  })
}

export const isOver = ({ expires_at }: Pick<SecretRow, 'expires_at'>, now: number): boolean =>
  expires_at !== null && expires_at <= now

/** The row that `set` writes; nothing of a row that was changed outside of Karo counts in it. Throws KaroError where it does not fit. */
export function rowFor(
  vault: Opened,
  { name, value, expires_at, note }: Parameters<Vault['set']>[1],
  now: number,
  random: Random,
): SecretRow {
  if (!SECRET_NAME.test(name))
    throw new KaroError('bad_request', 'a name has at most 64 letters, digits and . _ -', { where: 'NAME' })
  if (value.length === 0 || value.length > MOST_VALUE_BYTES)
    throw new KaroError(
      'bad_request',
      `a value has 1 to ${MOST_VALUE_BYTES} bytes, and this one has ${value.length}`,
    )
  const before = vault.rows.find((one) => one.name === name)
  const others = vault.rows.filter((one) => one !== before)
  const bytes = others.reduce((sum, { sealed }) => sum + sealed.length, value.length)
  if (others.length >= MOST_SECRETS || bytes > MOST_BYTES)
    throw new KaroError(
      'rate_limited',
      `a vault holds ${MOST_SECRETS} secrets, in all ${MOST_BYTES / 1024} KiB`,
      {
        hint: 'Remove one that is not needed: karo secret remove.',
      },
    )
  const sound = before !== undefined && !vault.problems.has(before.id) && !isOver(before, now)
  const gone = vault.missing.find((one) => one.name === name)
  const facts = {
    id: before?.id ?? gone?.id ?? toHex(random.bytes(16)),
    name,
    version: Math.max(before?.version ?? 0, gone?.version ?? 0) + 1,
    generation: vault.header.generation,
    changed_at: now,
    created_at: sound ? before.created_at : now,
    expires_at: expires_at === undefined ? (sound ? before.expires_at : null) : expires_at,
    note: note ?? (sound ? before.note : ''),
    allowed: sound ? before.allowed : [],
  }
  return sealRow(vault.owner, vault.keys.inner, facts, value, random)
}

/** Also those that should be there and are not. */
export const listOf = (vault: Opened): readonly SecretFacts[] => [
  ...vault.rows.map((row) => factsOf(row, vault.problems.get(row.id) ?? null)),
  ...vault.missing.map((one) => ({
    ...one,
    created_at: 0,
    changed_at: 0,
    note: '',
    allowed: [],
    problem: 'it is missing: it was removed outside of Karo, or the disk lost it',
  })),
]

/** Why the agent may not have it; undefined: it may. */
export function whyNot({ allowed }: SecretRow, { agent, manifest, tools }: Asking): string | undefined {
  const entry = allowed.find((one) => one.agent === agent)
  if (entry === undefined) return 'nobody allowed it'
  if (entry.manifest !== manifest) return 'it is another program than the one that was allowed'
  if (entry.tools.length === 0) return undefined
  const isWithin = tools.length > 0 && tools.every((tool) => entry.tools.includes(tool))
  return isWithin ? undefined : 'more tools of it may be called than were allowed'
}

export const factsOf = (
  { sealed: _, generation: __, allowed, ...row }: SecretRow,
  problem: string | null = null,
): SecretFacts => ({ ...row, problem, allowed: allowed.map(({ agent, tools }) => ({ agent, tools })) })
