// The vault: secrets of people at rest, opened by a passphrase or a credential, and given to agents that may have them.
import { createSerial } from '../../base/async/limiter.ts'
import { byText } from '../../base/by-text.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { Log } from '../../base/run/log.ts'
import type { SecretRow } from '../../store/tables/vault.ts'
import { type Mask, maskOf } from '../runtime/mask.ts'
import { type Kept, readFile, writeFile } from './file.ts'
import { createKeeper, type KeeperDeps } from './keeper.ts'
import { type Opened, openValue, sealRow } from './opened.ts'
import {
  type Asking,
  MOST_ALLOWED,
  MOST_BYTES,
  MOST_SECRETS,
  MOST_VALUE_BYTES,
  type Owner,
  SECRET_NAME,
  type SecretFacts,
  type TakenSecret,
  type Vault,
} from './types.ts'

/** Requests that may wait: each works on the whole vault of a person. */
const WAITING_MAX = 64
/** Milliseconds between looks for secrets whose time is over. */
const SWEEP_MS = 600_000

export interface VaultDeps extends Omit<KeeperDeps, 'onForget'> {
  readonly log: Log
}

export function createVault(deps: VaultDeps): Vault {
  const { repository, credential, clock, timers, random, log } = deps
  const masks = new Map<number, Mask>()
  const keeper = createKeeper({ ...deps, onForget: (person) => masks.delete(person) })
  const { opened, commit, tell } = keeper
  const serial = createSerial()
  const taken = createListeners<[number, string]>()
  let stopSweep = (): void => {}

  /** Wipes `secrets` whatever comes of it. */
  async function serially<T>(work: () => Promise<T>, ...secrets: readonly Buffer[]): Promise<T> {
    try {
      if (serial.pending() < WAITING_MAX) return await serial(work)
      throw new KaroError('rate_limited', 'too many requests wait for vaults')
    } finally {
      for (const bytes of secrets) bytes.fill(0)
    }
  }

  /** Made once for what is looked for many times. What cannot be opened now hides nothing. */
  const remask = (owner: Owner): Promise<void> =>
    keeper
      .lend(owner.person, async (vault) => {
        const values = vault.rows
          .filter(({ id }) => !vault.problems.has(id))
          .map((row) => ({ name: row.name, bytes: openValue(vault, row) }))
        masks.set(owner.person, maskOf(values))
        for (const { bytes } of values) bytes.fill(0)
      })
      .catch(() => void masks.delete(owner.person))

  /** With the vault as it is when its turn has come. */
  const withVault = <T>(
    owner: Owner,
    work: (vault: Opened) => Promise<T>,
    ...secrets: readonly Buffer[]
  ): Promise<T> => serially(() => opened(owner, work).finally(() => remask(owner)), ...secrets)

  /** At once, so that work under way ends, and again behind an unlocking that was under way. */
  function forget(person: number): Promise<void> {
    keeper.forget(person)
    return serial(async () => keeper.forget(person))
  }

  function tellTaken(person: number, rows: readonly Pick<SecretRow, 'allowed'>[]): void {
    const agents = new Set(rows.flatMap(({ allowed }) => allowed.map(({ agent }) => agent)))
    for (const agent of agents) taken.tell(person, agent)
  }

  const isOver = ({ expires_at }: Pick<SecretRow, 'expires_at'>): boolean =>
    expires_at !== null && expires_at <= clock.now()

  /** The row that `set` writes; nothing of a row that was changed outside of Karo counts in it. Throws KaroError where it does not fit. */
  function rowFor(vault: Opened, { name, value, expires_at, note }: Parameters<Vault['set']>[1]): SecretRow {
    if (!SECRET_NAME.test(name))
      throw new KaroError('bad_request', 'a name has at most 64 letters, digits and . _ -', { where: 'NAME' })
    if (value.length === 0 || value.length > MOST_VALUE_BYTES)
      throw new KaroError(
        'bad_request',
        `a value has 1 to ${MOST_VALUE_BYTES} bytes, and this one has ${value.length}`,
      )
    const now = clock.now()
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
    const sound = before !== undefined && !vault.problems.has(before.id) && !isOver(before)
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

  const current = (vault: Opened, name: string): SecretRow => {
    const row = find(vault, name)
    if (!isOver(row)) return row
    throw new KaroError('not_found', `the time of ${name} is over`, {
      hint: `Set it again: karo secret set ${name}`,
    })
  }

  async function put(
    owner: Owner,
    vault: Opened,
    row: SecretRow,
    change: string,
    agent?: string,
  ): Promise<SecretFacts> {
    await commit(vault, { put: [row] })
    await tell('vault_changed', owner, { change, secret: row.id, agent })
    return factsOf(row)
  }

  async function take(owner: Owner, asking: Asking, vault: Opened): Promise<readonly TakenSecret[]> {
    const got: TakenSecret[] = []
    try {
      for (const { variable, secret } of asking.wants) {
        const row = current(vault, secret)
        const why = whyNot(row, asking)
        if (why !== undefined) {
          await tell('secret_read', owner, { secret: row.id, by: asking.agent, reason: why }, false)
          throw new KaroError('refused', `${asking.agent} may not have the secret ${secret}: ${why}`, {
            hint: `Allow it at a terminal: karo secret allow ${secret} ${asking.agent.slice(asking.agent.indexOf(':') + 1)}`,
          })
        }
        got.push({ name: variable, bytes: openValue(vault, row) })
        await tell('secret_read', owner, { secret: row.id, by: asking.agent })
      }
      vault.check()
      return got
    } catch (error) {
      for (const { bytes } of got) bytes.fill(0)
      throw error
    }
  }

  async function backup(owner: Owner, vault: Opened, passphrase: Buffer) {
    const kept: Kept[] = []
    try {
      for (const row of vault.rows.filter((one) => !isOver(one)))
        kept.push({
          name: row.name,
          note: row.note,
          expires_at: row.expires_at,
          value: openValue(vault, row),
        })
      const file = await writeFile(kept, new Date(clock.now()).toISOString(), passphrase, random)
      vault.check()
      await tell('vault_changed', owner, { change: 'copied', secrets: kept.length })
      return file
    } finally {
      for (const { value } of kept) value.fill(0)
    }
  }

  async function restore(
    owner: Owner,
    before: Opened,
    all: readonly Kept[],
    replace: boolean,
  ): Promise<readonly SecretFacts[]> {
    const kept = all.filter(({ expires_at }) => expires_at === null || expires_at > clock.now())
    const there = before.rows.filter((row) => kept.some(({ name }) => name === row.name))
    if (there[0] !== undefined && !replace)
      throw new KaroError('conflict', `there is a secret ${there[0].name} already`, {
        hint: 'Nothing was changed. --replace overwrites the secrets that exist already.',
      })
    const rows: SecretRow[] = []
    let vault = before
    for (const one of kept) {
      // Agents of another machine, or of before, are other programs.
      const row = { ...rowFor(vault, one), allowed: [] }
      const anew = sealRow(owner.person, vault.keys.inner, row, one.value, random)
      rows.push(anew)
      vault = { ...vault, rows: [...vault.rows.filter(({ id }) => id !== anew.id), anew] }
    }
    await commit(vault, { put: rows })
    await tell('vault_changed', owner, { change: 'restored', secrets: rows.length })
    tellTaken(owner.person, there)
    return rows.map((row) => factsOf(row))
  }

  async function sweep(): Promise<void> {
    try {
      const gone = await serially(() => repository.removeExpired(clock.now()))
      if (gone > 0) log.info({ gone }, 'secrets were removed, because their time was over')
    } catch (error) {
      log.error({ reason: (error as Error).message }, 'secrets whose time is over could not be removed')
    }
    stopSweep()
    stopSweep = timers.after(SWEEP_MS, () => void sweep())
  }

  return {
    name: 'vault',
    start: sweep,
    async stop() {
      stopSweep()
      keeper.forgetAll()
    },
    state: keeper.state,
    list: (owner) =>
      serially(async () => {
        const { protection, unlocked_until } = await keeper.state(owner)
        if (protection === null) return []
        const isLocked = protection === 'passphrase' && unlocked_until === null
        const all = isLocked
          ? (await repository.load(owner.person)).secrets.map((row) => factsOf(row))
          : await opened(owner, async (vault) => listOf(vault))
        return all.toSorted((a, b) => byText(a.name, b.name))
      }),
    init: (owner, passphrase) =>
      serially(
        async () => {
          if ((await repository.load(owner.person)).header !== undefined)
            throw new KaroError('conflict', 'you have a vault already', {
              hint: 'karo secret list shows it. karo secret rotate --passphrase changes its passphrase.',
            })
          const words = passphrase ?? credential()
          if (words === undefined)
            throw new KaroError('refused', 'this daemon was given no credential for vaults', {
              hint: 'Give a passphrase, or see docs/vault.md for LoadCredential.',
            })
          await keeper.make(owner, passphrase === undefined ? 'credential' : 'passphrase', words)
          return keeper.state(owner)
        },
        ...(passphrase === undefined ? [] : [passphrase]),
      ),
    unlock: (owner, passphrase, seconds) =>
      serially(async () => {
        await keeper.admit(owner, await keeper.headerOf(owner), passphrase, seconds)
        await remask(owner)
        await tell('vault_changed', owner, { change: 'unlocked', seconds })
        return keeper.state(owner)
      }, passphrase),
    async lock(owner) {
      await forget(owner.person)
      return keeper.state(owner)
    },
    rotate: (owner, passphrases) =>
      withVault(
        owner,
        async (vault) => {
          if (passphrases === undefined) return { secrets: await keeper.rekey(owner, vault, undefined) }
          // Whoever finds an unlocked vault does not make it theirs.
          const { outer, inner } = await keeper.keysBy(owner, vault.header, passphrases.current)
          for (const key of [outer, inner]) key.fill(0)
          return { secrets: await keeper.rekey(owner, vault, passphrases.next) }
        },
        ...(passphrases === undefined ? [] : [passphrases.current, passphrases.next]),
      ),
    set: (owner, wanted) =>
      withVault(owner, (vault) => put(owner, vault, rowFor(vault, wanted), 'set'), wanted.value),
    reveal: (owner, name) =>
      withVault(owner, async (vault) => {
        const row = current(vault, name)
        const value = openValue(vault, row)
        try {
          await tell('secret_read', owner, { secret: row.id, by: 'its person' })
          vault.check()
          return value
        } catch (error) {
          value.fill(0)
          throw error
        }
      }),
    remove: (owner, name) =>
      withVault(owner, async (vault) => {
        const found = listOf(vault).find((one) => one.name === name)
        const row = found === undefined ? factsOf(find(vault, name)) : found
        await commit(vault, { remove: [row.id] })
        await tell('vault_changed', owner, { change: 'removed', secret: row.id })
        for (const { agent } of row.allowed) taken.tell(owner.person, agent)
        return row
      }),
    destroy: (owner) =>
      serially(async () => {
        const { secrets } = await repository.load(owner.person)
        keeper.forget(owner.person)
        await repository.clear(owner.person)
        await tell('vault_changed', owner, { change: 'destroyed', secrets: secrets.length })
        tellTaken(owner.person, secrets)
        return { secrets: secrets.length }
      }),
    allow: (owner, name, to) =>
      withVault(owner, async (vault) => {
        const row = current(vault, name)
        const allowed = [...row.allowed.filter(({ agent }) => agent !== to.agent), to]
        if (allowed.length > MOST_ALLOWED)
          throw new KaroError('rate_limited', `at most ${MOST_ALLOWED} agents may have one secret`)
        return put(owner, vault, keeper.again(vault, row, { allowed }), 'allowed', to.agent)
      }),
    deny: (owner, name, agent) =>
      withVault(owner, async (vault) => {
        const row = find(vault, name)
        // The agent itself may be gone already, so that its name is enough.
        const one = row.allowed.find((it) => it.agent === agent || it.agent.endsWith(`:${agent}`))
        if (one === undefined) throw new KaroError('not_found', `${agent} is not allowed to have ${name}`)
        const allowed = row.allowed.filter((other) => other !== one)
        const facts = await put(owner, vault, keeper.again(vault, row, { allowed }), 'denied', one.agent)
        taken.tell(owner.person, one.agent)
        return facts
      }),
    async take(owner, asking) {
      if (asking.wants.length > 0) return withVault(owner, (vault) => take(owner, asking, vault))
      // The values of a vault that opens by a credential are hidden too.
      if (!masks.has(owner.person)) await withVault(owner, async () => {}).catch(() => {})
      return []
    },
    mask: (person) => masks.get(person),
    backup: (owner, passphrase) => withVault(owner, (vault) => backup(owner, vault, passphrase), passphrase),
    restore: (owner, file, { passphrase, replace }) =>
      serially(async () => {
        const kept = await readFile(file, passphrase)
        try {
          return await opened(owner, (vault) => restore(owner, vault, kept, replace))
        } finally {
          for (const { value } of kept) value.fill(0)
          await remask(owner)
        }
      }, passphrase),
    onTaken: taken.on,
    forget,
  }
}

/** Throws KaroError `not_found`. */
function find({ rows }: Pick<Opened, 'rows'>, name: string): SecretRow {
  const row = rows.find((one) => one.name === name)
  if (row !== undefined) return row
  throw new KaroError('not_found', `you have no secret ${name.slice(0, 64)}`, {
    hint: 'karo secret list shows your secrets.',
  })
}

/** Also those that should be there and are not. */
const listOf = (vault: Opened): readonly SecretFacts[] => [
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
function whyNot({ allowed }: SecretRow, { agent, manifest, tools }: Asking): string | undefined {
  const entry = allowed.find((one) => one.agent === agent)
  if (entry === undefined) return 'nobody allowed it'
  if (entry.manifest !== manifest) return 'it is another program than the one that was allowed'
  if (entry.tools.length === 0) return undefined
  const isWithin = tools.length > 0 && tools.every((tool) => entry.tools.includes(tool))
  return isWithin ? undefined : 'more tools of it may be called than were allowed'
}

const factsOf = (
  { sealed: _, generation: __, allowed, ...row }: SecretRow,
  problem: string | null = null,
): SecretFacts => ({ ...row, problem, allowed: allowed.map(({ agent, tools }) => ({ agent, tools })) })
