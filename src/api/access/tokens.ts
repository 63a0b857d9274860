// Tokens for whoever is not at the control socket: made by a person, for less than they may do, until a given day.

import { createSerial } from '../../base/async/limiter.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { Log } from '../../base/run/log.ts'
import type { Room } from '../../base/run/room.ts'
import type { TokenRecord, TokenRepository } from '../../store/tables/tokens.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { TOKEN_SCOPES, TOKENS_PER_PERSON, type TokenScope } from '../contract/constants.ts'
import { hashSecret, makeSecret, sameHash } from './secrets.ts'

const TOKENS_MAX = 1_024
/** How much older than the last use what a list shows may be. */
const USED_EVERY_MS = 60_000
/** `karo_<id>_<secret>`: the prefix is what scanners for leaked secrets look for, the id what `karo token list` shows. */
const TOKEN = /^karo_([0-9a-f]{10})_[\w-]{43}$/
const ID_BYTES = 5
const NO_HASH = new Uint8Array(32)

export interface Token extends Omit<TokenRecord, 'hash' | 'scope'> {
  readonly scope: TokenScope
}

interface NewToken {
  /** Empty: its id. Of one person no two are called the same. */
  readonly name: string
  readonly scope: TokenScope
  readonly ttlMs: number
}

export interface Tokens extends Room {
  /**
   * `secret` is the whole token, and is never told again. Throws KaroError `conflict` for a name that is taken or when
   * there are too many.
   */
  create(uid: number, wanted: NewToken): Promise<{ readonly secret: string; readonly token: Token }>
  /** Of this person, the newest first; expired ones are gone. */
  list(uid: number): readonly Token[]
  /** Of everybody, those that hold now. */
  all(): readonly Token[]
  /** By id or name; holds at once. Throws KaroError `not_found`. */
  revoke(uid: number, which: string): Promise<Token>
  /** Undefined for whatever is not a token that holds now. Notes that it was used. */
  find(secret: string): Token | undefined
  /** False as soon as it is revoked or has expired. */
  holds(id: string): boolean
  /** Fires after a token was revoked. */
  onRevoked(listener: () => void): void
}

interface TokensDeps {
  readonly repository: TokenRepository
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export function createTokens({ repository, audit, clock, random, log }: TokensDeps): Tokens {
  /** By id; what the database holds. In memory, so that wrong tokens cost it nothing. */
  const records = new Map<string, TokenRecord>()
  const listeners: (() => void)[] = []
  const serially = createSerial()

  const live = (record: TokenRecord | undefined): record is TokenRecord =>
    record !== undefined && record.expires_at > clock.now()

  async function forgetExpired(): Promise<void> {
    const ids = [...records.values()].filter((record) => !live(record)).map(({ id }) => id)
    if (ids.length === 0) return
    await repository.remove(ids)
    for (const id of ids) records.delete(id)
  }

  function ownOf(uid: number): TokenRecord[] {
    return [...records.values()].filter((record) => record.uid === uid && live(record))
  }

  function noteUse(record: TokenRecord): void {
    const now = clock.now()
    if (record.last_used_at !== null && Math.abs(now - record.last_used_at) < USED_EVERY_MS) return
    const used = { ...record, last_used_at: now }
    records.set(record.id, used)
    // In turn, so that it comes before whatever removes it.
    const written = serially(() => repository.put(used, { lazy: true }))
    written.catch((error: unknown) =>
      log.debug({ reason: String(error) }, 'the use of a token was not noted'),
    )
  }

  return {
    name: 'tokens',
    async start(signal) {
      signal.throwIfAborted()
      records.clear()
      for (const record of await repository.all()) {
        if (isScope(record.scope)) records.set(record.id, record)
      }
    },
    async stop() {},

    create: (uid, { name, scope, ttlMs }) =>
      serially(async () => {
        await forgetExpired()
        const own = ownOf(uid)
        if (own.some((other) => other.name === name || other.id === name)) {
          throw new KaroError('conflict', `you have a token called '${name}'`, {
            hint: `Give this one another name, or revoke that one: karo token revoke ${name}`,
          })
        }
        if (own.length >= TOKENS_PER_PERSON || records.size >= TOKENS_MAX) {
          const whose = own.length >= TOKENS_PER_PERSON ? 'you have' : 'this node has'
          throw new KaroError('conflict', `${whose} as many tokens as it can keep`, {
            hint: 'karo token list shows yours. Revoke those that nothing uses: karo token revoke <token>',
          })
        }
        const id = toHex(random.bytes(ID_BYTES))
        const secret = `karo_${id}_${makeSecret(random)}`
        const now = clock.now()
        const record: TokenRecord = {
          ...{ id, uid, scope, name: name === '' ? id : name },
          hash: hashSecret(secret),
          ...{ created_at: now, expires_at: now + ttlMs, last_used_at: null },
        }
        await repository.put(record)
        records.set(id, record)
        void audit.record({
          type: 'token_created',
          success: true,
          details: { uid, token: id, scope, expires_at: new Date(record.expires_at).toISOString() },
        })
        return { secret, token: shown(record) }
      }),

    list: (uid) =>
      ownOf(uid)
        .map(shown)
        .sort((a, b) => b.created_at - a.created_at),

    all: () => [...records.values()].filter(live).map(shown),

    async revoke(uid, which) {
      // Also one that opens nothing any more, but is still on a disk that failed when it was revoked.
      const record = [...records.values()].find(
        ({ id, name, uid: owner }) => owner === uid && (id === which || name === which),
      )
      if (record === undefined) {
        throw new KaroError('not_found', `you have no token '${which}'`, {
          hint: 'karo token list shows yours.',
        })
      }
      // At once, and whatever the disk says: it opens nothing any more.
      records.set(record.id, { ...record, expires_at: 0 })
      for (const listener of listeners) listener()
      await serially(() => repository.remove([record.id]))
      records.delete(record.id)
      void audit.record({ type: 'token_revoked', success: true, details: { uid, token: record.id } })
      return shown(record)
    },

    find(secret) {
      const id = TOKEN.exec(secret)?.[1]
      const record = records.get(id ?? '')
      const same = sameHash(hashSecret(secret), record?.hash ?? NO_HASH)
      if (!same || !live(record)) return undefined
      noteUse(record)
      return shown(record)
    },
    holds: (id) => live(records.get(id)),
    onRevoked: (listener) => void listeners.push(listener),
  }
}

const isScope = (text: string): text is TokenScope => (TOKEN_SCOPES as readonly string[]).includes(text)

function shown({ hash: _, scope, ...rest }: TokenRecord): Token {
  return { ...rest, scope: scope as TokenScope }
}
