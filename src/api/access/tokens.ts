// Tokens for programs that use the API over TCP: a person makes them, with a scope and an end.

import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { TokenRecord, TokenRepository } from '../../store/tables/tokens.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { isSameSecret } from '../../trust/identity/index.ts'
import { TOKEN_SCOPES, TOKENS_PER_PERSON, type TokenScope } from '../contract/constants.ts'
import { hashSecret, makeSecret } from './secrets.ts'

const TOKENS_MAX = 1_024
/** The stored time of the last use may be this much too old, so that not every request writes. */
const USED_EVERY_MS = 60_000
/** `karo_<id>_<secret>`. Scanners for leaked secrets can look for the prefix; `karo token list` shows the id. */
const TOKEN = /^karo_([0-9a-f]{10})_[\w-]{43}$/
const ID_BYTES = 5
const NO_HASH = new Uint8Array(32)

export interface Token extends Omit<TokenRecord, 'hash' | 'scope'> {
  readonly scope: TokenScope
}

interface NewToken {
  /** If empty, the id becomes the name. No two tokens of a person have the same name. */
  readonly name: string
  readonly scope: TokenScope
  readonly ttlMs: number
}

export type Tokens = ReturnType<typeof createTokens>

interface TokensDeps extends Pick<Ambient, 'clock' | 'random' | 'log'> {
  readonly repository: TokenRepository
  readonly audit: Pick<Audit, 'record'>
}

export function createTokens({ repository, audit, clock, random, log }: TokensDeps) {
  /** All tokens of the database by id, in memory, so that checking a wrong token reads nothing from the disk. */
  const records = new Map<string, TokenRecord>()
  const listeners: (() => void)[] = []
  const serially = createSerial()

  const live = (record: TokenRecord | undefined): record is TokenRecord =>
    record !== undefined && record.expires_at > clock.now()

  async function forgetExpired(): Promise<void> {
    const ids = [...records.values()].filter((record) => !live(record)).map(({ id }) => id)
    if (ids.length === 0) return
    await repository.write({ remove: ids })
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
    // Writes are serial, so that this one cannot come after the removal of the token.
    const written = serially(() => repository.write({ put: [used], lazy: true }))
    written.catch((error: unknown) =>
      log.debug({ reason: String(error) }, 'the use of a token was not noted'),
    )
  }

  return {
    name: 'tokens',
    async start(signal: AbortSignal) {
      signal.throwIfAborted()
      records.clear()
      for (const record of await repository.all()) {
        if (isScope(record.scope)) records.set(record.id, record)
      }
    },
    async stop() {},

    /**
     * Makes a token. `secret` is the whole token and cannot be read again later. Throws KaroError `conflict` if the name is
     * taken or there are too many tokens.
     */
    create: (uid: number, { name, scope, ttlMs }: NewToken) =>
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
          throw new KaroError('conflict', `${whose} as many tokens as are allowed`, {
            hint: 'karo token list shows your tokens. Revoke those that nothing uses: karo token revoke <token>',
          })
        }
        const id = toHex(random.bytes(ID_BYTES))
        const secret = `karo_${id}_${makeSecret(random)}`
        const now = clock.now()
        const record: TokenRecord = {
          id,
          uid,
          scope,
          name: name === '' ? id : name,
          hash: hashSecret(secret),
          created_at: now,
          expires_at: now + ttlMs,
          last_used_at: null,
        }
        await repository.write({ put: [record] })
        records.set(id, record)
        void audit.record({
          type: 'token_created',
          success: true,
          details: { uid, token: id, scope, expires_at: new Date(record.expires_at).toISOString() },
        })
        return { secret, token: shown(record) }
      }),

    /** The valid tokens of this person, newest first. */
    list: (uid: number) =>
      ownOf(uid)
        .map(shown)
        .sort((a, b) => b.created_at - a.created_at),

    /** The valid tokens of all people. */
    all: () => [...records.values()].filter(live).map(shown),

    /** Revokes the token with this id or name; it is invalid at once. Throws KaroError `not_found`. */
    async revoke(uid: number, which: string) {
      // An expired record is found too: if the disk failed when the token was revoked, the record is still stored.
      const record = [...records.values()].find(
        ({ id, name, uid: owner }) => owner === uid && (id === which || name === which),
      )
      if (record === undefined) {
        throw new KaroError('not_found', `you have no token '${which}'`, {
          hint: 'karo token list shows your tokens.',
        })
      }
      // The token becomes invalid in memory first, so that it is invalid even if the disk fails.
      records.set(record.id, { ...record, expires_at: 0 })
      for (const listener of listeners) listener()
      await serially(() => repository.write({ remove: [record.id] }))
      records.delete(record.id)
      void audit.record({ type: 'token_revoked', success: true, details: { uid, token: record.id } })
      return shown(record)
    },

    /** The valid token with this secret, else undefined. Notes the use. */
    find(secret: string) {
      const id = TOKEN.exec(secret)?.[1]
      const record = records.get(id ?? '')
      const same = isSameSecret(hashSecret(secret), record?.hash ?? NO_HASH)
      if (!same || !live(record)) return undefined
      noteUse(record)
      return shown(record)
    },
    /** Whether the token is valid: not revoked and not expired. */
    holds: (id: string) => live(records.get(id)),
    /** Calls `listener` after a token was revoked. */
    onRevoked: (listener: () => void) => void listeners.push(listener),
  }
}

const isScope = (text: string): text is TokenScope => (TOKEN_SCOPES as readonly string[]).includes(text)

function shown({ hash: _, scope, ...rest }: TokenRecord): Token {
  return { ...rest, scope: scope as TokenScope }
}
