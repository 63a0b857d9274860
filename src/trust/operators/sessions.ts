// Logins on this node: one operator for each person (uid), in memory only, until logout, end or revocation.

import { encodeValue } from '../../../protocols/messagepack.ts'
import { AGENT_CONTROL } from '../../../protocols/messages/agent.ts'
import { DELEGATION_LIFE_MS } from '../../../protocols/messages/operator.ts'
import { keyOf, type NodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { createQuotas } from '../../base/quota.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Audit } from '../audit/index.ts'
import type { Operators } from '../certificates/index.ts'
import {
  eraseSealingKey,
  fingerprintOf,
  isFuture,
  isSame,
  newSealingKey,
  type SealingKey,
} from '../identity/index.ts'
import { type DelegationFault, delegationFault, faultWords, readDelegation } from './delegation.ts'
import { certifiedHere, type PrincipalsDeps } from './principals.ts'
import type { Acting, Offer, SessionState } from './types.ts'

/** People who may be logged in at once, and offers that wait for a signature. */
const SESSIONS_MAX = 64
const OFFER_MS = 5 * 60_000
const LEAST_MS = 60_000
/** Tries of one person; each costs signatures, and an entry of the ledger. */
const TRIES = { frames: 20, perMs: 60_000 } as const
const SESSION_BYTES = 16

export interface SessionsDeps
  extends Pick<PrincipalsDeps, 'opinion'>,
    Pick<Ambient, 'clock' | 'timers' | 'random'> {
  /** Ed25519 key of this node. */
  readonly self: Uint8Array
  readonly operators: Pick<Operators, 'verdict' | 'mesh'>
  /** Calls back when certificates, lists or people say something else about a key. */
  readonly onChange: readonly ((listener: () => void) => () => void)[]
  readonly audit: Pick<Audit, 'record' | 'log'>
}

interface Waiting {
  readonly body: Offer
  readonly audience: SealingKey
  /** Monotonic, ms: until when this node waits for the signature. */
  readonly until: number
  /** Monotonic, ms: when the login is over, also where somebody sets the clock back. */
  readonly over: number
}

interface Session extends Waiting {
  readonly state: Omit<SessionState, 'name' | 'roles' | 'teams'>
  readonly delegation: Uint8Array
  /** As it was shown; a newer one that came here since counts in its place. */
  readonly chain: readonly Uint8Array[]
  readonly ended: AbortController
  /** The last known content of the certificate. */
  said: Pick<SessionState, 'name' | 'roles' | 'teams'>
  cancel: () => void
}

type Ending = 'logout' | 'again' | 'stopping' | 'other_account' | DelegationFault

export function createSessions(deps: SessionsDeps) {
  const { self, operators, opinion, audit, clock, timers, random } = deps
  const offers = new Map<number, Waiting>()
  const sessions = new Map<number, Session>()
  /** People whose login ended without their doing, and why: until they log in or out, nothing is asked for them under another name. */
  const lapsed = new Map<number, string>()
  const tries = createQuotas<number>(TRIES, SESSIONS_MAX)
  let stopListening: readonly (() => void)[] = []

  /** The present content of the certificates, or why they are not valid. */
  const judge = (operator: NodeId, shown: readonly Uint8Array[]) =>
    certifiedHere(operators, opinion, keyOf(operator), shown)

  /** Undefined if the session cannot continue; it has ended then. */
  function check(session: Session): { readonly chain: readonly Uint8Array[] } | undefined {
    const { state, chain: shown, over } = session
    const isOver = state.ends_at <= clock.now() || over <= clock.monotonic()
    const judged = isOver ? ({ fault: 'expired' } as const) : judge(state.operator, shown)
    if ('fault' in judged) {
      lapsed.set(state.uid, faultWords(judged.fault))
      void close(session, judged.fault)
      return undefined
    }
    const { name, roles, teams } = judged.binding
    session.said = { name, roles, teams }
    return judged
  }

  function arm(session: Session): void {
    session.cancel()
    const judged = judge(session.state.operator, session.chain)
    const ends = Math.min(session.state.ends_at, 'fault' in judged ? 0 : judged.binding.not_after)
    const left = Math.min(ends - clock.now(), session.over - clock.monotonic())
    session.cancel = timers.after(Math.max(0, left), () => {
      if (check(session) !== undefined) arm(session)
    })
  }

  function close(session: Session, why: Ending): Promise<void> {
    const { state, audience, ended, cancel } = session
    if (sessions.get(state.uid) !== session) return Promise.resolve()
    sessions.delete(state.uid)
    cancel()
    eraseSealingKey(audience)
    ended.abort()
    return note('operator_logout', session, { why })
  }

  /** Data of a person may be given to another account, a login never: the operator signed for the account. */
  function sessionOf(uid: number, account: number): Session | undefined {
    const session = sessions.get(uid)
    if (session === undefined || session.body.uid === account) return session
    void close(session, 'other_account')
    return undefined
  }

  const note = (
    type: 'operator_login' | 'operator_logout',
    { state: { uid, id: session, operator }, said }: Session,
    more: Readonly<Record<string, string>>,
  ) =>
    audit.record({
      type,
      success: true,
      details: { uid, operator, operator_name: said.name, session, ...more },
    })

  const stateOf = ({ state, said }: Session): SessionState => ({ ...state, ...said })

  /** Nobody can open what is sealed to the key of an offer that nobody took. */
  function drop(person: number): void {
    const offer = offers.get(person)
    if (offer !== undefined) eraseSealingKey(offer.audience)
    offers.delete(person)
  }

  /** Why what was signed is not what was offered to this person, who has this account; undefined when it is. */
  function offerFault(uid: number, account: number, body: Offer): string | undefined {
    const own = operators.mesh()
    if (own === undefined) return faultWords('no_mesh')
    const fault = delegationFault(body, {
      mesh: own,
      node: self,
      audienceKey: body.audience_key,
      type: body.types[0] ?? '',
      at: clock.now(),
    })
    if (fault !== undefined) return faultWords(fault)
    if (body.uid !== account) return 'the delegation is for another person of this machine'
    const offer = offers.get(uid)
    if (offer === undefined || !isSame(offer.body.session, body.session) || offer.until < clock.monotonic())
      return 'the login took too long, or the node restarted'
    return isSame(encodeValue(offer.body), encodeValue(body))
      ? undefined
      : 'the delegation is not what this node offered'
  }

  /**
   * Finds the people in the ledger whose login is over because the node stopped or crashed, or because its time was up, and who have
   * neither logged in nor out since. Reads back as far as a login may last.
   */
  async function recall(): Promise<void> {
    const since = clock.now() - DELEGATION_LIFE_MS
    const [begun, ended] = await Promise.all(
      (['operator_login', 'operator_logout'] as const).map((type) =>
        audit.log({ type, since, limit: Number.POSITIVE_INFINITY }),
      ),
    )
    for (const { ts, success, details } of [...begun!, ...ended!].sort((a, b) => a.seq - b.seq)) {
      if (!success || isFuture(ts, clock.now())) continue
      const uid = Number(details.uid)
      if (/^(logout|again|other_account)$/.test(`${details.why}`)) lapsed.delete(uid)
      else lapsed.set(uid, 'no login outlives a start of this node')
    }
  }

  /** Forgets that a login of the person ended, and records it: the next start asks the ledger. */
  async function unlapse(uid: number, why: Ending): Promise<void> {
    if (lapsed.delete(uid))
      await audit.record({ type: 'operator_logout', success: true, details: { uid, why } })
  }

  async function refuse(uid: number, why: string, operator?: NodeId): Promise<never> {
    const details = { uid, why, operator }
    await audit.record({ type: 'operator_login', success: false, details })
    throw new KaroError('refused', why, { hint: 'Nobody was logged in.' })
  }

  return {
    name: 'operators',
    async start() {
      await recall()
      let isDue = false
      const changed = (): void => {
        if (sessions.size === 0 || isDue) return
        isDue = true
        // Many keys may change at once, and each look costs signatures.
        timers.after(0, () => {
          isDue = false
          // Another certificate of the operator may end at another time.
          for (const session of [...sessions.values()]) if (check(session) !== undefined) arm(session)
        })
      }
      stopListening = deps.onChange.map((listen) => listen(changed))
    },
    async stop() {
      for (const stop of stopListening) stop()
      await Promise.all([...sessions.values()].map((session) => close(session, 'stopping')))
      for (const person of [...offers.keys()]) drop(person)
    },

    /**
     * `uid` is the number of the person, here and below; `account` is the uid that the kernel names, where the person has
     * another number because the uid was somebody else's before. KaroErrors: `refused` where this node is in no mesh,
     * `bad_request` for terms out of bounds.
     */
    offer(
      uid: number,
      {
        for_ms,
        types,
        account,
      }: { readonly for_ms: number; readonly types: readonly string[]; readonly account: number },
    ) {
      const own = operators.mesh()
      if (own === undefined) {
        throw new KaroError('refused', faultWords('no_mesh'), { hint: 'karo join lets it into one.' })
      }
      if (for_ms < LEAST_MS || for_ms > DELEGATION_LIFE_MS) {
        throw new KaroError('bad_request', 'a login is valid for a minute to 8 hours', { where: 'for' })
      }
      if (types.length === 0) {
        throw new KaroError('bad_request', 'a login names types of questions', { where: 'types' })
      }
      const audience = newSealingKey(random)
      const now = clock.now()
      const body: Offer = {
        session: Uint8Array.from(random.bytes(SESSION_BYTES)),
        mesh: own,
        node: self,
        uid: account,
        types,
        audience_key: audience.publicKey,
        not_before: now,
        not_after: now + for_ms,
      }
      drop(uid)
      if (offers.size >= SESSIONS_MAX) drop([...offers.keys()][0]!)
      const at = clock.monotonic()
      offers.set(uid, { body, audience, until: at + OFFER_MS, over: at + for_ms })
      return body
    },

    /**
     * Takes what the operator signed of the offer made to that person; a session that the person had ends. KaroErrors:
     * `refused` with the reason, `rate_limited` for too many tries.
     */
    async begin(
      uid: number,
      {
        delegation,
        chain,
        account,
      }: {
        readonly delegation: Uint8Array
        readonly chain: readonly Uint8Array[]
        readonly account: number
      },
    ) {
      if (!tries(uid).take(clock.monotonic())) {
        throw new KaroError('rate_limited', 'too many logins', { hint: 'Try again in a minute.' })
      }
      const read = readDelegation(delegation)
      if (typeof read === 'string') return refuse(uid, faultWords(read))
      const { by: operator, key, body } = read
      const why = offerFault(uid, account, body)
      if (why !== undefined) return refuse(uid, why, operator)
      const judged = judge(operator, chain)
      if ('fault' in judged) return refuse(uid, faultWords(judged.fault), operator)
      const offer = offers.get(uid) as Waiting
      const before = sessions.get(uid)
      if (before === undefined && sessions.size >= SESSIONS_MAX) {
        throw new KaroError('rate_limited', `${SESSIONS_MAX} people are logged in here already`)
      }
      offers.delete(uid)
      if (before !== undefined) void close(before, 'again')
      const { name, roles, teams } = judged.binding
      const session: Session = {
        ...offer,
        delegation,
        chain,
        ended: new AbortController(),
        said: { name, roles, teams },
        state: {
          id: toHex(body.session),
          uid,
          operator,
          fingerprint: fingerprintOf(key),
          types: body.types,
          begun_at: body.not_before,
          ends_at: body.not_after,
        },
        cancel: () => {},
      }
      sessions.set(uid, session)
      lapsed.delete(uid)
      arm(session)
      await note('operator_login', session, {
        types: body.types.join(','),
        roles: roles.join(','),
        teams: teams.join(','),
      })
      return stateOf(session)
    },

    /** Undefined: that person is not logged in. */
    async end(uid: number, account: number) {
      drop(uid)
      const session = sessionOf(uid, account)
      await unlapse(uid, 'logout')
      if (session === undefined) return undefined
      await close(session, 'logout')
      return stateOf(session)
    },
    /** The person is no longer a person of this node: ends their sessions, whichever account began them. */
    async forget(uid: number) {
      drop(uid)
      await unlapse(uid, 'other_account')
      const session = sessions.get(uid)
      if (session !== undefined) await close(session, 'other_account')
    },
    /** The people of this node who are logged in as that operator now, by a login that covers agents; by number. */
    peopleOf: (operator: NodeId): readonly number[] =>
      [...sessions.values()]
        .filter(
          (session) =>
            session.state.operator === operator &&
            session.body.types.includes(AGENT_CONTROL) &&
            check(session) !== undefined,
        )
        .map(({ state }) => state.uid),
    /** People who are logged in now. */
    count: () => sessions.size,
    state(uid: number, account: number) {
      const session = sessionOf(uid, account)
      return session && check(session) && stateOf(session)
    },
    /** Why the login of this person ended without their doing, for people; undefined: it did not, or they have logged in or out since. */
    lapsed: (uid: number) => lapsed.get(uid),
    /**
     * As whom this person asks now. Undefined: as the node. With `asks`, KaroError `refused` where a login ended without the person's doing, so
     * that nothing is asked under another name until they log in or out.
     */
    of(uid: number, account: number, asks = false): Acting | undefined {
      const session = sessionOf(uid, account)
      const judged = session && check(session)
      const why = lapsed.get(uid)
      if (asks && why !== undefined)
        throw new KaroError('refused', `your login as an operator has ended: ${why}`, {
          hint: 'Log in again, or ask as this machine: karo logout, or --as-node where the command has it.',
        })
      if (!session || !judged) return undefined
      const { delegation, audience, ended } = session
      return { ...stateOf(session), delegation, chain: judged.chain, audience, ended: ended.signal }
    },
  }
}

export type Sessions = ReturnType<typeof createSessions>
