// The room of capabilities: what agents were granted here, whether it covers an action now, and how it is taken back.
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { CapabilityRepository } from '../../store/tables/capabilities.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Identity } from '../../trust/identity/index.ts'
import { LASTING, type Pin } from '../types.ts'
import {
  attenuate,
  type Capability,
  type CapabilityBody,
  type Chain,
  NAMES_MAX,
  problemOf,
  readChain,
  signCapability,
  writeChain,
} from './document.ts'
import { covers, describeName, lastsOf, parseName } from './names.ts'

/** Chains that are kept; far more than one machine's agents need at a time. */
const HELD_MAX = 1_024
const AGENT = /^k[A-Za-z]+:[\w.-]{1,64}$/

export interface CapabilitiesDeps extends Pick<Ambient, 'clock' | 'random'> {
  readonly identity: Pick<Identity, 'nodeId' | 'former' | 'sign'>
  readonly repository: CapabilityRepository
  readonly audit: Pick<Audit, 'record'>
}

export interface HeldCapability {
  /** 32 hex digits. */
  readonly id: string
  /** Of the one that it was derived from. */
  readonly parent: string | null
  readonly subject: string
  readonly names: readonly string[]
  /** The permission of each name, in words, in the same order. */
  readonly means: readonly string[]
  readonly issued_at: number
  readonly expires_at: number
  readonly once: boolean
}

interface Wanted {
  readonly subject: string
  readonly names: readonly string[]
  readonly seconds?: number
  readonly from?: string
  /** Number of the person who grants it. */
  readonly by: number
  /** It lasts until it is revoked, for exactly this. */
  readonly pin?: Pin
}

export type Capabilities = ReturnType<typeof createCapabilities>

export function createCapabilities({ identity, repository, audit, clock, random }: CapabilitiesDeps) {
  const held = new Map<string, Chain>()
  /** Capabilities for one use that were used; actions that run under them may continue until they expire. */
  const used = new Map<string, Chain>()
  const revoked = new Map<string, number>()
  const listeners = createListeners<[subject: string, id: string]>()
  const serially = createSerial()
  // What was granted with a key that this node had before still holds: rotation takes nothing back.
  const own = [identity, ...identity.former].map(({ nodeId }) => nodeId)

  const all = () => [...held.values(), ...used.values()]
  const bodyOf = (chain: Chain) => (chain.at(-1) as Capability).body
  const holds = (chain: Chain, isUsed: (id: string) => boolean = () => false): boolean => {
    const isRevoked = (id: string): boolean => revoked.has(id) && !isUsed(id)
    return problemOf(chain, { own, now: clock.now(), isRevoked }) === undefined
  }

  async function end(
    gone: readonly Chain[],
    why: 'revoked' | 'used' | 'expired',
  ): Promise<readonly string[]> {
    const bodies = gone.map(bodyOf)
    const remove = bodies.map(({ id }) => id)
    const notes = why === 'expired' ? [] : bodies.map(({ id, expires_at: until }) => ({ id, until }))
    // In memory first: what is asked while the disk is written must not find it.
    for (const { id, until } of notes) revoked.set(id, until)
    for (const id of remove) {
      held.delete(id)
      used.delete(id)
    }
    if (why === 'used') for (const chain of gone) used.set(bodyOf(chain).id, chain)
    try {
      await repository.end({ remove, revoked: notes })
    } finally {
      // Actions under the capability end even if the revocation could not be written: it is in force here until the
      // next start.
      for (const { subject, id } of bodies) if (why === 'revoked') listeners.tell(subject, id)
    }
    return remove
  }

  async function sweep(): Promise<void> {
    const now = clock.now()
    const over = [...held.values()].filter((chain) => bodyOf(chain).expires_at <= now)
    if (over.length > 0) await end(over, 'expired')
    for (const [id, chain] of used) if (!holds(chain, (one) => one === id)) used.delete(id)
    const forgotten = [...revoked].filter(([, until]) => until <= now).map(([id]) => id)
    if (forgotten.length === 0) return
    for (const id of forgotten) revoked.delete(id)
    await repository.forget(forgotten)
  }

  function find(which: string, among: Iterable<readonly [string, Chain]> = held): Chain {
    const found = [...among].filter(([id]) => which.length >= 4 && id.startsWith(which))
    const [only, other] = found
    if (only === undefined)
      throw new KaroError('not_found', `there is no capability ${which.slice(0, 40)}`, {
        hint: 'karo cap list shows them.',
      })
    if (other !== undefined)
      throw new KaroError('conflict', `${which} is the beginning of several capabilities`)
    return only[1]
  }

  /** With everything that was derived from it. */
  async function takeBack(
    isMeant: (body: CapabilityBody) => boolean,
    by: number,
  ): Promise<readonly string[]> {
    const gone = all().filter((chain) => chain.some(({ body }) => isMeant(body)))
    const ids = await end(gone, 'revoked')
    // It is taken back, whatever the ledger says.
    for (const one of gone) await tell('revoked', one, by).catch(() => {})
    return ids
  }

  async function grant({ subject, names, seconds, from, by, pin }: Wanted) {
    if (!AGENT.test(subject))
      throw new KaroError('bad_request', `'${subject.slice(0, 80)}' is not an agent`, {
        hint: 'An agent is written kExecutor:build.',
      })
    if (names.length === 0 || names.length > NAMES_MAX)
      throw new KaroError('bad_request', `name 1 to ${NAMES_MAX} capabilities`)
    for (const name of names) parseName(name)
    await sweep()
    if (held.size >= HELD_MAX)
      throw new KaroError('conflict', `there are ${HELD_MAX} capabilities already`, {
        hint: 'Revoke some: karo cap revoke.',
      })
    const parent = from === undefined ? undefined : find(from)
    const { seconds: most, once } = lastsOf(names)
    const lasts = pin !== undefined
    const now = clock.now()
    const wanted = {
      id: toHex(random.bytes(16)),
      subject,
      names,
      issued_at: now,
      once: once && !lasts,
      holder: identity.nodeId,
      expires_at: lasts ? LASTING : now + Math.min(most, seconds ?? most) * 1_000,
      ...(lasts && { pin }),
    }
    const chain =
      parent === undefined
        ? [signCapability({ ...wanted, parent: null, issuer: identity.nodeId }, identity)]
        : attenuate(parent, wanted, identity)
    if (chain === undefined)
      throw new KaroError(
        'refused',
        'the capability that this one would be derived from allows none of that, or has been passed on too often',
        { hint: 'karo cap list shows what it allows.' },
      )
    // In the ledger first: what cannot be written there is not granted.
    await tell('granted', chain, by)
    await repository.put({ id: wanted.id, chain: writeChain(chain) })
    held.set(wanted.id, chain)
    return shapeOf(chain)
  }

  const lastingOf = (subject: string): Chain | undefined =>
    [...held.values()].find(
      (chain) => bodyOf(chain).subject === subject && bodyOf(chain).pin !== undefined && holds(chain),
    )

  /** The ledger says which kinds and how long, and no path: it may be shown to others. */
  async function tell(change: 'granted' | 'revoked', chain: Chain, by: number): Promise<void> {
    const { id, parent, subject, names, expires_at, once } = bodyOf(chain)
    await audit.record({
      type: 'capability_change',
      success: true,
      details: {
        uid: by,
        change,
        capability: id,
        agent: subject,
        once,
        parent: parent ?? undefined,
        kinds: [...new Set(names.map((name) => name.slice(0, name.indexOf(':'))))].join(' '),
        expires_at: new Date(expires_at).toISOString(),
      },
    })
  }

  return {
    name: 'capabilities',
    async start(signal: AbortSignal) {
      const stored = await repository.load()
      signal.throwIfAborted()
      for (const { id, until } of stored.revoked) revoked.set(id, until)
      for (const { chain: bytes } of stored.held) {
        const chain = readChain(bytes)
        if (chain !== undefined) held.set(bodyOf(chain).id, chain)
      }
      await sweep()
    },
    async stop() {
      held.clear()
      used.clear()
      revoked.clear()
    },
    /** Those that hold now, oldest first. */
    list: () =>
      [...held.values()]
        .filter((chain) => holds(chain))
        .map(shapeOf)
        .sort((a, b) => a.issued_at - b.issued_at),
    /**
     * Grants names to an agent of this machine for as long as their risk allows, or for `seconds` if that is less; with `from`
     * as a part of that capability. Throws KaroError `bad_request`, `not_found`, `refused` where nothing of it can be granted.
     */
    grant: (wanted: Wanted) => serially(() => grant(wanted)),
    /** What the lasting grant of the agent is for; undefined without one. */
    pinOf(subject: string) {
      const chain = lastingOf(subject)
      return chain && bodyOf(chain).pin
    },
    /** The lasting grant is for this from now on. Nothing without one. */
    pin: (subject: string, pin: Pin) =>
      serially(async () => {
        const chain = lastingOf(subject)
        if (chain === undefined) return
        const body = { ...bodyOf(chain), pin, issuer: identity.nodeId }
        const next = [signCapability(body, identity)]
        await repository.put({ id: body.id, chain: writeChain(next) })
        held.set(body.id, next)
      }),
    /** Takes it back, and everything derived from it, also where it was used up and its time is not over; returns the ids. Throws KaroError `not_found`, `conflict`. */
    revoke: (which: string, by: number) =>
      serially(async () => {
        // An action may still run under a capability that is used up.
        const { id: meant } = bodyOf(find(which, [...held, ...used]))
        return takeBack(({ id }) => id === meant, by)
      }),
    /** The same for all of the agent, also what does not hold now: once the clock is right, or the key is known, it would. */
    revokeAll: (agent: string, by: number) =>
      serially(async () => {
        await takeBack(({ subject }) => subject === agent, by)
      }),
    /**
     * The names that the agent lacks now, and the ids of the capabilities that give it the others. `begun`: the
     * action runs already, so a capability that it used up counts until it expires. `until`: when the first of the others is
     * lacking too, unless it is granted again, in milliseconds since the epoch; Infinity where nothing is needed.
     */
    covering(subject: string, needed: readonly string[], { begun = false } = {}) {
      // What was used up is revoked for all that has not begun.
      const mine = all().filter(
        (chain) => bodyOf(chain).subject === subject && holds(chain, (id) => begun && used.has(id)),
      )
      const by = new Set<string>()
      let until = Number.POSITIVE_INFINITY
      const missing = needed.filter((name) => {
        const giving = mine.map(bodyOf).filter(({ names }) => names.some((have) => covers(have, name)))
        const [first] = giving
        if (first === undefined) return true
        by.add(first.id)
        until = Math.min(until, Math.max(...giving.map(({ expires_at }) => expires_at)))
        return false
      })
      return { missing, by: [...by], until }
    },
    /** Uses up those of the ids that may be used once. False: one of them is gone, and nothing may run. Durable. */
    spend: (ids: readonly string[]) =>
      serially(async () => {
        const chains = ids.map((id) => held.get(id))
        if (!chains.every((chain): chain is Chain => chain !== undefined && holds(chain))) return false
        const used = chains.filter((chain) => bodyOf(chain).once)
        if (used.length > 0) await end(used, 'used')
        return true
      }),
    /** Fires with subject and id of each capability that was taken back: what runs by it has to end. */
    onRevoked: listeners.on,
  }
}

function shapeOf(chain: Chain): HeldCapability {
  const { id, parent, subject, names, issued_at, expires_at, once } = (chain.at(-1) as Capability).body
  return {
    id,
    parent,
    subject,
    names,
    issued_at,
    expires_at,
    once,
    means: names.map(describeName),
  }
}
