// Where one account of a uid ends and the next begins, so that nobody gets what another one left.
import type { Clock } from '../../base/clock.ts'
import type { PersonRecord } from '../../store/tables/people.ts'
import type { NameService } from '../access/index.ts'

/** An account that is missing from the machine's files in two looks is gone; in one, somebody may be writing the file. */
export const LOOK_MS = 60_000

export function createEnds({
  names,
  clock,
}: {
  readonly names: Pick<NameService, 'local'>
  readonly clock: Clock
}) {
  /** When a local account was first seen to be missing. By number. */
  const gone = new Map<number, number>()
  return {
    /** True once the account was missing in two looks, which are to be `LOOK_MS` apart. */
    async isOver({ number, uid, name }: PersonRecord): Promise<boolean> {
      const local = await names.local(uid).catch(() => undefined)
      if (local === undefined || (name !== null && local.users.includes(name))) {
        gone.delete(number)
        return false
      }
      const since = gone.get(number)
      if (since === undefined) gone.set(number, clock.monotonic())
      else if (clock.monotonic() - since >= LOOK_MS) return gone.delete(number)
      return false
    },
  }
}

/**
 * Who of `all` had the uid of `record`, which has it now, at the moment `begun` (milliseconds since the epoch): an account
 * that got a used uid gets nothing of what its first owner left unread.
 */
export function ownerAt(record: PersonRecord, begun: number, all: readonly PersonRecord[]): PersonRecord {
  if (begun >= record.since) return record
  const before = all
    .filter((one) => one.uid === record.uid && one.machine === record.machine && one.since < record.since)
    .sort((a, b) => b.since - a.since)
  return before.find(({ since }) => since <= begun) ?? before.at(-1) ?? record
}
