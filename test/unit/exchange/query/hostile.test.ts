// Answers that are not what they claim: forged, altered, replayed, swapped, late, doubled or impossible.
import { describe, expect, it } from 'vitest'
import type { ToolUse } from '../../../../protocols/messages/numbers.ts'
import { QueryHop } from '../../../../protocols/messages/query.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import { type Asked, type Forgery, forge, readHop } from './forged.ts'
import { type Endpoint, know, newIdentity, person, TestNode, uses, Wire } from './network.ts'

/** An asker with one honest member, b, and one that does as `answer` says. */
function among(answer: (asked: Asked, me: Endpoint, send: (bytes: Uint8Array) => void) => void) {
  const wire = new Wire()
  const asker = new TestNode(wire, { name: 'asker' })
  const honest = new TestNode(wire, { name: 'honest', people: person(uses('git', 3)) })
  const evil = wire.end(asker)
  know(wire, asker, honest)
  asker.members.add(evil)
  const send = (bytes: Uint8Array) => wire.send(evil.id, asker.id, bytes)
  evil.handler = {
    frame(_peer, frame) {
      if (frame.message === QueryHop) answer(readHop(frame), evil, send)
    },
  }
  return { wire, asker, honest, evil, send }
}

/** The one that is not honest answers as an honest owner would, but for what the forgery says. */
const answered = (forgery: Forgery) =>
  among((asked, me, send) => void send(forge(asked, me.identity, forgery)))

const flip = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
const healthOf = ({ nodeId: node_id, fingerprint }: Identity) => ({
  query_type: 'NodeHealth' as const,
  health: {
    node_id,
    fingerprint,
    name: 'x',
    version: '1',
    uptime_seconds: 1,
    online: true,
    last_seen: new Date().toISOString(),
    events_24h: 1,
  },
})
const honestData = {
  tools: [{ tool: 'git', category: 'vcs', uses: 3, nodes: 1, failure_rate: 0, change: 3 }],
}

describe('an answer', () => {
  it('as an honest owner writes it counts (so the refusals below have one reason each)', async () => {
    const { asker } = answered({})
    const result = await asker.ask()
    expect(result.coverage).toMatchObject({ answered: 2, complete: true })
  })

  const other = newIdentity()
  const tools = (...list: readonly ToolUse[]): Forgery => ({
    answer: { data: { query_type: 'ToolUsage', tools: [...list] } },
  })

  it.each<readonly [string, string, (me: Identity) => Forgery]>([
    ['signed by another key', 'bad_signature', () => ({ signer: other })],
    [
      'with one sealed byte altered',
      'bad_signature',
      () => ({ alter: (sealed) => flip(sealed, sealed.length - 20) }),
    ],
    ['sealed for another question', 'bad_signature', () => ({ bound: { queryId: new Uint8Array(16) } })],
    ['sealed for another asker', 'bad_signature', () => ({ bound: { author: other.publicKey } })],
    ['sealed by another owner', 'bad_signature', () => ({ bound: { responder: other.publicKey } })],
    ['that names another owner inside', 'error', () => ({ answer: { responder: other.publicKey } })],
    ['that names another question inside', 'error', () => ({ answer: { query_id: new Uint8Array(16) } })],
    ['that is no answer', 'error', () => ({ plain: Uint8Array.of(0x80) })],
    ['with plain numbers at level 2', 'error', () => ({ answer: { level: 2 } })],
    // Also where the question has no level.
    [
      'with releases that were not asked for',
      'error',
      () => ({ answer: { status: 'released', level: 2, statements: [], more: false } }),
    ],
    ['of another type', 'error', (me) => ({ answer: { data: healthOf(me) } })],
    ['with more failures than uses', 'error', () => tools(uses('git', 1, 2))],
    ['that counts a tool twice', 'error', () => tools(uses('git', 1), uses('git', 1))],
  ])('%s counts as %s, and its numbers do not', async (_, outcome, forgery) => {
    const { asker, send } = among((asked, me) => send(forge(asked, me.identity, forgery(me.identity))))
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({ honest: 'answered', raw: outcome })
    expect(result.coverage.failed).toBe(1)
    expect(result.data).toEqual(honestData)
    expect(result.ended_by).toBe('all_done')
  })

  it('addressed to another asker is no word about the member that handed it in', async () => {
    for (const bound of [undefined, { author: other.publicKey }]) {
      const { asker, send } = among((asked, me) => {
        send(forge(asked, me.identity, { author: other.publicKey, ...(bound && { bound }) }))
        send(forge(asked, me.identity))
      })
      const result = await asker.ask()
      expect(result.coverage).toMatchObject({ answered: 2, complete: true })
      expect(result.data).toMatchObject({ tools: [{ tool: 'evil' }, { tool: 'git' }] })
    }
  })

  it('of another level than asked counts as error', async () => {
    const { asker } = answered({ answer: { status: 'access_denied', level: 2 } })
    expect(asker.outcomes(await asker.ask({ level: 1 }))).toEqual({ honest: 'answered', raw: 'error' })
  })

  it('about the health of another node counts as error', async () => {
    const { asker } = answered({ answer: { data: healthOf(other) } })
    const result = await asker.ask({ query_type: 'NodeHealth' })
    expect(asker.outcomes(result)).toEqual({ honest: 'answered', raw: 'error' })
  })

  it('of another member handed in as one’s own proves nothing, and that member still counts once', async () => {
    const copies: Uint8Array[] = []
    // It hands the question to the other one, which seals its answer for the asker, and hands in that.
    const { wire, asker, honest, evil, send } = among(({ body, document }, me) =>
      me.sendQuestion(honest.id, body.query_id, document),
    )
    wire.connect(evil.id, honest.id)
    wire.tap = (bytes, from, to) => {
      if (from !== honest.id || to === asker.id) return [bytes]
      copies.push(bytes)
      for (let twice = 0; twice < 2; twice++) send(bytes)
      return []
    }
    const result = await asker.ask()
    expect(copies).toHaveLength(1)
    expect(wire.linked(asker.id, evil.id)).toBe(true)
    expect(asker.outcomes(result)).toEqual({ honest: 'answered', raw: 'bad_signature' })
    expect(result.data).toEqual(honestData)
  })

  it('from a time beyond all dates is an answer like any other', async () => {
    const { asker } = answered({ answer: { as_of: 8_640_000_000_000_000 } })
    const { coverage, nodes } = await asker.ask({ perNode: true })
    expect(coverage).toMatchObject({ answered: 2, complete: true })
    expect(nodes?.map(({ as_of }) => as_of)).toContain('9999-12-31T23:59:59.999Z')
  })

  it('about anomalies that began beyond all dates is refused, so that no time is told that is none', async () => {
    const signal = { type: 'unusual_pattern', severity: 5, count: 1, hour: 8_640_000_000_000_000 }
    const data = { query_type: 'Anomalies', anomalies: { signals: [signal], learning: false } } as const
    const { asker } = answered({ answer: { data } })
    const result = await asker.ask({ query_type: 'Anomalies', level: 1, perNode: true })
    expect(asker.outcomes(result)).toMatchObject({ raw: 'error' })
    expect(JSON.stringify(result)).not.toContain('275760')
  })

  it('given twice counts once, and the first one stands', async () => {
    const { asker, send } = among((asked, me) => {
      send(forge(asked, me.identity, tools(uses('git', 1))))
      send(forge(asked, me.identity, tools(uses('git', 100))))
      send(forge(asked, me.identity, { answer: { status: 'access_denied' } }))
    })
    const result = await asker.ask()
    // One that did not say what was before is no part of the change.
    expect(result.data).toEqual({ tools: [{ ...honestData.tools[0], uses: 4, nodes: 2 }] })
    expect(result.compared).toEqual({ nodes: 1, of: 2 })
    expect(result.coverage.answered).toBe(2)
  })

  it('from an earlier query under the later one’s id does not open', async () => {
    let earlier: Asked | undefined
    const { asker, send } = among((asked, me) => {
      send(
        earlier === undefined
          ? forge(asked, me.identity)
          : forge(earlier, me.identity, { queryId: asked.body.query_id }),
      )
      earlier ??= asked
    })
    expect((await asker.ask()).coverage.complete).toBe(true)
    expect(asker.outcomes(await asker.ask())).toEqual({ honest: 'answered', raw: 'bad_signature' })
  })
})

describe('status', () => {
  it('is withheld at level 2, with the reason as a note', async () => {
    const { asker, honest } = answered({
      answer: { status: 'withheld', level: 2, reason: 'name two aggregators' },
    })
    honest.trusts(asker, 'supervisor')
    const result = await asker.ask()
    expect(result).toMatchObject({ status: 'withheld', level: 2, coverage: { withheld: 2 } })
    expect(result.notes).toContain('name two aggregators')
    expect(result.notes.some((note) => /two aggregators of the mesh/.test(note))).toBe(true)
  })
})
