// Fetches documents for neighbours that cannot reach the author, because this node may be the only one that can.
import type { DocumentHeadBody } from '../../../protocols/messages/sync.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { createQuotas } from '../../base/quota.ts'
import { createRecent } from '../../base/recent.ts'
import { type Edition, editionOf, type Wanted } from './read.ts'

/**
 * The same neighbour asked for the same edition so often: before the third time it has dialled its author in vain, so that
 * in a mesh where everybody reaches everybody nothing is carried.
 */
const ASKED_TIMES = 3
/** Longer than a fetch with all its attempts takes. */
const CARRIED_MS = 10 * 60_000
/** Documents that one neighbour has carried: a burst of 64, and then twelve a minute; beyond, it is not helped. */
const CARRIED = { frames: 64, perMs: 320_000 } as const
/** Editions heard of; some 400 bytes each, with few recipients. */
const HEARD_MAX = 2_048
const ASKED_MAX = 4_096
const CARRIED_MAX = 4_096
const NEIGHBOURS_MAX = 1_024

/** A head, and who told of it. */
interface Heard {
  readonly wanted: Wanted
  /** Says that it has it. */
  readonly announcer: NodeId
  /** The neighbour that handed the word on. */
  readonly from: NodeId
}

export type Carrier = ReturnType<typeof createCarrier>

export function createCarrier({ clock }: { readonly clock: Clock }) {
  const heads = createRecent<string, Heard>(HEARD_MAX)
  const asked = createRecent<string, number>(ASKED_MAX)
  /** Carried editions, each until when (monotonic, ms). */
  const carried = createRecent<string, number>(CARRIED_MAX)
  const budgetOf = createQuotas<NodeId>(CARRIED, NEIGHBOURS_MAX)

  return {
    heard: (heard: Heard) => heads.set(editionOf(heard.wanted), heard),
    /** A neighbour asked by name for what is not here. What it returns is to be fetched, on account of that neighbour. */
    missed(peer: NodeId, { author, kind, slot, version }: Omit<DocumentHeadBody, 'digest' | 'hints'>) {
      const edition = editionOf({ author: formatNodeId(author), kind, slot, version })
      const head = heads.get(edition)
      if (head === undefined) return undefined
      const times = (asked.get(`${peer} ${edition}`) ?? 0) + 1
      asked.set(`${peer} ${edition}`, times)
      if (times < ASKED_TIMES) return undefined
      const now = clock.monotonic()
      const budget = budgetOf(peer)
      if (budget.wait(now) > 0) return undefined
      budget.charge(now, 1)
      carried.set(edition, now + CARRIED_MS)
      return head
    },
    /** Kept for a neighbour that asked for it. */
    carries: (edition: Edition) => (carried.get(editionOf(edition)) ?? 0) > clock.monotonic(),
  }
}
