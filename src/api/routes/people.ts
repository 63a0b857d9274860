// /people: whose data is on this node, which account it belongs to, and its removal.
import { KaroError } from '../../base/errors.ts'
import type { Person } from '../../trust/people/index.ts'
import { getPeople, mapPerson, removePerson } from '../contract/operations/care.ts'
import { type Caller, type Rooms, type Routes, serve, shown } from '../server/index.ts'

/** Administrators see who is here. Only those who can read the database anyway may open it to another account. */
export function peopleRoutes({ people, removeRows, audit, ownUid }: Rooms): Routes {
  const checkMay = ({ account }: Caller): void => {
    if (account === 0 || account === ownUid) return
    throw new KaroError('refused', 'only root may decide whose history this is', {
      hint: 'Run it with sudo.',
    })
  }
  return (server) => {
    serve(server, getPeople, async () => ({ people: (await people.list()).map(shapeOf) }))

    serve(server, mapPerson, async ({ body: { person, user, dry_run }, caller, id }) => {
      checkMay(caller)
      const before = await people.find(person, { held: true })
      if (dry_run) return { person: shapeOf(before) }
      const made = await people.map(person, user)
      await audit.record({
        type: 'person_changed',
        success: true,
        trace_id: id,
        details: { change: 'mapped', person: made.number, from_uid: before.uid, to_uid: made.uid },
      })
      return { person: shapeOf(made) }
    })

    serve(server, removePerson, async ({ body: { person, dry_run }, caller, id }) => {
      checkMay(caller)
      const found = await people.find(person)
      if (dry_run) return { person: shapeOf(found) }
      await audit.record({
        type: 'person_changed',
        success: true,
        trace_id: id,
        details: { change: 'removed', person: found.number, from_uid: found.uid },
      })
      await people.remove(found.number)
      await removeRows(found.number)
      return { person: shapeOf(found) }
    })
  }
}

const shapeOf = (person: Person) => shown({ ...person, since: person.since || null })
