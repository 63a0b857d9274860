// Imports a long history twice, all of it in one second, with what memory it is given; prints how many were new each time.

import { createEventRepository } from '../../../../src/store/events/events.ts'
import { newDatabase } from '../../../../src/store/level/database.ts'
import { eventOf } from '../../../support/data/events.ts'
import { T0 } from '../../../support/data/spool.ts'

const LINES = 15_000
const BATCH = 1_000

const db = newDatabase(process.argv[2]!)
await db.open()
const events = createEventRepository(db)
for (let again = 0; again < 2; again++) {
  const importing = await events.beginImport(1000, { source: 'bash', file: '/f', started_at: 1 }, false)
  let added = 0
  for (let from = 0; from < LINES; from += BATCH) {
    const arrivals = Array.from({ length: BATCH }, (_, i) => {
      const n = from + i
      // Twice the same text follows itself; the second time the tags are others, as of another program.
      const more = {
        start_us: T0 + n,
        tag: n + again * LINES,
        command: `echo ${(n >> 1) % 700}`,
        exit_code: null,
      }
      return { event: eventOf(n, more), exact: false, nth: 1 }
    })
    added += await importing.add(arrivals)
  }
  await importing.close()
  console.log(added)
}
await db.close()
