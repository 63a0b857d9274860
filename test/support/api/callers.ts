// Who asks in tests of the API.
import type { Caller } from '../../../src/api/server/route.ts'

/** The one person of a node of their own, as over its control socket. */
export const owner = (person: number = process.getuid?.() ?? 0): Caller => ({
  person,
  account: person,
  admin: true,
  asks: true,
  via: 'socket',
})

/** A ledger for servers of which no test reads what administrators changed. */
export const unreadLedger = { record: async (): Promise<void> => {} }
