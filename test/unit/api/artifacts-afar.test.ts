// Artifacts between two machines over streams that both ends really read: who may read, links, cuts, and a peer that sends wrong things.
import { describe, expect, test } from 'vitest'
import type { Message, WireBody } from '../../../protocols/define.ts'
import type { Frame } from '../../../protocols/frame.ts'
import {
  AgentEnd,
  AgentHello,
  AgentPart,
  AgentRequest,
  type AgentRequestBody,
  ARTIFACT_OPERATIONS,
} from '../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { makeLink, readLink } from '../../../src/agents/artifacts/link.ts'
import { PIECE_BYTES } from '../../../src/agents/artifacts/types.ts'
import { createAnswer } from '../../../src/api/remote/answer.ts'
import { createFetching, type Fetched } from '../../../src/api/remote/fetching.ts'
import { createGiving } from '../../../src/api/remote/giving.ts'
import { systemRandom as random, systemClock, systemTimers } from '../../../src/base/clock.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { localTime } from '../../../src/base/format.ts'
import { blake3 } from '../../../src/base/hash.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Exchange } from '../../../src/mesh/index.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import { ANN, artifactRig, content as contentOf, hashOf } from '../../support/agents/artifacts.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { until } from '../../support/run/until.ts'
import { streamOf } from './streams.ts'

const HOLDER = testIdentity(1)
const READER = testIdentity(2)
const OTHER = testIdentity(3)
const HOUR = 3_600_000
/** A few bytes more than so many pieces. */
const content = (pieces: number, more = 5): Buffer => contentOf(pieces * PIECE_BYTES + more)
const code = (of: string) => expect.objectContaining({ code: of })
async function storeOf(identity: typeof HOLDER, now: () => number, ledger: AuditRecord[]) {
  const made = await artifactRig({ identity, ledger, clock: { ...systemClock, now } })
  return { ...made, put: async (bytes: Buffer): Promise<string> => (await made.put(bytes)).artifact.id }
}

interface World {
  /** Who asks; READER otherwise. */
  readonly from?: typeof READER
  readonly operator?: NodeId
  readonly people?: readonly number[]
  readonly denied?: () => boolean
  /** Sees each frame of the machine that has it, before it leaves. */
  readonly onFrame?: (frame: Frame, cut: () => void) => unknown
  /** Called before each stream to it is opened; throws where it is away. */
  readonly onOpen?: () => void
  /** Called before the asking machine writes into its ledger. */
  readonly onNote?: () => unknown
  /** Plays the machine that has it. */
  readonly holder?: (exchange: Exchange) => Promise<void>
}

async function world(over: World = {}) {
  const time = { now: 1_800_000_000_000 }
  const now = (): number => time.now
  const ledger: AuditRecord[] = []
  const here: AuditRecord[] = []
  const holder = await storeOf(HOLDER, now, ledger)
  const reader = await storeOf(READER, now, here)
  const asked: AgentRequestBody[] = []
  const counts = { denied: 0, wrong: 0 }
  /** What happens when a piece does not leave in time. */
  const stalled = new Set<() => void>()
  const { from = READER, operator, people = [] } = over
  const giving = createGiving({
    artifacts: holder.artifacts,
    audit: { insist: async (entry) => void ledger.push(entry) },
    onDenied: () => void counts.denied++,
  })
  const note = async (entry: AuditRecord): Promise<void> => void ledger.push(entry)
  const { handle: answer } = createAnswer({
    self: HOLDER,
    random,
    log: silentLog,
    operations: ARTIFACT_OPERATIONS,
    perform: giving,
    most: { ofPerson: 4, follows: 0, ofAll: 16 },
    clock: systemClock,
    timers: {
      after(_, run) {
        stalled.add(run)
        return () => void stalled.delete(run)
      },
    },
    audit: { record: note, insist: note },
    principals: {
      resolve: () => ({
        principal: {
          node_id: from.nodeId,
          trust_level: 'peer',
          roles: [],
          teams: [],
          denied: over.denied?.() ?? false,
        },
        ...(operator !== undefined && { operator: { id: operator, name: 'ada' } }),
      }),
    },
    policy: { judgeAgent: () => ({ effect: 'deny', rule: 'none', reason: '' }) },
    sessions: { peopleOf: () => people },
    nameOf: () => 'desk',
  })
  const fetching = createFetching({
    artifacts: reader.artifacts,
    self: from.nodeId,
    timers: { after: soon },
    clock: { ...systemClock, now },
    mesh: { isConnected: () => true, reach: async () => true },
    trust: {
      resolve: (who) => who as NodeId,
      opinion: () =>
        ({ name: 'holder' }) as ReturnType<Parameters<typeof createFetching>[0]['trust']['opinion']>,
      admits: () => true,
    },
    sessions: { of: () => undefined },
    audit: {
      async insist(entry) {
        await over.onNote?.()
        here.push(entry)
      },
    },
    onWrong: () => void counts.wrong++,
    exchanges: {
      async open() {
        over.onOpen?.()
        const stream = streamOf(from, HOLDER, (frame, by) =>
          by === HOLDER ? over.onFrame?.(frame, stream.cut) : true,
        )
        const { send } = stream.opened
        const opened = {
          ...stream.opened,
          send: (message: Message<WireBody>, body: WireBody) => {
            if (message.type === AgentRequest.type) asked.push(body as unknown as AgentRequestBody)
            return send(message, body)
          },
        } as Exchange
        // As the mesh does: what a handler throws ends its stream.
        void (over.holder ?? answer)(stream.accepted).catch(stream.cut)
        return opened
      },
    },
  })
  const caller = { person: ANN.person, account: ANN.person, via: 'socket', admin: true, asks: true } as never
  type Wanted = { readonly link: string } | string
  const begin = (wanted: Wanted, signal: AbortSignal) => {
    const what = typeof wanted === 'string' ? { artifact: wanted, at: HOLDER.nodeId } : wanted
    return fetching.fetch({ caller, id: 'c'.repeat(32) }, what, signal)
  }
  async function fetch(wanted: Wanted): Promise<readonly Fetched[]> {
    const told: Fetched[] = []
    const lines = await begin(wanted, new AbortController().signal)
    for await (const line of lines) told.push(line)
    return told
  }
  const share = async (id: string, audience: NodeId | null = null, told = false) =>
    holder.artifacts.shares.share(ANN, id, { endsAt: time.now + HOUR, audience, told })
  const wantedOf = (i: number): readonly number[] => {
    const { ask } = asked[i] as AgentRequestBody
    if (ask.operation !== 'pieces') return []
    return Array.from({ length: ask.wanted.length * 8 }, (_, at) => at).filter(
      (at) => ((ask.wanted[at >> 3] ?? 0) >> (at & 7)) & 1,
    )
  }
  return { time, ledger, here, holder, reader, asked, counts, begin, fetch, share, wantedOf, answer, stalled }
}

/** Waits of this program are over at once, but those for an answer. */
function soon(ms: number, run: () => void): () => void {
  if (ms > 2_000) return systemTimers.after(ms, run)
  const timer = setImmediate(run)
  return () => clearImmediate(timer)
}

describe('who may read', () => {
  test('nobody, until the owner shares it; then just whom it was shared with, in the ledger without name or hash', async () => {
    const { holder, reader, fetch, share, ledger, counts } = await world()
    const bytes = content(3)
    const id = await holder.put(bytes)
    const refused = await fetch(id).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'refused' })
    // What there is not is refused in the same words.
    expect(await fetch('0'.repeat(64)).catch((error: unknown) => error)).toMatchObject({
      message: (refused as Error).message,
    })
    expect(counts.denied).toBe(2)
    await share(id, OTHER.nodeId)
    await expect(fetch(id)).rejects.toEqual(code('refused'))
    const { share: row } = await share(id, READER.nodeId)
    const told = await fetch(id.slice(0, 12))
    const artifact = { id, name: 'plan.txt', source: 'from holder' }
    expect(told.at(-1)).toMatchObject({ received: bytes.length, artifact })
    expect((await reader.read(id)).equals(bytes)).toBe(true)
    expect(ledger.filter(({ type }) => type === 'artifact_read')).toMatchObject([
      {
        success: true,
        peer: READER.nodeId,
        details: { uid: 1000, bytes: bytes.length, pieces: 4, share: row.id.slice(0, 12) },
      },
    ])
    for (const word of [id, 'plan.txt']) expect(JSON.stringify(ledger)).not.toContain(word)
    const reads = (await holder.artifacts.shares.list(ANN)).map((one) => [one.audience, one.reads])
    expect(reads).toHaveLength(2)
    expect(reads).toContainEqual([READER.nodeId, 1])
  })

  test('its own owner, who is logged in there as the same operator, and no other operator', async () => {
    const own = await world({ operator: OTHER.nodeId, people: [ANN.person] })
    const id = await own.holder.put(content(1))
    expect((await own.fetch(id)).at(-1)?.artifact?.id).toBe(id)
    const other = await world({ operator: OTHER.nodeId, people: [1001] })
    await expect(other.fetch(await other.holder.put(content(1)))).rejects.toEqual(code('refused'))
  })

  test('an operator whom it was shared with, through any node; and nobody who is denied', async () => {
    const named = await world({ operator: OTHER.nodeId })
    const id = await named.holder.put(content(1))
    await named.share(id, OTHER.nodeId)
    expect((await named.fetch(id)).at(-1)?.artifact?.id).toBe(id)
    const denied = await world({ denied: () => true })
    const theirs = await denied.holder.put(content(1))
    await denied.share(theirs, READER.nodeId)
    await expect(denied.fetch(theirs)).rejects.toEqual(code('refused'))
    // Not even what it is.
    expect(denied.counts.denied).toBe(1)
    expect(denied.ledger.map(({ success }) => success)).toEqual([true, true, false])
  })

  test('what was shared with a node: those who ask as that node, and no operator who asks through it', async () => {
    const w = await world({ operator: OTHER.nodeId })
    const id = await w.holder.put(content(1))
    const { link } = await w.share(id, READER.nodeId)
    for (const wanted of [id, { link }]) await expect(w.fetch(wanted)).rejects.toEqual(code('refused'))
  })

  test('each description that is given is in the ledger, and nobody may read what the ledger did not take', async () => {
    const w = await world()
    const id = await w.holder.put(content(1))
    await w.share(id, READER.nodeId)
    for (let i = 0; i < 2; i++) await w.fetch(id)
    const given = w.ledger.filter(({ success, details }) => success && details?.operation === 'artifact')
    expect(given).toHaveLength(2)
    w.ledger.push = () => {
      throw new KaroError('unavailable', 'the disk is full')
    }
    await expect(w.share(id)).rejects.toEqual(code('unavailable'))
    expect(await w.holder.artifacts.shares.list(ANN)).toHaveLength(1)
  })

  test('who has a link, until it ends, is taken back, or the artifact is removed', async () => {
    const { holder, fetch, share, time } = await world()
    const id = await holder.put(content(1))
    const { link } = await share(id)
    expect((await fetch({ link })).at(-1)?.artifact?.id).toBe(id)
    // Without the link it is as if nothing were shared.
    await expect(fetch(id)).rejects.toEqual(code('refused'))
    expect(await holder.artifacts.shares.unshare(ANN, id)).toHaveLength(1)
    await expect(fetch({ link })).rejects.toEqual(code('refused'))
    const second = await share(id)
    time.now += HOUR
    await expect(fetch({ link: second.link })).rejects.toEqual(code('refused'))
    const third = await share(id)
    await holder.artifacts.remove(ANN, id)
    await expect(fetch({ link: third.link })).rejects.toEqual(code('refused'))
    expect(await holder.artifacts.shares.list(ANN)).toEqual([])
  })

  test('nobody by a link for somebody else, one that was changed, or one that this node did not sign or keep', async () => {
    const { holder, fetch, share, time } = await world()
    const id = await holder.put(content(1))
    const { link } = await share(id, OTHER.nodeId)
    await expect(fetch({ link })).rejects.toEqual(code('refused'))
    for (const changed of [`${link.slice(0, -8)}AAAAAAAA`, `${link}A`.repeat(9), 'karo:share/', id])
      expect(() => readLink(changed)).toThrow(expect.objectContaining({ code: 'bad_request' }))
    const body = { artifact: Buffer.from(id, 'hex'), secret: random.bytes(16), not_after: time.now + HOUR }
    // Signed by the right key, and never given.
    await expect(fetch({ link: makeLink(HOLDER, body, { at: time.now, random }) })).rejects.toEqual(
      code('refused'),
    )
    const { secret, endsAt } = readLink((await share(id)).link)
    const longer = { ...body, secret, not_after: endsAt + HOUR }
    await expect(fetch({ link: makeLink(HOLDER, longer, { at: time.now, random }) })).rejects.toEqual(
      code('refused'),
    )
    const other = { ...body, secret, not_after: endsAt }
    const read = readLink(makeLink(OTHER, other, { at: time.now, random }))
    const reader = { nodes: [READER.nodeId], people: [] }
    expect(await holder.artifacts.shares.admit(reader, id, read.frame)).toBeUndefined()
    // A link opens its own artifact alone.
    const second = await holder.put(content(2))
    expect(
      await holder.artifacts.shares.admit(reader, second, readLink((await share(id)).link).frame),
    ).toBeUndefined()
  })

  test('nobody any more from the moment in which it is taken back, also in the middle', async () => {
    let pieces = 0
    const w: Awaited<ReturnType<typeof world>> = await world({
      async onFrame({ message }) {
        if (message.type === AgentPart.type && ++pieces === 6)
          await w.holder.artifacts.shares.unshare(ANN, id)
      },
    })
    const id = await w.holder.put(content(40))
    await w.share(id, READER.nodeId)
    // Who was let in may know that there is such an artifact.
    const message = expect.stringContaining('you may not read it any more')
    await expect(w.fetch(id)).rejects.toMatchObject({ code: 'refused', message })
    expect(await w.reader.artifacts.list(ANN)).toEqual([])
  })

  test('nobody any more as its owner who has logged out, also in the middle', async () => {
    const people = [ANN.person]
    let pieces = 0
    const w = await world({
      operator: OTHER.nodeId,
      people,
      onFrame({ message }) {
        if (message.type === AgentPart.type && ++pieces === 6) people.length = 0
      },
    })
    await expect(w.fetch(await w.holder.put(content(40)))).rejects.toEqual(code('refused'))
    expect(await w.reader.artifacts.list(ANN)).toEqual([])
  })

  test('links and shares are bounded in time and number, and members are told of what is to be told alone', async () => {
    const { holder, share, time } = await world()
    const { shares } = holder.artifacts
    const id = await holder.put(content(1))
    const hidden = await holder.put(content(2))
    for (const endsAt of [time.now, time.now + 91 * 24 * HOUR, Number.NaN])
      await expect(shares.share(ANN, id, { endsAt, audience: null, told: false })).rejects.toEqual(
        code('bad_request'),
      )
    // Some seconds may pass before a command for a minute is here.
    const soonest = { audience: null, told: false } as const
    await shares.share(ANN, id, { ...soonest, endsAt: time.now + 57_000 })
    await expect(shares.share(ANN, id, { ...soonest, endsAt: time.now + 50_000 })).rejects.toEqual(
      code('bad_request'),
    )
    await share(hidden)
    for (let i = 2; i < 256; i++) await share(id, null, i === 7)
    await expect(share(id)).rejects.toEqual(code('rate_limited'))
    expect(await shares.told()).toEqual([id])
    time.now += HOUR
    expect(await shares.told()).toEqual([])
  })

  test('nobody any more when the owner goes, and members are told so', async () => {
    const { holder, share } = await world()
    const { shares } = holder.artifacts
    await share(await holder.put(content(1)), null, true)
    const told: Promise<readonly string[]>[] = []
    shares.onChange(() => void told.push(shares.told()))
    await holder.artifacts.forget(ANN.person)
    expect(await Promise.all(told)).toEqual([[]])
  })
})

describe('a transfer', () => {
  test('goes on after a cut, and asks for what is missing alone', async () => {
    let parts = 0
    let isCut = false
    const w = await world({
      onFrame({ message }, cut) {
        // One part is what it consists of; the fifth piece is under way.
        if (message.type !== AgentPart.type || ++parts !== 10 || isCut) return
        isCut = true
        cut()
      },
    })
    const bytes = content(8)
    const id = await w.holder.put(bytes)
    await w.share(id, READER.nodeId)
    expect((await w.fetch(id)).at(-1)?.artifact?.id).toBe(id)
    expect((await w.reader.read(id)).equals(bytes)).toBe(true)
    const asked = w.asked.flatMap(({ ask }, i) => (ask.operation === 'pieces' ? [w.wantedOf(i)] : []))
    expect(asked).toHaveLength(2)
    expect(asked[0]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    // Those that had come are not asked for again.
    expect(asked[1]?.length).toBeLessThan(9)
    expect(asked[1]).toEqual(asked[0]?.slice(-(asked[1]?.length ?? 0)))
  })

  test('asks for every piece, so that the other machine does not learn what the person has; each is stored once', async () => {
    const w = await world()
    const bytes = content(4, 0)
    await w.reader.put(bytes.subarray(PIECE_BYTES, 3 * PIECE_BYTES))
    const id = await w.holder.put(bytes)
    await w.share(id, READER.nodeId)
    for (let i = 0; i < 2; i++) {
      await w.fetch(id)
      expect(w.wantedOf(w.asked.length - 1)).toEqual([0, 1, 2, 3])
    }
    expect(await w.reader.repository.pieces.ids(ANN.person)).toHaveLength(4)
    // Pieces that are the same come once.
    const same = await w.holder.put(Buffer.alloc(5 * PIECE_BYTES + 1))
    await w.share(same, READER.nodeId)
    expect((await w.fetch(same)).at(-1)).toMatchObject({ size: 5 * PIECE_BYTES + 1, artifact: { id: same } })
    expect(w.wantedOf(w.asked.length - 1)).toEqual([0, 5])
  })

  test('does not tell one machine what came from another one, or for another description', async () => {
    const { reader } = await world()
    const bytes = content(2, 0)
    const pieces = [0, 1].map((i) => bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES))
    const hashes = pieces.map((piece) => blake3([piece]))
    const layout = { id: hashOf(bytes), name: 'x', media_type: 'text/plain', size: bytes.length }
    const { incoming } = reader.artifacts
    await incoming.expect(ANN, { ...layout, pieces: hashes }, 'from a')
    await incoming.add(ANN, layout.id, 0, pieces[0] as Uint8Array)
    expect(await incoming.expect(ANN, { ...layout, pieces: hashes }, 'from a')).toEqual([1])
    expect(await incoming.expect(ANN, { ...layout, pieces: hashes }, 'from b')).toEqual([0, 1])
    await incoming.add(ANN, layout.id, 0, pieces[0] as Uint8Array)
    const turned = { ...layout, pieces: hashes.toReversed() }
    expect(await incoming.expect(ANN, turned, 'from b')).toEqual([0, 1])
  })

  test('from a machine that was never reached ends at once, with what to do', async () => {
    let times = 0
    const enough = new AbortController()
    const w = await world({
      onOpen() {
        if (++times > 1) enough.abort()
        throw new KaroError('unavailable', 'it is switched off')
      },
    })
    const told = await w.begin('0'.repeat(64), enough.signal)
    await expect(told.next()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('it is switched off'),
      hint: expect.stringContaining('run the same command again'),
    })
    expect(times).toBe(1)
  })

  test('waits for a machine that was reached, and goes away for a while', async () => {
    let times = 0
    const w = await world({
      onOpen() {
        if (++times === 2 || times === 3) throw new KaroError('unavailable', 'it is switched off')
      },
      onFrame({ message }, cut) {
        if (message.type === AgentPart.type && times === 1) cut()
      },
    })
    const id = await w.holder.put(content(2))
    await w.share(id, READER.nodeId)
    expect((await w.fetch(id)).at(-1)?.artifact?.id).toBe(id)
    expect(times).toBeGreaterThan(3)
  })

  test('has one of two places of its person from the start, and gives it back however it ends', async () => {
    let fails = true
    const w = await world({
      onNote() {
        if (fails) throw new KaroError('unavailable', 'the disk is full')
      },
    })
    const id = await w.holder.put(content(1))
    await w.share(id, READER.nodeId)
    for (let i = 0; i < 3; i++) await expect(w.fetch(id)).rejects.toEqual(code('unavailable'))
    fails = false
    // Nobody reads what is returned.
    const [first, second, third] = [1, 2, 3].map(() => new AbortController())
    const begun = [first, second, third].map((one) => w.begin(id, (one as AbortController).signal))
    const [, , refused] = await Promise.allSettled(begun)
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'rate_limited' } })
    await expect(w.fetch(id)).rejects.toEqual(code('rate_limited'))
    first?.abort()
    for (let i = 0; i < 3; i++) expect((await w.fetch(id)).at(-1)?.artifact?.id).toBe(id)
  })

  test('by a link that has ended says when that was, as all times are said', async () => {
    const w = await world()
    const { link } = await w.share(await w.holder.put(content(1)))
    const ended = localTime(new Date(w.time.now + HOUR).toISOString())
    w.time.now += HOUR
    await expect(w.fetch({ link })).rejects.toMatchObject({ message: `this link ended on ${ended}` })
  })

  test('by a link that was made here says where the artifact is', async () => {
    const w = await world({ from: HOLDER })
    const { link } = await w.share(await w.holder.put(content(1)))
    const hint = expect.stringContaining('karo artifact list')
    await expect(w.fetch({ link })).rejects.toMatchObject({ code: 'bad_request', hint })
  })

  test('of nothing at all, and of one byte', async () => {
    const w = await world()
    for (const bytes of [Buffer.alloc(0), Buffer.from('x')]) {
      const id = await w.holder.put(bytes)
      await w.share(id, READER.nodeId)
      expect((await w.fetch(id)).at(-1)).toMatchObject({ size: bytes.length, artifact: { id } })
    }
  })
})

describe('a machine that lies', () => {
  const layoutOf = (bytes: Buffer, over: object = {}) => ({
    id: hashOf(bytes),
    name: 'x',
    media_type: 'text/plain',
    size: bytes.length,
    pieces: Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, i) =>
      hashOf(bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES)),
    ),
    ...over,
  })
  /** Answers with `layout`, and to the second request with `documents`. */
  const lying =
    (layout: object, documents: readonly Uint8Array[], isOver = true) =>
    async (exchange: Exchange): Promise<void> => {
      try {
        await exchange.send(AgentHello, {
          challenge: new Uint8Array(16),
          operations: [...ARTIFACT_OPERATIONS],
        })
        const request = (await exchange.next()) as Frame
        const { ask } = request.body as AgentRequestBody
        const said = ask.operation === 'artifact' ? [Buffer.from(JSON.stringify(layout))] : documents
        for (const document of said)
          for (let at = 0; at === 0 || at < document.length; at += 48 * 1024) {
            const end = at + 48 * 1024
            await exchange.send(AgentPart, { data: document.subarray(at, end), ends: end >= document.length })
          }
        if (isOver) await exchange.send(AgentEnd, {})
      } catch {
        // Whoever asked has gone.
      }
    }
  const bytes = content(2)
  const pieces = [0, 1, 2].map((i) => bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES))
  const [first = Buffer.alloc(0), second = Buffer.alloc(0), third = Buffer.alloc(0)] = pieces
  const wrong = Buffer.from(second.map((byte) => byte ^ 1))
  /** Consistent in itself, and not what its id says. */
  const forged = layoutOf(Buffer.concat([first, wrong, third]), { id: hashOf(bytes) })

  test.each<[string, object, readonly Uint8Array[], string, string?]>([
    ['sends other bytes', layoutOf(bytes), [first, wrong, third], 'bad_file'],
    ['sends them in another order', layoutOf(bytes), [second, first, third], 'bad_file'],
    ['sends less', layoutOf(bytes), [first, second], 'bad_file'],
    ['sends more', layoutOf(bytes), [...pieces, third], 'bad_file', 'sends more than was asked for'],
    ['sends a piece that is too large', layoutOf(bytes), [Buffer.concat([first, second])], 'too_large'],
    ['says something else is meant', layoutOf(wrong), [wrong], 'bad_file'],
    ['has hashes of something else under this id', forged, [first, wrong, third], 'bad_file'],
    ['describes it endlessly', layoutOf(bytes, { name: 'x'.repeat(300_000) }), pieces, 'too_large'],
  ])('and %s is refused, and nothing of it is kept', async (_, layout, documents, expected, says = '') => {
    const w = await world({ holder: lying(layout, documents) })
    const refusal = { code: expected, message: expect.stringContaining(says) }
    await expect(w.fetch(hashOf(bytes))).rejects.toMatchObject(refusal)
    expect(await w.reader.artifacts.list(ANN)).toEqual([])
    for (const hash of await w.reader.repository.pieces.ids(ANN.person))
      expect(pieces.map((piece) => hashOf(piece))).toContain(hash)
    if (expected === 'bad_file') expect(w.counts.wrong).toBe(1)
  })

  test.each([
    ['larger than any', { size: 2 ** 40 }],
    ['of more pieces than it has', { size: 5 }],
    ['of a type that redraws', { media_type: '\u001b[2J' }],
  ])('and says that it is %s is refused before it is asked for a piece', async (_, over) => {
    const w = await world({ holder: lying(layoutOf(bytes, over), pieces) })
    await expect(w.fetch(hashOf(bytes))).rejects.toEqual(code('bad_file'))
    expect([w.counts.wrong, w.asked.map(({ ask }) => ask.operation)]).toEqual([1, ['artifact']])
  })

  test('about the length of its pieces is refused, though they fit the whole', async () => {
    const short = [bytes.subarray(0, 5), bytes.subarray(5, 5 + PIECE_BYTES), bytes.subarray(5 + PIECE_BYTES)]
    const layout = layoutOf(bytes, { pieces: short.map((piece) => hashOf(piece)) })
    const w = await world({ holder: lying(layout, short) })
    await expect(w.fetch(hashOf(bytes))).rejects.toEqual(code('bad_file'))
    expect(w.counts.wrong).toBe(1)
  })

  test('is told from one that says that its own copy is damaged', async () => {
    const w = await world({
      async holder(exchange) {
        const challenge = new Uint8Array(16)
        await exchange.send(AgentHello, { challenge, operations: [...ARTIFACT_OPERATIONS] })
        await exchange.next()
        await exchange.send(AgentEnd, { error: { code: 'bad_file', message: 'it is damaged' } })
      },
    })
    await expect(w.fetch(hashOf(bytes))).rejects.toEqual(code('bad_file'))
    expect(w.counts.wrong).toBe(0)
  })

  test('with wrong bytes once loses nothing that came before from an honest one', async () => {
    let isHonest = false
    const honest = lying(layoutOf(bytes), [second, third])
    const liar = lying(layoutOf(bytes), [first, wrong, third])
    const w = await world({ holder: (exchange) => (isHonest ? honest : liar)(exchange) })
    await expect(w.fetch(hashOf(bytes))).rejects.toEqual(code('bad_file'))
    isHonest = true
    await w.fetch(hashOf(bytes))
    expect((await w.reader.read(hashOf(bytes))).equals(bytes)).toBe(true)
  })
})

test('a person has a few streams at once; pieces that there are not, and other operations, are refused', async () => {
  const w = await world()
  const id = await w.holder.put(content(20))
  await w.share(id, READER.nodeId)
  const asks = async (ask: AgentRequestBody['ask']) => {
    const { opened, accepted } = streamOf(READER, HOLDER, () => {})
    void w.answer(accepted)
    const hello = (await opened.next()) as Frame
    const { challenge } = hello.body as { challenge: Uint8Array }
    void opened.send(AgentRequest, { to: HOLDER.publicKey, challenge, ask }).catch(() => {})
    return opened
  }
  const errorOf = async (exchange: Exchange) => {
    for (let frame = await exchange.next(); frame !== undefined; frame = await exchange.next())
      if (frame.message.type === AgentEnd.type)
        return (frame.body as { error?: { code: string; message: string } }).error
    return { code: 'cut', message: '' }
  }
  const endOf = async (exchange: Exchange) => (await errorOf(exchange))?.code
  const message = 'that is not asked on this stream'
  expect(await errorOf(await asks({ operation: 'list' }))).toMatchObject({ code: 'refused', message })
  const wanted = new Uint8Array(3).fill(0xff)
  expect(await endOf(await asks({ operation: 'pieces', artifact: id, wanted }))).toBe('bad_request')
  expect(await endOf(await asks({ operation: 'pieces', artifact: id, wanted: new Uint8Array(1) }))).toBe(
    'bad_request',
  )
  const some = { operation: 'pieces', artifact: id, wanted: Uint8Array.of(0xff) } as const
  const held = await Promise.all([some, some, some, some].map(asks))
  // Each has begun, and waits for its reader.
  for (const one of held) expect((await one.next())?.message.name).toBe('AgentPart')
  expect(await endOf(await asks(some))).toBe('rate_limited')
  /** A holder that reads its next piece is not yet waiting for its reader. */
  const waiting = (count: number) =>
    until(() => w.stalled.size === count, { what: `${count} streams wait for their readers` })
  await waiting(4)
  held[0]?.abort('enough')
  await waiting(3)
  expect(await endOf(held[1] as Exchange)).toBeUndefined()
  await waiting(2)
  // Who does not read loses the stream, and others get the place.
  for (const run of w.stalled) run()
  for (const one of held.slice(2)) expect(await endOf(one)).toBe('cut')
})
