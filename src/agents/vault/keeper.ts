// The keys of vaults while they are unlocked, the ways to unlock them, and every write: rows together with the list that names them.
import { KaroError } from '../../base/errors.ts'
import { createQuotas } from '../../base/quota.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { SecretRow, VaultHeaderRow, VaultRepository } from '../../store/tables/vault.ts'
import type { Audit, AuditRecord } from '../../trust/audit/index.ts'
import { passphraseKeyLater, SALT_BYTES } from '../../trust/identity/index.ts'
import { KEY_BYTES } from './envelope.ts'
import { headerFor, innerKey, inspect, type Keys, type Opened, openValue, sealRow } from './opened.ts'
import { type Owner, type Protection, UNLOCKED_SECONDS, type VaultState } from './types.ts'

const DAY_MS = 86_400_000
/** Tries of passphrases of one person. */
const TRIES = { frames: 5, perMs: 60_000 }
const PEOPLE_MAX = 4_096
const WHAT = 'vaults'
const MEANWHILE = 'It was locked meanwhile. Unlock it and do this again: karo secret unlock'

export interface KeeperDeps extends Pick<Ambient, 'clock' | 'timers' | 'random'> {
  readonly repository: VaultRepository
  readonly audit: Pick<Audit, 'record' | 'insist'>
  /** Reads the credential of the service manager, wiped after use; undefined: there is none. */
  readonly credential: () => Buffer | undefined
  /** Days after which unlocking also gives a vault a new key; 0: never. */
  readonly rotateDays: () => number
  /** Hears of each key that is forgotten. */
  readonly onForget: (person: number) => void
}

interface Held {
  readonly keys: Keys
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly stopTimer: () => void
}

export function createKeeper({
  repository,
  audit,
  credential,
  rotateDays,
  onForget,
  clock,
  timers,
  random,
}: KeeperDeps) {
  const held = new Map<number, Held>()
  const tries = createQuotas<number>(TRIES, PEOPLE_MAX)

  function hold(person: number, keys: Keys, seconds: number): void {
    forget(person)
    const ms = seconds * 1_000
    const stopTimer = timers.after(ms, () => forget(person))
    held.set(person, { keys, until: clock.now() + ms, stopTimer })
  }

  /**
   * What is held now. The timer ends it also when the clock is set back. The clock ends it also after the machine was
   * suspended, when the timer stood still.
   */
  function heldNow(person: number): Held | undefined {
    if ((held.get(person)?.until ?? Number.POSITIVE_INFINITY) <= clock.now()) forget(person)
    return held.get(person)
  }

  function forget(person: number): void {
    const one = held.get(person)
    held.delete(person)
    onForget(person)
    one?.stopTimer()
    if (one !== undefined) wipeKeys(one.keys)
  }

  const tell = (
    type: 'vault_changed' | 'secret_read',
    { person, traceId }: Owner,
    details: AuditRecord['details'],
    success = true,
  ): Promise<void> => {
    const entry: AuditRecord = { type, success, trace_id: traceId, details: { uid: person, ...details } }
    // Nobody is given a secret, or a copy of all, that the ledger does not know of.
    const gives = (type === 'secret_read' && success) || details.change === 'copied'
    return gives ? audit.insist(entry) : audit.record(entry)
  }

  async function headerOf({ person }: Owner): Promise<VaultHeaderRow> {
    const { header } = await repository.load(person)
    if (header !== undefined) return header
    throw new KaroError('not_found', 'you have no vault yet', {
      where: 'vault',
      hint: 'Make one: karo secret init',
    })
  }

  /** Tries words, which are wiped, on the header. Throws KaroError `unauthorized`, `rate_limited`. */
  async function keysBy(owner: Owner, header: VaultHeaderRow, words: Buffer): Promise<Keys> {
    try {
      if (!tries(owner.person).take(clock.monotonic()))
        throw new KaroError('rate_limited', 'too many passphrases were tried', { hint: 'Wait a minute.' })
      const outer = await passphraseKeyLater(words, header.salt, WHAT)
      const inner = innerKey(owner.person, header, outer)
      if (inner !== undefined) return { outer, inner }
      outer.fill(0)
      await tell('vault_changed', owner, { change: 'unlocked' }, false)
      throw new KaroError('unauthorized', `this ${header.protection} does not open the vault`, {
        where: 'vault',
        hint:
          header.protection === 'passphrase'
            ? 'Type it again. If it is the right one, the vault was changed or is damaged: restore a backup.'
            : 'The service has another credential than when the vault was made, or the vault was changed.',
      })
    } finally {
      words.fill(0)
    }
  }

  /** Gives `work` the vault as it is now. Throws KaroError `refused` while it is locked. */
  async function opened<T>(owner: Owner, work: (vault: Opened) => Promise<T>): Promise<T> {
    const header = await headerOf(owner)
    if (heldNow(owner.person) === undefined && header.protection === 'credential') {
      const words = credential()
      if (words !== undefined) await admit(owner, header, words, UNLOCKED_SECONDS.usual)
    }
    if (heldNow(owner.person) !== undefined) return lend(owner.person, work)
    throw locked(
      header.protection === 'passphrase'
        ? 'Unlock it: karo secret unlock'
        : 'The vault opens with a credential, which this daemon was not given: see LoadCredential in docs/vault.md.',
    )
  }

  /** Works with copies of the keys, so that nothing is sealed under keys that were wiped when the vault was locked meanwhile. */
  async function lend<T>(person: number, work: (vault: Opened, loss: boolean) => Promise<T>): Promise<T> {
    const lent = heldNow(person)?.keys
    if (lent === undefined) throw locked(MEANWHILE)
    const check = (): void => {
      if (heldNow(person)?.keys !== lent) throw locked(MEANWHILE)
    }
    const keys = { outer: Buffer.from(lent.outer), inner: Buffer.from(lent.inner) }
    try {
      const rows = await repository.load(person)
      check()
      return await work({ ...inspect(person, rows, keys, clock.now()), check }, rows.loss)
    } finally {
      wipeKeys(keys)
    }
  }

  /** Unlocks it, and does what was due: a rotation, and what a loss of rows asks for. */
  async function admit(owner: Owner, header: VaultHeaderRow, words: Buffer, seconds: number): Promise<void> {
    hold(owner.person, await keysBy(owner, header, words), seconds)
    await lend(owner.person, async (vault, loss) => {
      if (!loss) return
      const put = vault.rows
        .filter(({ id }) => !vault.problems.has(id))
        .map((row) => again(vault, row, { allowed: [] }))
      await commit(vault, { put })
      await tell('vault_changed', owner, { change: 'denied_all' })
    })
    const days = rotateDays()
    if (days === 0 || clock.now() - header.rotated_at < days * DAY_MS) return
    await lend(owner.person, async (vault) => {
      // What is damaged has to be looked at by a person first.
      if (vault.problems.size === 0 && vault.missing.length === 0) await rekey(owner, vault, undefined)
    })
  }

  /** The row with other facts, its value sealed anew. */
  function sealedAnew(vault: Opened, row: SecretRow, change: Partial<SecretRow>, inner: Buffer): SecretRow {
    const value = openValue(vault, row)
    const { sealed: _, ...facts } = row
    try {
      return sealRow(vault.owner, inner, { ...facts, ...change }, value, random)
    } finally {
      value.fill(0)
    }
  }

  /** The next version of the row, with other facts. */
  const again = (vault: Opened, row: SecretRow, change: Partial<SecretRow>): SecretRow =>
    sealedAnew(vault, row, { ...change, version: row.version + 1, changed_at: clock.now() }, vault.keys.inner)

  /** Writes rows and the list that names them in one batch. */
  async function commit(
    { owner, header, keys, rows, missing, check }: Opened,
    { put = [], remove = [] }: { readonly put?: readonly SecretRow[]; readonly remove?: readonly string[] },
  ): Promise<void> {
    const gone = new Set([...remove, ...put.map(({ id }) => id)])
    const listed = [
      ...rows.filter(({ id }) => !gone.has(id)),
      ...missing.filter(({ id }) => !gone.has(id)),
      ...put,
    ]
    const { key: _, list: __, ...facts } = header
    check()
    await repository.write(owner, { header: headerFor(owner, facts, keys, listed, random), put, remove })
  }

  /** Gives the vault a new key, under the same passphrase or another one. */
  async function rekey(owner: Owner, vault: Opened, next: Buffer | undefined): Promise<number> {
    const { header, rows, keys, problems, missing } = vault
    const [bad] = [...rows.filter(({ id }) => problems.has(id)), ...missing]
    if (bad !== undefined)
      throw new KaroError('bad_file', `${bad.name} is not as it was written, so nothing was rotated`, {
        where: 'vault',
        hint: `Set it again or remove it first: karo secret set ${bad.name}, karo secret remove ${bad.name}`,
      })
    const salt = next === undefined ? header.salt : random.bytes(SALT_BYTES)
    const outer = next === undefined ? Buffer.from(keys.outer) : await passphraseKeyLater(next, salt, WHAT)
    const fresh = { outer, inner: Buffer.from(random.bytes(KEY_BYTES)) }
    const facts = { ...header, salt, generation: header.generation + 1, rotated_at: clock.now() }
    let put: readonly SecretRow[]
    try {
      vault.check()
      const before = heldNow(owner.person)
      const { generation } = facts
      put = rows.map((row) => sealedAnew(vault, row, { generation }, fresh.inner))
      await repository.write(owner.person, {
        header: headerFor(owner.person, facts, fresh, put, random),
        put,
      })
      // It is unlocked as long as before, and stays locked if somebody locked it while this was written.
      if (before !== undefined && heldNow(owner.person) === before) {
        held.set(owner.person, {
          ...before,
          keys: { outer: Buffer.from(outer), inner: Buffer.from(fresh.inner) },
        })
        wipeKeys(before.keys)
      }
    } finally {
      wipeKeys(fresh)
    }
    const change = next === undefined ? 'rotated' : 'passphrase'
    await tell('vault_changed', owner, { change, secrets: put.length, generation: facts.generation })
    return put.length
  }

  const state = async ({ person }: Owner): Promise<VaultState> => {
    const { header } = await repository.load(person)
    const words = credential()
    words?.fill(0)
    return {
      protection: (header?.protection as Protection | undefined) ?? null,
      unlocked_until: heldNow(person)?.until ?? null,
      created_at: header?.created_at ?? null,
      rotated_at: header?.rotated_at ?? null,
      has_credential: words !== undefined,
    }
  }

  /** Makes a vault with nothing in it. Wipes the words. */
  async function make(owner: Owner, protection: Protection, words: Buffer): Promise<void> {
    const now = clock.now()
    const salt = random.bytes(SALT_BYTES)
    try {
      const outer = await passphraseKeyLater(words, salt, WHAT)
      const keys = { outer, inner: Buffer.from(random.bytes(KEY_BYTES)) }
      const facts = { protection, salt, generation: 1, created_at: now, rotated_at: now }
      const header = headerFor(owner.person, facts, keys, [], random)
      await repository.write(owner.person, { header }).catch((error: unknown) => {
        wipeKeys(keys)
        throw error
      })
      hold(owner.person, keys, UNLOCKED_SECONDS.usual)
      await tell('vault_changed', owner, { change: 'made', protection })
    } finally {
      words.fill(0)
    }
  }

  return {
    state,
    headerOf,
    keysBy,
    admit,
    opened,
    lend,
    make,
    again,
    commit,
    rekey,
    tell,
    forget,
    forgetAll() {
      for (const person of held.keys()) forget(person)
    },
  }
}

const locked = (hint: string): KaroError =>
  new KaroError('refused', 'your vault is locked', { where: 'vault', hint })

function wipeKeys({ outer, inner }: Keys): void {
  outer.fill(0)
  inner.fill(0)
}
