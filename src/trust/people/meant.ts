// Finds the person that an administrator means by a name, a uid or a number.
import { KaroError } from '../../base/errors.ts'
import type { PersonRecord } from '../../store/tables/people.ts'

/** Longest text of an administrator that an error repeats. */
const SHOWN = 64

/**
 * By name, then by uid; `number:…` is exact. `reasonOf`: of several, the one whose data is held back. Throws KaroError
 * `not_found`, and `conflict` where it means several.
 */
export async function meant(
  records: readonly PersonRecord[],
  who: string,
  reasonOf?: (record: PersonRecord) => Promise<unknown>,
): Promise<PersonRecord> {
  const all = records.filter(({ state }) => state !== 'removed')
  const number = /^number:(\d{1,10})$/.exec(who)?.[1]
  const byName = all.filter(({ name }) => name === who)
  const others = all.filter((one) =>
    number === undefined ? String(one.uid) === who : one.number === Number(number),
  )
  let found = byName.length > 0 ? byName : others
  if (reasonOf !== undefined && found.length > 1) {
    const reasons = await Promise.all(found.map(reasonOf))
    found = found.filter((_, i) => reasons[i] !== null)
  }
  const [one] = found
  if (one === undefined) {
    throw new KaroError('not_found', `nobody here is or was called '${who.slice(0, SHOWN)}'`, {
      hint: 'karo people list shows everybody whose data is here.',
    })
  }
  if (found.length === 1) return one
  const numbers = found.map((each) => `number:${each.number}`).join(', ')
  throw new KaroError('conflict', `'${who.slice(0, SHOWN)}' means ${found.length} people`, {
    hint: `Name one of them: ${numbers}. karo people list shows who they are.`,
  })
}
