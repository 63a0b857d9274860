// Who was met here, members and those in the lobby: bounded in memory, written through to the store a little later.
import { isDeepStrictEqual } from 'node:util'
import { AGAIN_MAX_S } from '../../../protocols/messages/presence.ts'
import { formatNodeId, keyOf, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'
import type { MemberRepository, SightingRecord, StrangerRecord } from '../../store/tables/members.ts'
import { fingerprintOf } from '../identity/index.ts'
import { hereUntil } from './missing.ts'
import type { Member, PendingPeer, Presence } from './types.ts'

/** A member stays known for 7 days after it was last seen. */
export const MEMBER_KEPT_MS = 7 * 24 * 3_600_000
export const MEMBERS_MAX = 4096
/** As many as a person could look through; a flood of new keys pushes out the oldest. */
export const PENDING_MAX = 64
/** Members that are known by gossip alone and not admitted here, in all and of one sponsor: keys cost nothing. */
export const GOSSIP_MEMBERS_MAX = 1024
export const GOSSIP_MEMBERS_OF_ONE = 64
export const ADDRESSES_MAX = 8
export const NAME_MAX = 64
const ADDRESS_MAX = 256
/** A sighting that changed nothing but the time is written at most this often, and on stop. */
const REWRITE_MS = 60_000

interface Sighting {
  readonly name?: string | undefined
  readonly addresses?: readonly string[]
  readonly offline?: boolean
  readonly sponsor?: NodeId
  /** When, if not now. */
  readonly at?: number
  /** The member said that it speaks again within so long. */
  readonly againMs?: number
}

export type Seen = ReturnType<typeof createSeen>

export function createSeen(
  repository: MemberRepository,
  clock: Clock,
  log: Log,
  /** A member's presence is another one now. Must not throw. */
  changed: (member: Member, presence: Presence) => void,
) {
  const members = new Map<NodeId, Member>()
  const strangers = new Map<NodeId, PendingPeer>()
  // Keys whose row differs from memory; a key that is no longer in memory loses its row.
  const dirtyMembers = new Set<NodeId>()
  const dirtyStrangers = new Set<NodeId>()
  const memberWrittenAt = new Map<NodeId, number>()
  let writing: Promise<void> | undefined

  const fresh = (member: Member): boolean => clock.now() - member.last_seen < MEMBER_KEPT_MS

  function dropMember(node: NodeId): void {
    members.delete(node)
    memberWrittenAt.delete(node)
    dirtyMembers.add(node)
  }

  function dropStranger(node: NodeId): void {
    strangers.delete(node)
    dirtyStrangers.add(node)
  }

  /** Whoever has been away for long is kept as long as there is room: a clock that is ahead makes all of them look so. */
  function boundMembers(): void {
    while (members.size > MEMBERS_MAX) dropMember(oldest(members))
  }

  function boundStrangers(): void {
    while (strangers.size > PENDING_MAX) dropStranger(oldest(strangers))
  }

  async function write(): Promise<void> {
    const memberNodes = [...dirtyMembers]
    const strangerNodes = [...dirtyStrangers]
    dirtyMembers.clear()
    dirtyStrangers.clear()
    const now = clock.now()
    try {
      await repository.write({
        sightings: memberNodes.flatMap((node) => sightingOf(members.get(node))),
        forget_sightings: memberNodes.filter((node) => !members.has(node)).map(keyOf),
        strangers: strangerNodes.flatMap((node) => strangerOf(strangers.get(node))),
        forget_strangers: strangerNodes.filter((node) => !strangers.has(node)).map(keyOf),
      })
      for (const node of memberNodes) if (members.has(node)) memberWrittenAt.set(node, now)
    } catch (error) {
      for (const node of memberNodes) dirtyMembers.add(node)
      for (const node of strangerNodes) dirtyStrangers.add(node)
      throw error
    }
  }

  /** One writer; what is seen while it writes goes into its next round. */
  async function writeAll(): Promise<void> {
    try {
      while (dirtyMembers.size + dirtyStrangers.size > 0) await write()
    } catch (error) {
      log.warn({ error: String(error) }, 'who was seen could not be stored; it is kept in memory')
    } finally {
      writing = undefined
    }
  }

  /** Resolves when everything seen so far is in the store, or could not be written (logged, tried again later). */
  function flush(): Promise<void> {
    writing ??= Promise.resolve().then(writeAll)
    return writing
  }

  return {
    /** Takes over what the store has. */
    load(sightings: readonly SightingRecord[], strangerRecords: readonly StrangerRecord[]) {
      for (const record of sightings) {
        const node = formatNodeId(record.key)
        members.set(node, memberFrom(record))
        memberWrittenAt.set(node, clock.now())
      }
      for (const record of strangerRecords) strangers.set(formatNodeId(record.key), strangerFrom(record))
      boundMembers()
      boundStrangers()
      void flush()
    },

    member: (node: NodeId) => {
      const member = members.get(node)
      return member !== undefined && fresh(member) ? member : undefined
    },
    /** Seen within `MEMBER_KEPT_MS`, the last seen first. */
    members: () => [...members.values()].filter(fresh).sort((a, b) => b.last_seen - a.last_seen),
    /** Met in the lobby and no member yet, the last seen first. */
    strangers: () => [...strangers.values()].sort((a, b) => b.last_seen - a.last_seen),
    stranger: (node: NodeId) => strangers.get(node),

    sawMember(node: NodeId, seen: Sighting) {
      const before = members.get(node)
      // The member may have been seen at a time that is later than now, before the clock was set back.
      const now = Math.min(clock.now(), Math.max(seen.at ?? Number.POSITIVE_INFINITY, before?.last_seen ?? 0))
      const stranger = strangers.get(node)
      const { sponsor } = seen
      const member: Member = {
        node_id: node,
        fingerprint: before?.fingerprint ?? fingerprintOf(keyOf(node)),
        name: cleanName(seen.name) || before?.name || stranger?.name || '',
        last_seen: now,
        here_until:
          seen.againMs === undefined
            ? Math.max(hereUntil(now), Math.min(before?.here_until ?? 0, hereUntil(now, 1_000 * AGAIN_MAX_S)))
            : hereUntil(now, seen.againMs),
        addresses: mergeAddresses(seen.addresses, before?.addresses ?? stranger?.addresses),
        offline: seen.offline ?? false,
        unsure: false,
        known_by: sponsor === undefined ? 'link' : 'gossip',
        sponsor,
      }
      members.set(node, member)
      dirtyMembers.add(node)
      // Whoever is known by gossip alone may still wait in the lobby for a person's word.
      if (stranger && !sponsor) dropStranger(node)
      boundMembers()
      const presence = presenceOf(member)
      const was = before && fresh(before) ? presenceOf(before) : 'offline'
      if (presence !== was) changed(member, presence)
      const due = Math.abs(now - (memberWrittenAt.get(node) ?? 0)) >= REWRITE_MS
      if (due || !before || !isDeepStrictEqual(saidOf(before), saidOf(member))) void flush()
    },

    /** Makes room for one more of `sponsor`: of those that are `charged` to somebody, the longest silent give way. */
    makeRoom(sponsor: NodeId, charged: (node: NodeId) => boolean) {
      const announced = [...members.values()]
        .filter((one) => one.sponsor && charged(one.node_id))
        .sort((a, b) => a.last_seen - b.last_seen)
      const ofOne = announced.filter((one) => one.sponsor === sponsor)
      const out = new Set(ofOne.slice(0, Math.max(0, ofOne.length + 1 - GOSSIP_MEMBERS_OF_ONE)))
      const left = announced.filter((one) => !out.has(one))
      for (const one of left.slice(0, Math.max(0, left.length + 1 - GOSSIP_MEMBERS_MAX))) out.add(one)
      for (const { node_id } of out) dropMember(node_id)
    },

    lost(node: NodeId) {
      const member = members.get(node)
      if (member === undefined || member.offline || member.unsure) return
      const lost = { ...member, unsure: true }
      members.set(node, lost)
      changed(lost, 'unsure')
    },

    sawStranger(node: NodeId, seen: { name: string; addresses: readonly string[] }) {
      const before = strangers.get(node)
      const now = clock.now()
      strangers.set(node, {
        node_id: node,
        fingerprint: before?.fingerprint ?? fingerprintOf(keyOf(node)),
        name: cleanName(seen.name) || before?.name || '',
        addresses: mergeAddresses(seen.addresses, before?.addresses),
        first_seen: before?.first_seen ?? now,
        last_seen: now,
      })
      boundStrangers()
      dirtyStrangers.add(node)
      void flush()
    },

    /** The node, and everybody that is known through it alone, but for those that stay. */
    forget(node: NodeId, stays: (node: NodeId) => boolean) {
      for (const { node_id, sponsor } of [...members.values()])
        if ((node_id === node || sponsor === node) && !stays(node_id)) dropMember(node_id)
      if (strangers.has(node) && !stays(node)) dropStranger(node)
      void flush()
    },
    flush,
  }
}

/** A name from the network or a person: no control or invisible characters, no line breaks, at most `NAME_MAX`. */
export function cleanName(name: string | undefined): string {
  const visible = (name ?? '').normalize('NFC').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
  return [...visible.trim()].slice(0, NAME_MAX).join('').trim()
}

function mergeAddresses(newest: readonly string[] = [], older: readonly string[] = []): string[] {
  const usable = [...newest, ...older].filter((address) => address.length <= ADDRESS_MAX)
  return [...new Set(usable)].slice(0, ADDRESSES_MAX)
}

const oldest = (seen: ReadonlyMap<NodeId, Pick<Member, 'node_id' | 'last_seen'>>): NodeId =>
  [...seen.values()].reduce((a, b) => (b.last_seen < a.last_seen ? b : a)).node_id

export const presenceOf = ({ offline, unsure }: Member): Presence =>
  offline ? 'offline' : unsure ? 'unsure' : 'online'

/** What is written at once where it changes. */
const saidOf = ({ name, sponsor, offline, addresses }: Member) => [name, sponsor, offline, addresses]

function sightingOf(member: Member | undefined): SightingRecord[] {
  if (member === undefined) return []
  const { node_id, name, addresses, last_seen, offline, sponsor } = member
  const by = sponsor === undefined ? {} : { sponsor: keyOf(sponsor) }
  return [{ key: keyOf(node_id), name, addresses, last_seen, offline, ...by }]
}

function memberFrom({ key, sponsor, ...rest }: SightingRecord): Member {
  return {
    node_id: formatNodeId(key),
    fingerprint: fingerprintOf(key),
    ...rest,
    here_until: hereUntil(rest.last_seen),
    unsure: false,
    known_by: sponsor === undefined ? 'link' : 'gossip',
    sponsor: sponsor && formatNodeId(sponsor),
  }
}

function strangerOf(stranger: PendingPeer | undefined): StrangerRecord[] {
  if (stranger === undefined) return []
  const { node_id, name, addresses, first_seen, last_seen } = stranger
  return [{ key: keyOf(node_id), name, addresses, first_seen, last_seen }]
}

function strangerFrom({ key, ...rest }: StrangerRecord): PendingPeer {
  return { node_id: formatNodeId(key), fingerprint: fingerprintOf(key), ...rest }
}
