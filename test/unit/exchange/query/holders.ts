// Nodes that hold released totals, for tests: real statements of two aggregators, real checks, and whatever a test puts in between.
import { slotOfBucket } from '../../../../protocols/buckets.ts'
import type { ReleaseContent } from '../../../../protocols/messages/release.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { HOUR_MS } from '../../../../src/base/calendar.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { hashOf, pairOf, type Said } from '../../../../src/exchange/aggregates/index.ts'
import { signaturesOf } from '../../../../src/exchange/aggregates/statement.ts'
import type { QueryDeps } from '../../../../src/exchange/query/types.ts'
import type { Plan } from '../../../../src/exchange/totals/index.ts'
import type { TotalsParts } from '../../../../src/exchange/totals/parts.ts'
import { createReader } from '../../../../src/exchange/totals/reader.ts'
import { createShown } from '../../../../src/exchange/totals/totals.ts'
import { createRoll } from '../../../../src/trust/certificates/roll.ts'
import { meshOf as meshOfRoot, signCertificate } from '../../../../src/trust/certificates/sign.ts'
import { newSealingKey } from '../../../../src/trust/identity/index.ts'
import { signDelegation } from '../../../../src/trust/operators/delegation.ts'
import type { Acting } from '../../../../src/trust/operators/index.ts'
import { some } from '../../../support/some.ts'
import { layoutOf, MESH } from '../aggregates/world.ts'
import { planOf } from '../totals/pair.ts'
import { type NodeOptions, newIdentity, type TestNode } from './network.ts'

type Identity = ReturnType<typeof newIdentity>

export const LAYOUT = layoutOf('ToolUsage', ['git', 'make'])
export const AGGREGATORS: readonly Identity[] = [newIdentity(), newIdentity()]
/** One that an earlier bundle named. */
const RETIRED = newIdentity()
export const PLAN = planOf(AGGREGATORS, { audiences: ['security', 'admin'] })

/** Fixed, so that what is made before and behind the end of an hour fits together. */
const BEGUN = Date.now()
/** Hours that are over, the newest first: 1 is the one before the hour in which the tests began. */
export const hourBefore = (back: number) => {
  const start = (Math.floor(BEGUN / HOUR_MS) - back) * HOUR_MS
  return { length: 'hour' as const, start, end: start + HOUR_MS }
}

/** What both released of an hour: `uses` of git on eight machines, and of a second type that nobody asks for here. */
export function contentOf(back: number, uses: number, about: Partial<ReleaseContent> = {}): ReleaseContent {
  const bucket = hourBefore(back)
  const of = { n: 8, threshold: 3, declined: 0, waiting: 0, outside: 0, splits: [] }
  return {
    scheme: 2,
    mesh: MESH,
    ...bucket,
    audience: 'security',
    bundle: 1,
    pair: [...pairOf(MESH, bucket, PLAN.aggregators)!],
    set: new Uint8Array(32),
    expected: 8,
    listed: 8,
    common: 8,
    unlisted: 0,
    refused: [],
    teams: [],
    undivided: 0,
    left_out: 0,
    types: [
      { type: 'Anomalies', layout: new Uint8Array(32), ...of, rows: [] },
      {
        type: 'ToolUsage',
        layout: new Uint8Array(hashOf(LAYOUT)),
        ...of,
        rows: [{ row: 0, of: 8, nodes: 8, values: [uses, 0] }],
      },
    ],
    ...about,
  }
}

const earlier = planOf([AGGREGATORS[0]!, RETIRED]).aggregators
/** A mesh whose newest hour is of the aggregators in force, and what was before of the first of them and `RETIRED`. */
export const REPLACED = {
  retired: RETIRED.nodeId,
  plan: { ...PLAN, former: [{ until: hourBefore(2).end, length: 'hour' as const, aggregators: earlier }] },
  contentOf: (back: number, uses: number) =>
    contentOf(back, uses, back === 1 ? {} : { pair: [...pairOf(MESH, hourBefore(back), earlier)!] }),
}

/** The word of the aggregators with these places in the pair. */
export const saidBy = (content: ReleaseContent, places: readonly (0 | 1)[] = [0, 1]): readonly Said[] =>
  places.map((at) => {
    const author = [...AGGREGATORS, RETIRED].find(
      ({ publicKey }) => Buffer.compare(publicKey, content.pair[at]!) === 0,
    )!
    return { author: author.publicKey, content, signatures: signaturesOf(content, author) }
  })

export type Totals = QueryDeps['totals']

/** The room of totals of a node that holds `said`. `holders`: whom it asks, in this order. */
export function totalsOf(
  said: readonly (readonly Said[])[],
  {
    holders = () => [],
    plan = PLAN,
    revoked,
  }: { holders?: () => readonly NodeId[]; plan?: Plan; revoked?: NodeId } = {},
): Totals {
  const releases = {
    held: async (_: unknown, audience: string, slots: ReadonlySet<string>) =>
      said.filter(([one]) => one!.content.audience === audience && slots.has(slotOfBucket(one!.content))),
  }
  const roster = () => ({ principals: () => [], isRevoked: (node: NodeId) => node === revoked })
  const parts = some<TotalsParts>({
    identity: AGGREGATORS[0]!,
    plan: () => plan,
    layouts: new Map([['ToolUsage', LAYOUT]]),
    releases,
    roster: roster as never,
    clock: { now: Date.now },
  })
  return { ...createReader(parts), ...createShown(parts), holders }
}

export const carol = newIdentity()
const [root, issuer] = [newIdentity(), newIdentity()]
const mesh = meshOfRoot(root.publicKey)

interface Login {
  /** Of the certificate; the node where she is logged in may say something else. */
  readonly certified?: readonly string[]
  readonly said?: readonly string[]
  readonly teams?: readonly string[]
  /** Types that her delegation covers. */
  readonly types?: readonly string[]
  readonly endedMs?: number
  /** Signed for another node than the one that shows it. */
  readonly at?: TestNode
}

/** Carol, as she is logged in at that node. */
export function login(
  node: TestNode,
  { certified = ['security'], said = ['security'], teams = [], ...more }: Login = {},
): Acting {
  const now = Date.now()
  const { types = ['ToolUsage'], endedMs = -HOUR_MS, at = node } = more
  const audience = newSealingKey(systemRandom)
  const times = { version: now, notBefore: now, notAfter: now + HOUR_MS }
  const grants = ['security', 'lead']
  const delegation = signDelegation(
    carol,
    {
      session: new Uint8Array(16).fill(3),
      mesh,
      node: at.identity.publicKey,
      uid: node.uid,
      types: [...types],
      audience_key: audience.publicKey,
      not_before: now - endedMs - 2 * HOUR_MS,
      not_after: now - endedMs,
    },
    systemRandom,
  )
  const sign = (by: Identity, terms: Omit<Parameters<typeof signCertificate>[2], keyof typeof times>) =>
    signCertificate(by, mesh, { ...terms, ...times }, systemRandom)
  const chain = [
    sign(root, { usage: 'issuer', key: issuer.publicKey, name: 'hq', roles: [], teams: [], grants }),
    sign(issuer, {
      usage: 'operator',
      key: carol.publicKey,
      name: 'carol',
      roles: [...certified],
      teams: [...teams],
    }),
  ]
  return {
    id: '03'.repeat(16),
    uid: node.uid,
    operator: carol.nodeId,
    fingerprint: carol.fingerprint,
    name: 'carol',
    roles: [...said],
    teams: [...teams],
    types: ['ToolUsage'],
    begun_at: now,
    ends_at: now + HOUR_MS,
    delegation,
    chain,
    audience,
    ended: new AbortController().signal,
  }
}

/** What a node of the mesh knows of operators. */
export const operators = (): NonNullable<NodeOptions['operators']> => {
  const roll = createRoll()
  roll.trustRoot({ key: root.publicKey, mesh }, Date.now())
  return { mesh: () => mesh, verdict: (chain, key) => roll.operators.verdict(chain, key, Date.now()) }
}

/**
 * Room of totals for the one who asks, and for a holder that answers after the first answer was looked at: who is quicker must
 * not decide what a test sees.
 */
export function patiently(asking: Totals, holder: Totals): readonly [Totals, Totals] {
  const { promise, resolve } = Promise.withResolvers<void>()
  const first: Totals = {
    ...asking,
    check(...asked) {
      resolve()
      return asking.check(...asked)
    },
  }
  const then: Totals = {
    ...holder,
    async show(asked) {
      await promise
      return holder.show(asked)
    },
  }
  return [first, then]
}
