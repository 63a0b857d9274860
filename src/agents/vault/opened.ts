// A vault whose key is known: whether its rows are what was written last, their values, and new rows with a new header.
import { decodeValue, encodeValue } from '../../../protocols/messagepack.ts'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { SecretRow, VaultHeaderRow, VaultRows } from '../../store/tables/vault.ts'
import { boundToKey, boundToList, boundToSecret, open, seal } from './envelope.ts'

/** Keys in memory; whoever made them wipes them. */
export interface Keys {
  /** Of the passphrase or credential. */
  readonly outer: Buffer
  /** Of the values. */
  readonly inner: Buffer
}

/** One that the sealed list names. */
interface Listed {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly expires_at: number | null
}

export interface Opened {
  readonly owner: number
  readonly keys: Keys
  readonly header: VaultHeaderRow
  readonly rows: readonly SecretRow[]
  /** What is wrong with rows that are there, by their id. */
  readonly problems: ReadonlyMap<string, string>
  /** Those that the list names and that are not there. */
  readonly missing: readonly Listed[]
  /** Throws KaroError `refused` when the vault was locked, or given another key, since it was opened. */
  readonly check: () => void
}

const CHANGED = 'it was changed outside of Karo, or is damaged'

/** The vault's own key, out of its header; undefined for another passphrase, or a header that was changed. */
export const innerKey = (owner: number, header: VaultHeaderRow, outer: Uint8Array): Buffer | undefined =>
  open(outer, header.key, boundToKey(owner, header))

/** Compares what is stored with the sealed list of it, and opens every value once. Throws KaroError `bad_file` for a changed list. */
export function inspect(
  owner: number,
  { header, secrets }: VaultRows,
  keys: Keys,
  now: number,
): Omit<Opened, 'check'> {
  if (header === undefined) throw new KaroError('not_found', 'there is no vault')
  const listed = readList(owner, header, keys.inner)
  const problems = new Map<string, string>()
  for (const row of secrets) {
    const entry = listed.get(row.id)
    if (entry === undefined) problems.set(row.id, 'it was put there outside of Karo')
    else if (entry.version !== row.version || row.generation !== header.generation)
      problems.set(row.id, 'it is not the one that was written last: an older one was put in its place')
    else {
      const value = open(keys.inner, row.sealed, boundToSecret(owner, row))
      if (value === undefined) problems.set(row.id, CHANGED)
      value?.fill(0)
    }
  }
  const there = new Set(secrets.map(({ id }) => id))
  const missing = [...listed.values()].filter(
    ({ id, expires_at }) => !there.has(id) && (expires_at === null || expires_at > now),
  )
  return { owner, keys, header, rows: secrets, problems, missing }
}

function readList(owner: number, header: VaultHeaderRow, inner: Uint8Array): ReadonlyMap<string, Listed> {
  const bytes = open(inner, header.list, boundToList(owner, header))
  if (bytes === undefined)
    throw new KaroError('bad_file', `the list of the secrets is not as it was written: ${CHANGED}`, {
      where: 'vault',
      hint: 'Restore a backup. karo secret destroy makes room for a new vault.',
    })
  const entries = decodeValue(bytes) as readonly (readonly [string, string, number, number])[]
  bytes.fill(0)
  return new Map(
    entries.map(([id, name, version, expires]) => [
      id,
      { id, name, version, expires_at: expires < 0 ? null : expires },
    ]),
  )
}

/** The value, which the caller wipes. Throws KaroError `bad_file` for a row with a problem, `refused` for a vault that was locked. */
export function openValue({ owner, keys, problems, check }: Opened, row: SecretRow): Buffer {
  check()
  const value = problems.has(row.id) ? undefined : open(keys.inner, row.sealed, boundToSecret(owner, row))
  if (value !== undefined) return value
  throw new KaroError('bad_file', `${row.name} cannot be used: ${problems.get(row.id) ?? CHANGED}`, {
    where: 'vault',
    hint: 'Set it again, or remove it: karo secret set, karo secret remove.',
  })
}

/** The row with its value sealed for these facts. */
export const sealRow = (
  owner: number,
  inner: Uint8Array,
  row: Omit<SecretRow, 'sealed'>,
  value: Uint8Array,
  random: Random,
): SecretRow => ({ ...row, sealed: seal(inner, value, boundToSecret(owner, row), random) })

/** A header for these keys and rows; `missing` stay in its list until they are removed by name. */
export function headerFor(
  owner: number,
  facts: Omit<VaultHeaderRow, 'key' | 'list'>,
  keys: Keys,
  rows: readonly (Pick<SecretRow, 'id' | 'name' | 'version'> & { readonly expires_at: number | null })[],
  random: Random,
): VaultHeaderRow {
  const list = encodeValue(
    rows.map(({ id, name, version, expires_at }) => [id, name, version, expires_at ?? -1]),
  )
  return {
    ...facts,
    key: seal(keys.outer, keys.inner, boundToKey(owner, facts), random),
    list: seal(keys.inner, list, boundToList(owner, facts), random),
  }
}
