// Closes consent and trust after a loss of rows, because the lost rows may have withdrawn what older rows allow.

import type { Database } from '../level/database.ts'
import { keyRange } from '../level/keyspace.ts'
import { createConsentRepository } from './consent.ts'
import { createFleetRepository } from './fleet.ts'
import { noteLossOfVaults } from './vault.ts'

export interface Closed {
  /** Removed. */
  readonly tokens: number
  /** Nodes that are known; who of them was denied since cannot be told, so that a person has to look. */
  readonly members: number
  /** Invites of this node that were cancelled, because others may have used them since. */
  readonly invites: number
}

/**
 * Somebody's last decision may be among the lost rows, with an older one in its place. So sharing is off for everybody,
 * also for people without any row left, and no token is valid, until they decide again. Invites are cancelled as well,
 * also those whose time is over, because the clock may be set back later.
 */
export async function failClosed(db: Database): Promise<Closed> {
  const consent = createConsentRepository(db)
  for (const uid of await consent.everybody()) {
    const stored = await consent.get(uid)
    if (stored?.off) continue
    const nothing = {
      allow_peers: [],
      allow_supervisors: [],
      deny_peers: [],
      allow_only: [],
      deny_only: [],
      decided_at: 0,
    }
    await consent.put({ ...nothing, ...stored, uid, off: true, anomalies: 'off' })
  }
  const tokens = (await db.keys(keyRange('api_tokens')).all()).length
  await db.clear(keyRange('api_tokens'))
  // An approval or grant may have been used or revoked in a lost row.
  await db.clear(keyRange('approvals'))
  await db.clear(keyRange('capabilities'))
  await noteLossOfVaults(db)
  const fleet = createFleetRepository(db)
  const open = (await fleet.load()).invites.filter(
    ({ uses, used, cancelled }) => !cancelled && used.length < uses,
  )
  await fleet.write({ invites: open.map((invite) => ({ ...invite, cancelled: true })) })
  return { tokens, invites: open.length, members: (await db.keys(keyRange('members')).all()).length }
}
