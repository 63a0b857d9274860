// For rows that are not the newest there were: nobody is given anything of what the lost ones may have withdrawn.
import { createConsentRepository } from './consent.ts'
import type { Database } from './database.ts'
import { readU32, UID_AT } from './key-of-event.ts'
import { type Keyspace, keyRange, makeKey } from './keyspace.ts'

/** Where people have rows: keyspace ‖ uid ‖ … */
const OF_PEOPLE: readonly Keyspace[] = ['events', 'event_counts', 'rollups_hour', 'rollups_day', 'consent']
const LAST_UID = 0xffff_ffff

export interface Closed {
  /** Nothing of them is shared until they say so again. */
  readonly people: number
  /** Removed. */
  readonly tokens: number
  /** Nodes that are known; who of them was denied since cannot be told, so that a person has to look. */
  readonly members: number
}

/**
 * The last word somebody said may be among what is not there, and an older one stand in its place: sharing is off for
 * everybody who has anything here, and no token is good, until they say so again.
 */
export async function failClosed(db: Database): Promise<Closed> {
  const consent = createConsentRepository(db)
  const uids = await peopleOf(db)
  for (const uid of uids) {
    const stored = await consent.get(uid)
    if (stored?.off === true) continue
    const nothing = { allow_peers: [], allow_supervisors: [], deny_peers: [], decided_at: 0 }
    await consent.put({ ...nothing, ...stored, uid, off: true })
  }
  const tokens = (await db.keys(keyRange('api_tokens')).all()).length
  await db.clear(keyRange('api_tokens'))
  return { people: uids.size, tokens, members: (await db.keys(keyRange('members')).all()).length }
}

/** One look-up for each: from one person's first row to the next one's. */
async function peopleOf(db: Database): Promise<ReadonlySet<number>> {
  const uids = new Set<number>()
  for (const keyspace of OF_PEOPLE) {
    const { lt } = keyRange(keyspace)
    for (let next = 0; next <= LAST_UID; ) {
      const [key] = await db.keys({ gte: makeKey(keyspace, { u32: next }), lt, limit: 1 }).all()
      if (key === undefined) break
      const uid = readU32(key, UID_AT)
      uids.add(uid)
      next = uid + 1
    }
  }
  return uids
}
