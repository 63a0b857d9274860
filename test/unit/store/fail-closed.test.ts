// What may have been withdrawn since is withdrawn: consent, tokens, and invites that could be used once more.
import { expect, test } from 'vitest'
import { createConsentRepository, EVERYBODY_ELSE } from '../../../src/store/tables/consent.ts'
import { failClosed } from '../../../src/store/tables/fail-closed.ts'
import { createFleetRepository, type InviteRecord } from '../../../src/store/tables/fleet.ts'
import { temporaryDatabase } from '../../support/data/database.ts'

const inviteOf = (id: string, changes: Partial<InviteRecord>): InviteRecord => ({
  id,
  key: new Uint8Array(32),
  made_at: 1,
  expires_at: 2,
  uses: 2,
  used: [new Uint8Array(32)],
  failures: 0,
  cancelled: false,
  roles: [],
  teams: [],
  ...changes,
})

test('an invite with uses left is cancelled whatever its time; who used it stays written down', async () => {
  const db = await temporaryDatabase()
  const fleet = createFleetRepository(db)
  const invites = [
    inviteOf('0', {}),
    inviteOf('1', { expires_at: 9_000_000_000_000 }),
    inviteOf('2', { uses: 1 }),
    inviteOf('3', { cancelled: true }),
  ]
  await fleet.write({ invites })
  expect(await failClosed(db)).toMatchObject({ invites: 2, tokens: 0 })
  const after = (await fleet.load()).invites
  expect(after.map(({ cancelled }) => cancelled)).toEqual([true, true, false, true])
  expect(after.map(({ used }) => used.length)).toEqual([1, 1, 1, 1])
  expect((await createConsentRepository(db).get(EVERYBODY_ELSE))?.off).toBe(true)
  expect(await failClosed(db)).toMatchObject({ invites: 0 })
})
