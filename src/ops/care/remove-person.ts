// Removes everything that is kept of one person; what a kill leaves is removed at the next start.
import type { Store } from '../../store/index.ts'

/** No day that a rollup can have is as late. */
const AFTER_ALL_DAYS = 4_000_000
const AFTER_ALL_MS = Number.MAX_SAFE_INTEGER / 1000

/** `number` must have been given up before (People.remove), so that nothing is added meanwhile. Durable when it resolves. */
export async function removePersonRows(
  { events, people, tokens }: Pick<Store, 'events' | 'people' | 'tokens'>,
  number: number,
): Promise<void> {
  const { signal } = new AbortController()
  const own = (await tokens.all()).filter(({ uid }) => uid === number)
  await tokens.write({ remove: own.map(({ id }) => id) })
  await events.removeEvents(number, AFTER_ALL_MS, signal)
  await events.removeTexts(number, signal)
  await events.removeRollups(number, AFTER_ALL_DAYS, signal)
  await people.clear(number)
  await events.purge(number)
}
