// What a simulation of the whole came to, for people and as JSON.
import type { Asked } from './asking.ts'
import type { WorldReport } from './run.ts'

/** What is real in a simulation, and what stands for it. */
const WHAT_IS_REAL = [
  'real: the state machine of the mesh, the rooms of documents, questions and totals, their frames and limits; what is signed',
  '  or sealed from end to end (questions, answers, documents, shares, tallies, releases) is signed, sealed, checked and opened',
  'simulated: the link to libp2p (connections, streams, loss as TCP sees it: a segment 200 ms late), mDNS, the store (memory);',
  '  the quotas of notices; the trust room (everybody has a certificate); what people typed. A signature from hop to hop is left',
  '  out, and so is the curve where two keys only agree on whether a document is for a node; both are counted below',
] as const

/** Milliseconds of one core that Node takes on the machine of docs/performance.md to make and to check an Ed25519 signature. */
const SIGN_MS = 0.05
const CHECK_MS = 0.12
/** And to agree on a secret with another key: the key's form for the curve, and X25519. */
const AGREE_MS = 0.2

export interface Figures {
  readonly nodes: number
  readonly minutes: number
  readonly questions: {
    readonly asked: number
    readonly complete: number
    /** Nodes that were on and that an asker did not know yet, the most of one question. */
    readonly unknown: number
    readonly medianMs: number
    readonly mostMs: number
  }
  readonly coverage: { readonly exact: number; readonly wrong: number }
  readonly hops: number
  /** A node and virtual minute. */
  readonly messages: number
  readonly bytes: number
  readonly cpuMs: number
  /** The same with the signatures that were left out. */
  readonly cpuWithCryptoMs: number
  /** Of one question. */
  readonly messagesOfQuestion: number
  readonly mebibytes: number
  readonly discoveryMs: number | undefined
  readonly knownMs: number | undefined
  readonly joinMs: Spread | undefined
  readonly apartMs: Spread | undefined
  readonly shareMs: Spread | undefined
  readonly releaseMs: Spread | undefined
  readonly releasedAfterMs: number | undefined
  readonly totals: WorldReport['totals']['last'] | undefined
  readonly links: WorldReport['links']
}

interface Spread {
  readonly median: number
  readonly most: number
}

const spreadOf = (ascending: readonly number[]): Spread | undefined =>
  ascending.length === 0
    ? undefined
    : { median: ascending[ascending.length >> 1] as number, most: ascending.at(-1) as number }

const isComplete = ({ heard, steady }: Asked): boolean => heard === steady

/** The figures of a run: for JSON, and to be drawn. */
export function figuresOf(report: WorldReport): Figures {
  const { options, questions, traffic, cost, documents, churn, discovery } = report
  const all = [...traffic.values()]
  const perNode = (total: number): number => total / options.nodes / options.minutes
  const elapsed = spreadOf(questions.map(({ elapsedMs }) => elapsedMs).sort((a, b) => a - b))
  const about = ['QueryHop', 'QueryDone', 'Response'].map((name) => traffic.get(name)?.frames ?? 0)
  const crypto = report.unsigned * SIGN_MS + report.unchecked * CHECK_MS + report.unagreed * AGREE_MS
  return {
    nodes: options.nodes,
    minutes: options.minutes,
    questions: {
      asked: questions.length,
      complete: questions.filter(isComplete).length,
      unknown: Math.max(0, ...questions.map(({ unknown }) => unknown)),
      medianMs: elapsed?.median ?? 0,
      mostMs: elapsed?.most ?? 0,
    },
    coverage: {
      exact: questions.filter(({ exact, wrong }) => exact && wrong.length === 0).length,
      wrong: questions.reduce((sum, { wrong }) => sum + wrong.length, 0),
    },
    hops: report.hops,
    messages: perNode(all.reduce((sum, { frames }) => sum + frames, 0)),
    bytes: perNode(all.reduce((sum, { bytes }) => sum + bytes, 0)),
    cpuMs: perNode(cost.cpuMs),
    cpuWithCryptoMs: perNode(cost.cpuMs + crypto),
    messagesOfQuestion: about.reduce((sum, frames) => sum + frames, 0) / Math.max(1, questions.length),
    mebibytes: cost.rssBytes / 2 ** 20,
    discoveryMs: discovery.wholeMs,
    knownMs: discovery.knownMs,
    joinMs: spreadOf(churn.joinMs),
    apartMs: spreadOf(churn.apartMs),
    shareMs: spreadOf(documents.get('share')?.tookMs ?? []),
    releaseMs: spreadOf(documents.get('release')?.tookMs ?? []),
    releasedAfterMs: report.totals.firstMs,
    totals: report.totals.last,
    links: report.links,
  }
}

const number = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })
const seconds = (ms: number | undefined): string => (ms === undefined ? 'not yet' : `${number(ms / 1_000)} s`)
const spread = (of: Spread | undefined, none: string): string =>
  of === undefined ? none : `median ${seconds(of.median)}, longest ${seconds(of.most)}`

/** For people; no line is longer than the others need. */
export function describeWorld(report: WorldReport): string {
  const { options, churn, documents, totals, traffic, broken, cost } = report
  const of = figuresOf(report)
  const lines: (readonly [string, string])[] = [
    [
      'questions',
      `${of.questions.complete} of ${of.questions.asked} heard every node that they knew and that was on from 10 s before to the end`,
    ],
    ['', `up to ${of.questions.unknown} more were on that the asking node had not heard of yet`],
    ['', `median ${number(of.questions.medianMs)} ms, longest ${number(of.questions.mostMs)} ms`],
    [
      'coverage',
      `${of.coverage.exact} of ${of.questions.asked} exact: outcomes as is true, sums as plain addition`,
    ],
    ['hops', `a question over up to ${of.hops} links`],
    ['totals', toldTotals(report)],
    [
      'links',
      `${of.links.least} to ${of.links.most} a node, ${of.links.mean.toFixed(1)} on average; ${report.dials} dials`,
    ],
    [
      'discovery',
      `one piece after ${seconds(of.discoveryMs)}, everybody known to everybody after ${seconds(of.knownMs)}`,
    ],
    [
      'churn',
      `${churn.left} left, ${churn.came} came back; back in the mesh: ${spread(of.joinMs, 'nobody')}`,
    ],
    ['healing', `not in one piece ${churn.apartMs.length} times: ${spread(of.apartMs, 'never')}`],
    [
      'shares',
      `${documents.get('share')?.published} given; at both aggregators: ${spread(of.shareMs, 'none')}`,
    ],
    [
      'releases',
      `first ${seconds(totals.firstMs)} after the bucket; at its reader: ${spread(of.releaseMs, 'none')}`,
    ],
    ['a node', `${number(of.messages)} messages and ${number(of.bytes / 1024)} KiB a minute, both as sent`],
    ['a question', `${number(of.messagesOfQuestion)} messages in the whole mesh`],
    [
      'CPU',
      `${number(of.cpuMs)} ms a node and minute; ${number(of.cpuWithCryptoMs)} ms with the signatures and agreements left out here`,
    ],
    ['', `${number(cost.cpuMs / 1_000)} s in all, ${number(of.mebibytes)} MiB resident at most`],
  ]
  const kinds = [...traffic].sort(([, a], [, b]) => b.frames - a.frames)
  const { nodes, seed, minutes, joined } = options
  return [
    `${nodes} nodes for ${minutes} minutes, seed ${seed}${joined ? '; all of them knew each other before' : ''}`,
    ...lines.map(([name, text]) => `  ${name.padEnd(12)}${text}`),
    '  sent, by message:',
    ...kinds.map(
      ([name, { frames, bytes }]) =>
        `    ${name.padEnd(14)}${number(frames).padStart(12)}  ${number(bytes / 2 ** 20).padStart(8)} MiB`,
    ),
    ...WHAT_IS_REAL.map((line) => `  ${line}`),
    ...broken.slice(0, 10).map((what) => `  DID NOT HOLD: ${what}`),
  ].join('\n')
}

function toldTotals({ totals }: WorldReport): string {
  const { last } = totals
  if (last === undefined) return 'nothing was released within this time'
  const { contributed, declined, late, absent, refused } = last.contributions
  return (
    `${contributed} contributed, ${declined} declined, ${late} late, ${absent} absent, ${refused} refused, ` +
    `in ${last.batches} ${last.batches === 1 ? 'batch' : 'batches'}; ${last.exact ? 'exact' : 'NOT EXACT'}`
  )
}

/** What did not hold in a run, in words; empty: all of it held. */
export function faultsOf(report: WorldReport): readonly string[] {
  const { last } = report.totals
  const faults = [...report.broken]
  for (const { asker, wrong, exact, heard, steady, unknown } of report.questions) {
    // From a day before all are known, and a member that goes and comes back stays one.
    if (report.options.joined && unknown > 0)
      faults.push(`n${asker} does not know ${unknown} nodes that were on, although all of them had joined`)
    if (heard < steady)
      faults.push(`the question of n${asker} heard ${heard} of ${steady} nodes that it knew and that were on`)
    if (wrong.length > 0) faults.push(`the question of n${asker} says what is not true: ${wrong.join(', ')}`)
    if (!exact) faults.push(`the sum of the question of n${asker} is not that of plain addition`)
  }
  if (last === undefined) return faults
  const { contributed, declined, late, absent, refused } = last.contributions
  const { truth } = last
  if (!last.exact) faults.push('the totals are not those of plain addition')
  if (contributed !== truth.contributed || declined !== truth.declined || absent + late < truth.unheard)
    faults.push(`the coverage of the totals is not true: ${JSON.stringify(last)}`)
  if (contributed + declined + late + absent + refused !== report.options.nodes)
    faults.push('the coverage of the totals does not add up to the machines that there are')
  return faults
}
