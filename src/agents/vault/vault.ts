// The vault: secrets of people at rest, opened by a passphrase or a credential, and given to agents that may have them.
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { Log } from '../../base/run/log.ts'
import type { SecretRow } from '../../store/tables/vault.ts'
import { readFile, writeFile } from './file.ts'
import { createKeeper, type KeeperDeps } from './keeper.ts'
import { type Opened, sealRow, valueOf } from './opened.ts'
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

export interface VaultDeps extends KeeperDeps {
  readonly log: Log
}

export function createVault(deps: VaultDeps): Vault {
  const { repository, credential, clock, timers, random, log } = deps
  const keeper = createKeeper(deps)
  const { opened, commit, tell } = keeper
  const serial = createSerial()
  const taken = createListeners<[string]>()
  let stopSweep = (): void => {}

  const serially = <T>(work: () => Promise<T>): Promise<T> => {
    if (serial.pending() < WAITING_MAX) return serial(work)
    return Promise.reject(new KaroError('rate_limited', 'too many requests wait for vaults'))
  }

  const find = ({ rows }: Pick<Opened, 'rows'>, name: string): SecretRow => {
    const row = rows.find((one) => one.name === name)
    if (row !== undefined) return row
    throw new KaroError('not_found', `you have no secret ${name.slice(0, 64)}`, {
      hint: 'karo secret list shows those that there are.',
    })
  }
  const isOver = ({ expires_at }: SecretRow): boolean => expires_at !== null && expires_at <= clock.now()
  const current = (vault: Opened, name: string): SecretRow => {
    const row = find(vault, name)
    if (!isOver(row)) return row
    throw new KaroError('not_found', `the time of ${name} is over`, { hint: `Set it again: karo secret set ${name}` })
  }

  async function put(owner: Owner, vault: Opened, row: SecretRow, change: string, agent?: string): Promise<SecretFacts> {
    await commit(vault, { put: [row] })
    await tell('vault_changed', owner, { change, secret: row.id, ...(agent === undefined ? {} : { agent }) })
    return factsOf(row)
  }

  /** The row that `set` writes, and what is to be replaced by it. Throws KaroError where it does not fit. */
  function rowFor(
    vault: Opened,
    { name, value, expiresAt, note }: Parameters<Vault['set']>[1],
  ): SecretRow {
    if (!SECRET_NAME.test(name))
      throw new KaroError('bad_request', 'a name has at most 64 letters, digits and . _ -', { where: 'NAME' })
    if (value.length === 0 || value.length > MOST_VALUE_BYTES)
      throw new KaroError('bad_request', `a value has 1 to ${MOST_VALUE_BYTES} bytes, and this one ${value.length}`)
    const before = vault.rows.find((one) => one.name === name)
    const others = vault.rows.filter((one) => one !== before)
    const bytes = others.reduce((sum, { sealed }) => sum + sealed.length, value.length)
    if (others.length >= MOST_SECRETS || bytes > MOST_BYTES)
      throw new KaroError('rate_limited', `a vault has at most ${MOST_SECRETS} secrets with ${MOST_BYTES} bytes`, {
        hint: 'Remove one that is not needed: karo secret remove.',
      })
    const now = clock.now()
    // Nothing of a row that was changed outside of Karo counts, least of all who may have it.
    const sound = before !== undefined && !vault.problems.has(before.id) && !isOver(before)
    const gone = vault.missing.find((one) => one.name === name)
    const facts = {
      id: before?.id ?? gone?.id ?? toHex(random.bytes(16)),
      ...{ name, version: Math.max(before?.version ?? 0, gone?.version ?? 0) + 1 },
      ...{ generation: vault.header.generation, changed_at: now },
      created_at: sound ? before.created_at : now,
      expires_at: expiresAt === undefined ? (sound ? before.expires_at : null) : expiresAt,
      note: note ?? (sound ? before.note : ''),
      allowed: sound ? before.allowed : [],
    }
    return sealRow(vault.owner, vault.keys.inner, facts, value, random)
  }

  async function take(owner: Owner, asking: Asking): Promise<readonly TakenSecret[]> {
    if (asking.wants.length === 0) return []
    const vault = await opened(owner)
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
        got.push({ name: variable, bytes: valueOf(vault, row) })
        await tell('secret_read', owner, { secret: row.id, by: asking.agent })
      }
      return got
    } catch (error) {
      for (const { bytes } of got) bytes.fill(0)
      throw error
    }
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

  const listOf = (vault: Opened): readonly SecretFacts[] => [
    ...vault.rows.map((row) => factsOf(row, vault.problems.get(row.id) ?? null)),
    ...vault.missing.map(({ id, name, version, expiresAt }) => ({
      ...{ id, name, version, expiresAt, createdAt: 0, changedAt: 0, note: '', allowed: [] },
      problem: 'it is missing: somebody removed it outside of Karo, or the disk lost it',
    })),
  ]

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
        const { protection, unlockedUntil } = await keeper.state(owner)
        if (protection === 'passphrase' && unlockedUntil === null)
          return (await repository.load(owner.person)).secrets.map((row) => factsOf(row))
        return protection === null ? [] : listOf(await opened(owner))
      }),
    init: (owner, passphrase) =>
      serially(async () => {
        if ((await repository.load(owner.person)).header !== undefined) {
          passphrase?.fill(0)
          throw new KaroError('conflict', 'you have a vault already', {
            hint: 'karo secret list shows it. karo secret rotate --passphrase changes its passphrase.',
          })
        }
        const words = passphrase ?? credential()
        if (words === undefined)
          throw new KaroError('refused', 'this daemon was given no credential for vaults', {
            hint: 'Give a passphrase, or see docs/vault.md for LoadCredential.',
          })
        await keeper.make(owner, passphrase === undefined ? 'credential' : 'passphrase', words)
        return keeper.state(owner)
      }),
    unlock: (owner, passphrase, seconds) =>
      serially(async () => {
        const header = await keeper.headerOf(owner).catch((error: unknown) => {
          passphrase.fill(0)
          throw error
        })
        await keeper.admit(owner, header, passphrase, seconds)
        await tell('vault_changed', owner, { change: 'unlocked', seconds })
        return keeper.state(owner)
      }),
    async lock(owner) {
      keeper.forget(owner.person)
      return keeper.state(owner)
    },
    rotate: (owner, passphrases) =>
      serially(async () => {
        try {
          const vault = await opened(owner)
          if (passphrases === undefined) return { secrets: await keeper.rekey(owner, vault, undefined) }
          // Whoever finds an unlocked vault does not make it theirs.
          const { outer, inner } = await keeper.keysBy(owner, vault.header, passphrases.current)
          for (const key of [outer, inner]) key.fill(0)
          return { secrets: await keeper.rekey(owner, vault, passphrases.next) }
        } finally {
          passphrases?.current.fill(0)
          passphrases?.next.fill(0)
        }
      }),
    set: (owner, wanted) =>
      serially(async () => {
        try {
          const vault = await opened(owner)
          return await put(owner, vault, rowFor(vault, wanted), 'set')
        } finally {
          wanted.value.fill(0)
        }
      }),
    reveal: (owner, name) =>
      serially(async () => {
        const vault = await opened(owner)
        const row = current(vault, name)
        const value = valueOf(vault, row)
        await tell('secret_read', owner, { secret: row.id, by: 'its person' })
        return value
      }),
    remove: (owner, name) =>
      serially(async () => {
        const vault = await opened(owner)
        const found = listOf(vault).find((one) => one.name === name)
        const row = found === undefined ? factsOf(find(vault, name)) : found
        await commit(vault, { remove: [row.id] })
        await tell('vault_changed', owner, { change: 'removed', secret: row.id })
        for (const { agent } of row.allowed) taken.tell(agent)
        return row
      }),
    destroy: (owner) =>
      serially(async () => {
        const { secrets } = await repository.load(owner.person)
        keeper.forget(owner.person)
        await repository.clear(owner.person)
        await tell('vault_changed', owner, { change: 'destroyed', secrets: secrets.length })
        for (const agent of new Set(secrets.flatMap(({ allowed }) => allowed.map((one) => one.agent))))
          taken.tell(agent)
        return { secrets: secrets.length }
      }),
    allow: (owner, name, to) =>
      serially(async () => {
        const vault = await opened(owner)
        const row = current(vault, name)
        const allowed = [...row.allowed.filter(({ agent }) => agent !== to.agent), to]
        if (allowed.length > MOST_ALLOWED)
          throw new KaroError('rate_limited', `at most ${MOST_ALLOWED} agents may have one secret`)
        return put(owner, vault, keeper.again(vault, row, { allowed }), 'allowed', to.agent)
      }),
    deny: (owner, name, agent) =>
      serially(async () => {
        const vault = await opened(owner)
        const row = find(vault, name)
        const allowed = row.allowed.filter((one) => one.agent !== agent)
        if (allowed.length === row.allowed.length)
          throw new KaroError('not_found', `${agent} is not allowed to have ${name}`)
        const facts = await put(owner, vault, keeper.again(vault, row, { allowed }), 'denied', agent)
        taken.tell(agent)
        return facts
      }),
    take: (owner, asking) => serially(() => take(owner, asking)),
    backup: (owner, passphrase) =>
      serially(async () => {
        try {
          const vault = await opened(owner)
          const rows = vault.rows.filter((row) => !isOver(row))
          const kept = rows.map((row) => ({
            ...{ name: row.name, note: row.note, expiresAt: row.expires_at, value: valueOf(vault, row) },
          }))
          const file = await writeFile(kept, new Date(clock.now()).toISOString(), passphrase, random)
          await tell('vault_changed', owner, { change: 'copied', secrets: kept.length })
          return file
        } finally {
          passphrase.fill(0)
        }
      }),
    restore: (owner, file, { passphrase, replace }) =>
      serially(async () => {
        try {
          let vault = await opened(owner)
          const kept = (await readFile(file, passphrase)).filter(
            ({ expiresAt }) => expiresAt === null || expiresAt > clock.now(),
          )
          const there = kept.find(({ name }) => vault.rows.some((row) => row.name === name))
          if (there !== undefined && !replace)
            throw new KaroError('conflict', `there is a secret ${there.name} already`, {
              hint: 'Nothing was changed. --replace overwrites those that there are.',
            })
          const rows: SecretRow[] = []
          for (const one of kept) {
            // Agents of another machine, or of before, are other programs.
            const row = { ...rowFor(vault, one), allowed: [] }
            const anew = sealRow(owner.person, vault.keys.inner, row, one.value, random)
            rows.push(anew)
            vault = { ...vault, rows: [...vault.rows.filter(({ id }) => id !== anew.id), anew] }
          }
          for (const { value } of kept) value.fill(0)
          await commit(vault, { put: rows })
          await tell('vault_changed', owner, { change: 'restored', secrets: rows.length })
          return rows.map((row) => factsOf(row))
        } finally {
          passphrase.fill(0)
        }
      }),
    onTaken: taken.on,
    forget: async (person) => keeper.forget(person),
  }
}

/** Why the agent may not have it; undefined: it may. */
function whyNot({ allowed }: SecretRow, { agent, manifest, tools }: Asking): string | undefined {
  const entry = allowed.find((one) => one.agent === agent)
  if (entry === undefined) return 'nobody allowed it'
  if (entry.manifest !== manifest) return 'it is another program than the one that was allowed'
  if (entry.tools.length === 0) return undefined
  const isWithin = tools.length > 0 && tools.every((tool) => entry.tools.includes(tool))
  return isWithin ? undefined : 'more tools of it may be called than were allowed'
}

const factsOf = (row: SecretRow, problem: string | null = null): SecretFacts => ({
  ...{ id: row.id, name: row.name, version: row.version, note: row.note, problem },
  ...{ createdAt: row.created_at, changedAt: row.changed_at, expiresAt: row.expires_at },
  allowed: row.allowed.map(({ agent, tools }) => ({ agent, tools })),
})
