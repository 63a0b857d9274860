// /people, described: whose data is on this node, and which account it belongs to.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/people.ts'))

export const getPeople = defineOperation('GET /api/v1/people', {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'Whose data is here, and what of it is held back',
  answer: from.people,
})

export const mapPerson = defineOperation('POST /api/v1/people/map', {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: "Give a person's data to an account",
  description:
    'Only root and the user of the daemon may do this, because it opens the commands of one person to another account.',
  body: from.mapBody,
  answer: from.personAnswer,
  errors: ['refused', 'not_found', 'conflict'],
  example: { body: { person: 'ada', user: 'ada' } },
})

export const removePerson = defineOperation('POST /api/v1/people/remove', {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: "Remove a person's history, consent and tokens for good",
  description: 'Only root and the user of the daemon may do this.',
  body: from.removeBody,
  answer: from.personAnswer,
  errors: ['refused', 'not_found', 'conflict'],
  example: { body: { person: 'ada', dry_run: true } },
})
