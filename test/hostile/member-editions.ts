// A member that signs all its documents anew again and again, each as large as it may be, and offers nothing but new editions.
import { randomBytes } from 'node:crypto'
import { bodyOf, encodeFrame } from '../../protocols/frame.ts'
import { SealedSummary } from '../../protocols/messages/summary.ts'
import {
  type DocumentHeadBody,
  HEADS_TOLD_MAX,
  Heads,
  SyncBatch,
  SyncOffer,
  SyncRequest,
} from '../../protocols/messages/sync.ts'
import { KEPT_MS, periodOf, slotOf } from '../../protocols/periods.ts'
import { heads as headsTopic, sync } from '../../protocols/registry.ts'
import type { Identity } from '../../src/trust/identity/index.ts'
import { tellNotices } from '../support/mesh/raw-notices.ts'
import { type Attack, asMember, pause } from './attack.ts'

const HOUR_MS = 3_600_000
/** Of a week, all that are kept of hours. */
const HOURS = 168
/** Few enough that a batch stays within its limit. */
const BATCH = 6
/** A node tells of new documents once a second at most, and others are cut off that ask more often than they are answered. */
const TELLS_EVERY_MS = 1_000

const periods = (): ReturnType<typeof periodOf>[] =>
  Array.from({ length: HOURS }, (_, i) => periodOf('hour', Date.now() - (i + 2) * HOUR_MS))

function edition({ publicKey, sign }: Identity, slot: string): Uint8Array {
  const period = periods().find((one) => slotOf(one) === slot)
  if (period === undefined) throw new Error(`no hour ${slot}`)
  const ts = Date.now()
  const recipients = [{ hint: randomBytes(8), key: randomBytes(48) }]
  return encodeFrame(
    SealedSummary,
    { sender: publicKey, ts, nonce: randomBytes(16), seq: 0 },
    {
      ...period,
      version: ts,
      expires_at: period.end + KEPT_MS.hour,
      boxes: [{ epk: randomBytes(32), recipients, sealed: randomBytes(36 * 1024) }],
    },
    sign,
  )
}

const headsOf = ({ publicKey }: Identity): DocumentHeadBody[] =>
  periods().map((period) => ({
    author: publicKey,
    kind: 'summary',
    slot: slotOf(period),
    version: Date.now(),
    digest: randomBytes(32),
    hints: randomBytes(8),
  }))

export const memberEditions: Attack = {
  name: 'member-editions',
  by: 'member',
  attackers: 1,
  does: 'offers ever newer editions of each of its documents, and gives whatever it is asked for',
  async run(place, signal, begun) {
    const { identity } = place
    const done = { connections: 0, offers: 0, editions: 0 }
    await asMember(place, signal, async (peer, connection, control) => {
      const link = await peer.open(connection, sync.id)
      done.connections++
      const index = randomBytes(8)
      let through = 0
      let read = 0
      for (let toldAt = 0; !signal.aborted && link.open(); await pause()) {
        for (const frame of link.frames.slice(read)) {
          read++
          if (frame.message !== SyncRequest) continue
          const { id, ask } = bodyOf(frame, SyncRequest)
          if (ask.of === 'heads') {
            const isSame = ask.index !== undefined && Buffer.compare(ask.index, index) === 0
            const after = isSame ? ask.after : 0
            through = after + HOURS
            const heads = headsOf(identity)
            link.send(link.frame(SyncOffer, { id, index, after, through, end: true, heads }))
            done.offers++
          } else {
            const documents = ask.documents.slice(0, BATCH).map(({ slot }) => edition(identity, slot))
            link.send(link.frame(SyncBatch, { id, documents, gone: [] }))
            done.editions += documents.length
          }
          begun()
        }
        if (performance.now() - toldAt < TELLS_EVERY_MS) continue
        toldAt = performance.now()
        const told = headsOf(identity).slice(0, HEADS_TOLD_MAX)
        tellNotices(control, headsTopic, [control.frame(Heads, { heads: told })])
        // It says that there is more than was looked at.
        const ask = { of: 'heads' as const, index, after: 0 }
        link.send(link.frame(SyncRequest, { id: Math.floor(toldAt), index, through: through + 1, ask }))
      }
    })
    return done
  },
}
