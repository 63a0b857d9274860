// Writes members in batches until it is killed; prints the number of each batch once it is confirmed.
import { writeSync } from 'node:fs'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { openStore } from '../../../src/store/index.ts'

const store = openStore({ directory: process.argv[2]!, clock: systemClock, log: silentLog })
await store.start(new AbortController().signal)

const keyOf = (round: number): Uint8Array => {
  const key = new Uint8Array(32)
  new DataView(key.buffer).setUint32(0, round)
  return key
}
for (let round = 1; ; round++) {
  const key = keyOf(round)
  const common = { name: 'x'.repeat(1000), addresses: [] }
  await store.members.write({
    decisions: [
      {
        ...common,
        keys: [key],
        level: 'peer',
        roles: [],
        teams: [],
        denied: false,
        revoked: false,
        decided_at: round,
      },
    ],
    sightings: [{ ...common, key, last_seen: round, offline: false }],
    strangers: [{ ...common, key, first_seen: round, last_seen: round }],
    forget_strangers: [keyOf(round - 1)],
  })
  writeSync(1, `${round}\n`)
}
