// Writes questions into the ledger: an admitted author's one by one, within its share, and all others as counts.

import type { NodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import { toHex } from '../../../base/hex.ts'
import { createQuotas } from '../../../base/quota.ts'
import { createSparing, type Happened, REST, type Sparing } from '../../../base/sparing.ts'
import type { AuditRecord } from '../../../trust/audit/index.ts'
import type { Asker } from '../../../trust/operators/index.ts'
import type { Decision } from '../../../trust/policy/index.ts'
import { type Question, typeWord } from '../document.ts'
import { rfc3339 } from '../range.ts'
import type { QueryDeps } from '../types.ts'

/** Questions of one admitted author that get entries of their own: 300 at once, and 100 a day. */
const OWN_ENTRIES = { frames: 300, perMs: 3 * DAY_MS } as const
/** Authors whose share is remembered; the author that was silent for longest is forgotten, and has its whole share again. */
const AUTHORS_MAX = 1_024
/**
 * Questions beyond that share, and those of authors that are not admitted, are counted: the ledger has one entry at once,
 * and the next ones after one minute, two, four, and so on up to an hour.
 */
const COUNTED = { everyMs: 60_000, mostMs: 3_600_000 } as const
/** Separates the parts of a key; node ids and rules have none. */
const GAP = ' '
/** Stands in a key where no operator asks. */
const NOBODY = '-'

interface Outcome {
  readonly status: string
  readonly decision: Decision
  readonly level: 1 | 2
  readonly people: number
  readonly sent: boolean
  /** What of released totals the asker was shown. */
  readonly released?: { readonly audience: string; readonly batches: number } | undefined
  readonly asker: Who
}

export function createBook({ audit, trust, clock }: QueryDeps) {
  const shareOf = createQuotas<NodeId>(OWN_ENTRIES, AUTHORS_MAX)
  /** Questions that have entries of their own, until they are answered. */
  const single = new WeakSet<Question>()
  const strangers = createSparing({ clock, ...COUNTED })
  const busy = createSparing({ clock, ...COUNTED })
  const received = createSparing({ clock, ...COUNTED })
  const responded = createSparing({ clock, ...COUNTED })
  /** Apart, so that other questions take no fetch its place. */
  const fetched = createSparing({ clock, ...COUNTED })

  const isAdmitted = (author: NodeId): boolean => {
    const { denied, trust_level } = trust.opinion(author)
    return !denied && trust_level !== 'untrusted'
  }

  /** An operator has one share, whatever nodes it asks through, and uses up that of no node. */
  const isSingle = (author: NodeId): boolean => shareOf(author).take(clock.monotonic())

  /** Counts under the neighbour, because author keys cost nothing, and a neighbour answers for what it hands on. */
  const tellStrangers = (neighbour: string, times: number, author?: NodeId): Promise<void> =>
    record('query_received', false, neighbour, {
      reason: 'author_not_admitted',
      times,
      author: neighbour === REST ? undefined : author,
    })
  const tellBusy = (neighbour: string, times: number): Promise<void> =>
    record('query_received', false, neighbour, { reason: 'busy', times })
  const tellReceived = (key: string, times: number): Promise<void> => {
    const [author = '', operator = '', query_type = ''] = key.split(GAP)
    const details = { ...operatorDetail(operator), query_type, times }
    return record('query_received', true, author, key === REST ? { times } : details)
  }
  /** `shown`: released totals that the last of them was shown, so that whoever fetches is told however much they ask. */
  const tellResponded = (key: string, times: number, shown: AuditRecord['details'] = {}): Promise<void> => {
    const [author = '', operator = '', ...rest] = key.split(GAP)
    const [query_type = '', status = '', decision = '', rule = ''] = rest
    const told = { ...operatorDetail(operator), query_type, status, decision, rule, ...shown, times }
    const details = key === REST ? { times } : told
    return record('query_responded', key === REST || isSuccess(status), author, details)
  }

  function record(
    type: AuditRecord['type'],
    success: boolean,
    peer: string,
    details: AuditRecord['details'],
  ): Promise<void> {
    // Authors or neighbours beyond those that are told apart share one entry, which names none of them.
    return audit.record({ type, success, peer: peer === REST ? undefined : (peer as NodeId), details })
  }

  const now = (
    happened: Happened | undefined,
    tell: (key: string, times: number) => Promise<void>,
  ): Promise<void> => (happened === undefined ? Promise.resolve() : tell(happened.key, happened.times))

  return {
    /**
     * A question was taken up, handed over by `neighbour`. Resolves when the ledger has it, by itself or in a count that
     * is written later.
     */
    received(question: Question, neighbour: NodeId, asker: Who) {
      const { authorId, body } = question
      if (!isAdmitted(authorId))
        return now(strangers.times(neighbour), (key, times) => tellStrangers(key, times, authorId))
      if (isSingle(verifiedId(asker) ?? authorId)) {
        single.add(question)
        return audit.record(recordOf('query_received', question, detailsOf(asker)))
      }
      const key = [authorId, verifiedId(asker) ?? NOBODY, typeWord(body)].join(GAP)
      return now(received.times(key), tellReceived)
    },

    /** The question's outcome. True: the question has an entry of its own, and is worth a line in the log. */
    async responded(question: Question, { status, decision, level, people, sent, released, asker }: Outcome) {
      const { authorId, body } = question
      const { effect, rule, policy_rule } = decision
      if (single.delete(question)) {
        const details = {
          ...detailsOf(asker),
          status,
          decision: effect,
          rule,
          people,
          sent,
          level,
          policy_rule,
          ...released,
        }
        const entry = recordOf('query_responded', question, details)
        // The question itself is on disk since before its answer; the outcome may come within a second.
        void audit.record({ ...entry, success: isSuccess(status) }, { soon: true })
        return true
      }
      if (!isAdmitted(authorId)) return false
      const shown = sent && released !== undefined && released.batches > 0 ? released : undefined
      const parts = [authorId, verifiedId(asker) ?? NOBODY, typeWord(body), status, effect, rule]
      const key = [...parts, shown?.audience ?? NOBODY].join(GAP)
      await now((shown === undefined ? responded : fetched).times(key), (of, times) =>
        tellResponded(of, times, shown && { ...rangeOf(question), ...shown }),
      )
      return false
    },

    /** A new question that this neighbour handed on was refused because of a bound. */
    refused(neighbour: NodeId) {
      void now(busy.times(neighbour), tellBusy)
    },

    /** Resolves when everything that was counted is in the ledger. */
    async flush() {
      const all = (sparing: Sparing, tell: (key: string, times: number) => Promise<void>) =>
        sparing.left().map(([key, times]) => tell(key, times))
      await Promise.all([
        ...all(strangers, tellStrangers),
        ...all(busy, tellBusy),
        ...all(received, tellReceived),
        ...all(responded, tellResponded),
        ...all(fetched, tellResponded),
      ])
    },
  }
}

type Who = Pick<Asker, 'operator' | 'claimed' | 'fault'>

/** One whose delegation holds; what anybody else claims gets no share and no count of its own. */
const verifiedId = ({ operator, fault }: Who): NodeId | undefined =>
  fault === undefined ? operator?.id : undefined

/** A claim has a member of its own, so that nobody who reads the ledger takes it for a question of that operator. */
const detailsOf = ({ operator, claimed }: Who): AuditRecord['details'] => ({
  operator: operator?.id,
  operator_name: operator?.name,
  operator_claimed: claimed,
})

const operatorDetail = (operator: string): AuditRecord['details'] =>
  operator === NOBODY || operator === '' ? {} : { operator }

const isSuccess = (status: string): boolean =>
  status === 'success' || status === 'released' || status === 'no_data'

const rangeOf = ({ body }: Question) => ({
  range_start: rfc3339(body.time_range.start),
  range_end: rfc3339(body.time_range.end),
})

function recordOf(
  type: AuditRecord['type'],
  question: Question,
  details: AuditRecord['details'],
): AuditRecord {
  const { authorId, body, trace } = question
  return {
    type,
    success: true,
    peer: authorId,
    trace_id: trace && toHex(trace),
    details: {
      query_id: toHex(body.query_id),
      query_type: typeWord(body),
      ...rangeOf(question),
      ...details,
    },
  }
}
