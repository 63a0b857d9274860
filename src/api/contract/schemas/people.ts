// Schemas of the people of this node: /people.
import * as z from 'zod'
import { HELD_REASONS } from '../../../base/words/held-reasons.ts'
import { count, flag, listOf, moment, named, someText, text } from './fields.ts'

const person = named(
  'Person',
  {
    number: count('under which the data is kept; the uid, unless that was another person’s before'),
    uid: count('of the account'),
    name: text(256, 'of the account').nullable().describe('null: no name was known'),
    since: moment('since when the account is known without a break').nullable(),
    held: z
      .enum(HELD_REASONS)
      .nullable()
      .describe('why the data is held back; null: the account is there, and sees it'),
    account: text(256, 'who has the uid now').nullable(),
  },
  'Whose data is here; nothing of what they did.',
)

export const people = named('People', { people: listOf(person) })

const whoBody = someText(256, 'the name or uid of the person, or `number:` and the number')

export const mapBody = z.strictObject({
  person: whoBody,
  dry_run: flag('only say whose data it would be').default(false),
  user: someText(256, 'the name or uid of the account that gets the data'),
})

export const removeBody = z.strictObject({
  person: whoBody,
  dry_run: flag('only say whose data would go').default(false),
})

export const personAnswer = named('PersonAnswer', { person })

export type PersonShape = z.infer<typeof person>
