// Invites that this node gave out: made, listed, cancelled, and taken up, each use written down before anything follows from it.
import { createSerial } from '../../../base/async/limiter.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import { KaroError } from '../../../base/errors.ts'
import { createQuota } from '../../../base/quota.ts'
import type { Ambient } from '../../../base/run/ambient.ts'
import type { FleetRepository, InviteRecord } from '../../../store/tables/fleet.ts'
import { isSame, isSameSecret } from '../../identity/index.ts'
import {
  commitmentTo,
  formatCode,
  type JoinTerms,
  joinProof,
  keysOf,
  newSecret,
  wholeMinute,
} from './invite-code.ts'

/**
 * Wrong proofs that cancel an invite. A machine with the code sends the id of the invite to this node only, and with the
 * right proof, so more than a few wrong ones are an attack.
 */
const FAILURES_MAX = 5
/** Proofs of invites that are not here, in all: a burst, and so many a minute. */
const UNKNOWN = { frames: 30, perMs: 60_000 }
/** Invites that can be used at one time. */
const INVITES_MAX = 256
/** How long ended invites stay in the list. */
const SHOWN_MS = 7 * DAY_MS

export interface InviteTerms {
  readonly uses: number
  readonly for_ms: number
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  /** Who has these machines. */
  readonly owner?: string | undefined
  /** The account that makes it. */
  readonly made_by: string
  /** `host:port` where this node listens: the code carries them. */
  readonly places: readonly string[]
}

/** `no_issuer`: the invite is good, and this node may certify nobody now. After it and `busy` the joiner keeps its invite. */
export type InviteRefusal =
  | 'unknown'
  | 'used'
  | 'expired'
  | 'cancelled'
  | 'revoked'
  | 'busy'
  | 'no_issuer'
  | 'error'
/** `replaced`: the invite names a key that this node no longer has, so no machine can find its issuer. */
export type InviteState = 'open' | 'used' | 'expired' | 'cancelled' | 'replaced'

export type Invites = ReturnType<typeof createInvites>

export interface InvitesDeps extends Pick<Ambient, 'clock' | 'random'> {
  /** Public key of this node. */
  readonly self: Uint8Array
  /** Whether this node may certify others now. */
  readonly isIssuer: () => boolean
  readonly repository: Pick<FleetRepository, 'write'>
}

export function createInvites({ self, isIssuer, repository, clock, random }: InvitesDeps) {
  const invites = new Map<string, InviteRecord>()
  /** One after the other: if two machines join at the same moment, only one gets the last use. */
  const serially = createSerial()
  const unknown = createQuota(UNKNOWN)

  async function put(invite: InviteRecord): Promise<InviteRecord> {
    await repository.write({ invites: [invite] })
    invites.set(invite.id, invite)
    return invite
  }

  function stateOf(invite: InviteRecord): InviteState {
    if (invite.cancelled) return 'cancelled'
    if (invite.uses <= invite.used.length) return 'used'
    if (invite.expires_at <= clock.now()) return 'expired'
    return invite.inviter !== undefined && !isSame(invite.inviter, self) ? 'replaced' : 'open'
  }

  async function forgetOld(): Promise<void> {
    const old = [...invites.values()].filter(
      (invite) => stateOf(invite) !== 'open' && invite.expires_at + SHOWN_MS <= clock.now(),
    )
    if (old.length === 0) return
    await repository.write({ forget_invites: old.map(({ id }) => id) })
    for (const { id } of old) invites.delete(id)
  }

  async function take(
    joiner: Uint8Array,
    id: string,
    proof: Uint8Array,
  ): Promise<InviteRecord | InviteRefusal> {
    const invite = invites.get(id)
    if (invite === undefined) return unknown.take(clock.monotonic()) ? 'unknown' : 'busy'
    const terms: JoinTerms = { joiner, inviter: self, expires_at: invite.expires_at }
    if (!isSameSecret(joinProof(invite.key, terms), proof)) {
      const failures = invite.failures + 1
      if (!invite.cancelled) await put({ ...invite, failures, cancelled: failures >= FAILURES_MAX })
      return 'unknown'
    }
    if (invite.cancelled) return 'cancelled'
    if (invite.expires_at <= clock.now()) return 'expired'
    if (!isIssuer()) return 'no_issuer'
    if (invite.used.some((key) => isSame(key, joiner))) return invite
    if (invite.used.length >= invite.uses) return 'used'
    return put({ ...invite, used: [...invite.used, joiner] })
  }

  return {
    load(records: readonly InviteRecord[]) {
      for (const record of records) invites.set(record.id, record)
    },

    /** Returns the code, once; only values derived from its secret are stored. KaroError `conflict` beyond 256 invites. */
    create: ({ uses, for_ms, roles, teams, owner, made_by, places }: InviteTerms) =>
      serially(async () => {
        await forgetOld()
        if ([...invites.values()].filter((invite) => stateOf(invite) === 'open').length >= INVITES_MAX) {
          throw new KaroError('conflict', `there are ${INVITES_MAX} invites that can be used already`, {
            hint: 'Cancel those that nobody needs: karo invite cancel.',
          })
        }
        const secret = newSecret(random)
        const made_at = clock.now()
        const expires_at = wholeMinute(made_at + for_ms)
        const invite = await put({
          ...keysOf(secret),
          inviter: self,
          made_at,
          made_by,
          expires_at,
          uses,
          roles,
          teams,
          ...(owner !== undefined && { owner }),
          used: [],
          failures: 0,
          cancelled: false,
        })
        return { code: formatCode({ secret, commitment: commitmentTo(self), expires_at, places }), invite }
      }),

    /** The newest first. */
    list: (): readonly InviteRecord[] => [...invites.values()].sort((a, b) => b.made_at - a.made_at),
    stateOf,

    /** KaroError `not_found`. */
    cancel: (id: string) =>
      serially(async () => {
        const invite = invites.get(id)
        if (invite === undefined) {
          throw new KaroError('not_found', `there is no invite '${id.slice(0, 32)}'`, {
            hint: 'karo invite list shows them.',
          })
        }
        return invite.cancelled ? invite : put({ ...invite, cancelled: true })
      }),

    /** Whether the joiner took a use of that invite before. */
    hasUsed: (joiner: Uint8Array, id: string) =>
      invites.get(id)?.used.some((key) => isSame(key, joiner)) ?? false,
    /**
     * Takes one use for `joiner`, durable when it resolves. A joiner that took one before gets the same again, so that a
     * connection that was cut costs nothing; a proof of another key, for another inviter or of another end is wrong.
     */
    redeem: (joiner: Uint8Array, { id, proof }: { readonly id: string; readonly proof: Uint8Array }) =>
      serially(() => take(joiner, id, proof)),
  }
}
