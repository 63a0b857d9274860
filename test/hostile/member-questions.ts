// A member that hands on question after question by authors it has invented, each signed and new.
import { randomBytes } from 'node:crypto'
import { encodeFrame } from '../../protocols/frame.ts'
import { MeshQuery, QueryHop } from '../../protocols/messages/query.ts'
import { query } from '../../protocols/registry.ts'
import { createQuota } from '../../src/base/quota.ts'
import { testIdentity } from '../support/mesh/identity.ts'
import type { RawStream } from '../support/mesh/raw-peer.ts'
import { type Attack, asMember, pause } from './attack.ts'

/** Just within the link's quota: beyond it the link is reset, which would end the attack. */
const PACE = { frames: query.quota.frames * 0.9, perMs: query.quota.perMs }
const LIFE_MS = 60_000

function invented(): { readonly query_id: Uint8Array; readonly document: Uint8Array } {
  const author = testIdentity()
  const query_id = randomBytes(16)
  const created_at = Date.now()
  const document = encodeFrame(
    MeshQuery,
    { sender: author.publicKey, ts: created_at, nonce: randomBytes(16), seq: 0 },
    {
      query_id,
      query_type: 'NodeHealth',
      time_range: { start: 0, end: created_at },
      filters: [],
      audience_key: randomBytes(32),
      created_at,
      expires_at: created_at + LIFE_MS,
    },
    (bytes) => author.sign(bytes),
  )
  return { query_id, document }
}

const ask = (link: RawStream): void => {
  const { query_id, document } = invented()
  link.send(link.frame(QueryHop, { query_id, remaining_ms: 30_000, hops: 1, document }))
}

export const memberQuestions: Attack = {
  name: 'member-questions',
  by: 'member',
  attackers: 1,
  does: 'hands on questions by authors it has invented, as fast as the link lets it',
  async run(place, signal, begun) {
    const done = { connections: 0, questions: 0 }
    await asMember(place, signal, async (peer, connection) => {
      const quota = createQuota(PACE)
      done.connections++
      const link = await peer.open(connection, query.id)
      while (!signal.aborted && link.open()) {
        while (quota.take(performance.now())) {
          ask(link)
          done.questions++
          begun()
        }
        await pause()
      }
    })
    return done
  },
}
