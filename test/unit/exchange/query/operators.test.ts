// An operator who asks through a node, over real frames: what owners give, what both ledgers say, and what becomes of a delegation that is not judged.
import { describe, expect, test } from 'vitest'
import { bodyOf, decodeFrame, encodeFrame, messageTable, UNSIGNED } from '../../../../protocols/frame.ts'
import { MeshQuery, QueryHop, Response } from '../../../../protocols/messages/query.ts'
import { AUTHOR_QUOTA } from '../../../../src/exchange/query/state/owner.ts'
import { createWhoAsked } from '../../../../src/trust/audit/reading.ts'
import { verifySignature } from '../../../../src/trust/identity/index.ts'
import type { Acting } from '../../../../src/trust/operators/index.ts'
import { carol, login, operators } from './holders.ts'
import { know, type NodeOptions, newIdentity, person, read, TestNode, uses, Wire } from './network.ts'

/** Carol, as she is logged in at that node, for what its owners tell of single nodes. */
function acting(
  at: TestNode,
  { roles = [], teams = ['eng'] }: { roles?: string[]; teams?: string[] } = {},
): Acting & { readonly logout: () => void } {
  const ending = new AbortController()
  const types = ['ToolUsage', 'NodeHealth']
  const logged = login(at, { certified: roles, said: roles, teams, types })
  return { ...logged, types, ended: ending.signal, logout: () => ending.abort() }
}

/** A desk, and an owner who gives its numbers to the team eng; more nodes may be between or beside them. */
function pair(special: Partial<NodeOptions> = {}) {
  const wire = new Wire()
  const desk = new TestNode(wire, { name: 'desk' })
  const giving = { people: person(uses('git', 7)), allow: ['team:eng'], operators: operators() }
  const owner = new TestNode(wire, { name: 'owner', ...giving, ...special })
  know(wire, desk, owner)
  return { wire, desk, owner }
}

const usesOf = ({ data }: Awaited<ReturnType<TestNode['ask']>>): number =>
  'tools' in data ? data.tools.reduce((sum, { uses: n }) => sum + n, 0) : 0

test('an owner gives an operator what the node through which it asks may not have, and both ledgers name the two', async () => {
  const { desk, owner } = pair()
  expect(desk.outcomes(await desk.ask())).toEqual({ owner: 'denied' })
  const result = await desk.ask({ acting: acting(desk) })
  expect(desk.outcomes(result)).toEqual({ owner: 'answered' })
  expect(usesOf(result)).toBe(7)
  expect(result.asked_as).toEqual({
    operator: carol.nodeId,
    fingerprint: carol.fingerprint,
    name: 'carol',
    roles: [],
    teams: ['eng'],
  })
  const named = { operator: carol.nodeId, operator_name: 'carol' }
  expect(desk.told('query_asked').at(-1)).toMatchObject({ ...named, uid: desk.uid })
  expect(owner.audits.at(-2)).toMatchObject({ type: 'query_received', peer: desk.id, details: named })
  expect(owner.audits.at(-1)).toMatchObject({ type: 'query_responded', peer: desk.id, details: named })
  expect(owner.told('query_responded')[0]?.operator).toBeUndefined()
  expect(owner.whoAsked()).toMatchObject([
    { peer: desk.id, operator: { id: carol.nodeId, name: 'carol' }, asked: 1, allowed: 1 },
    { peer: desk.id, operator: null, asked: 1, refused: 1 },
  ])
})

test('a node that rotated its key is one asker, named by its newest key', () => {
  const [first, second] = [newIdentity().nodeId, newIdentity().nodeId]
  const asked = createWhoAsked((peer) => (peer === second ? first : peer))
  const operator = { operator: carol.nodeId, operator_name: 'carol' }
  for (const [ts, peer, details] of [
    [4, second, {}],
    [3, second, operator],
    [2, first, operator],
    [1, first, {}],
  ] as const) {
    const said = { query_type: 'ToolUsage', ...details }
    asked.add({ type: 'query_received', success: true, peer, details: said, seq: ts, ts, hash: '' })
  }
  expect(asked.result()).toMatchObject([
    { peer: second, operator: null, asked: 2, first: 1, last: 4 },
    { peer: second, operator: { name: 'carol' }, asked: 2, first: 2, last: 3 },
  ])
})

describe('an owner', () => {
  test('in no mesh refuses, and the ledger says why', async () => {
    const { desk, owner } = pair({ allow: ['*'], operators: undefined })
    expect(desk.outcomes(await desk.ask())).toEqual({ owner: 'answered' })
    expect(desk.outcomes(await desk.ask({ acting: acting(desk) }))).toEqual({ owner: 'denied' })
    expect(owner.told('query_responded').at(-1)).toMatchObject({
      rule: 'operator.no_mesh',
      decision: 'deny',
      operator_claimed: carol.nodeId,
    })
  })

  test('counts an operator once, whatever nodes it asks through', async () => {
    // Its quotas are not refilled while a busy machine lets the questions wait.
    const { wire, desk, owner } = pair({ clock: { now: () => Date.now(), monotonic: () => 0 } })
    const desks = [desk, new TestNode(wire, { name: 'desk-2' })]
    know(wire, owner, desks[1]!)
    const logins = desks.map((desk) => acting(desk))
    const outcomes: (string | undefined)[] = []
    for (let i = 0; i < AUTHOR_QUOTA.frames + 1; i++) {
      const desk = desks[i % 2]!
      const result = await desk.ask({ acting: logins[i % 2]! })
      outcomes.push(desk.outcomes(result).owner)
    }
    expect(outcomes.slice(0, -1).every((one) => one === 'answered')).toBe(true)
    expect(outcomes.at(-1)).toBe('busy')
    expect(owner.told('query_responded').at(-1)).toMatchObject({ rule: 'operator.quota', status: 'busy' })
    // The nodes themselves may still ask.
    expect(desks[0]!.outcomes(await desks[0]!.ask())).toEqual({ owner: 'denied' })
  })
})

describe('the asking node', () => {
  test('asks nothing that the login does not cover', async () => {
    const { desk, owner } = pair()
    await expect(desk.ask({ query_type: 'SafetyPosture', acting: acting(desk) })).rejects.toMatchObject({
      code: 'refused',
    })
    expect(owner.audits).toEqual([])
  })

  test('says so of a question that has no room for the certificates', async () => {
    const { desk } = pair()
    const value = Array.from({ length: 12 }, (_, i) => `${'x'.repeat(60)}${i}`)
    const filters = Array.from({ length: 2 }, () => ({ field: 'tool', operator: 'InList' as const, value }))
    const teams = value.slice(0, 8)
    const roles = teams.map((one) => one.replaceAll('x', 'ü'))
    expect(desk.outcomes(await desk.ask({ acting: acting(desk), filters }))).toEqual({ owner: 'answered' })
    await expect(desk.ask({ acting: acting(desk, { roles, teams }), filters })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('longer than one message'),
    })
  })

  test('uses the delegation of another node in vain', async () => {
    const { desk, owner } = pair()
    const elsewhere = acting(owner)
    expect(desk.outcomes(await desk.ask({ acting: elsewhere }))).toEqual({ owner: 'denied' })
    const told = owner.told('query_responded').at(-1)
    expect(told).toMatchObject({ rule: 'operator.wrong_node', operator_claimed: carol.nodeId })
    // The ledger of the owner accuses the node, which alone did it, and not the operator.
    for (const { details } of owner.audits) expect(details.operator).toBeUndefined()
    expect(owner.whoAsked()).toMatchObject([{ peer: desk.id, operator: null, asked: 1, refused: 1 }])
  })

  test('stops asking when the login ends', async () => {
    const { desk, owner } = pair()
    const login = acting(desk)
    owner.gate = async () => {
      login.logout()
      await new Promise(() => {})
    }
    const result = await desk.ask({ acting: login })
    expect(result.ended_by).toBe('cancelled')
    expect((await desk.ask({ acting: login })).ended_by).toBe('cancelled')
  })

  test('shows an operator no summary that was published for the node', async () => {
    const { desk, owner, wire } = pair()
    wire.kill(owner.id)
    let looked = 0
    desk.cover = async () => {
      looked++
      return undefined
    }
    expect(desk.outcomes(await desk.ask({ acting: acting(desk), timeoutMs: 300 }))).toEqual({
      owner: 'unreachable',
    })
    expect(looked).toBe(0)
    await desk.ask({ timeoutMs: 300 })
    expect(looked).toBeGreaterThan(0)
  })
})

test('an answer to an operator is sealed to the key of the login, though the node that asks has a link', async () => {
  const { desk, wire, owner } = pair()
  const seen: string[] = []
  wire.watch(({ message }, from) => {
    if (from === owner.id) seen.push(message.name)
  })
  await desk.ask({ acting: acting(desk) })
  await desk.ask()
  expect(seen).toEqual(['Response', 'DirectAnswer'])
})

describe('an owner that judges the node alone', () => {
  const QUESTIONS = messageTable([MeshQuery])
  /** What a node would do that reads no delegation: it judges the node that asks. */
  function forgetful(wire: Wire, desk: TestNode): void {
    wire.tap = (bytes, from) => {
      if (from !== desk.id) return [bytes]
      try {
        const hop = read(bytes)
        const said = bodyOf(hop, QueryHop)
        const document = decodeFrame(said.document, { messages: QUESTIONS, verify: verifySignature })
        const { operator: _, ...body } = bodyOf(document, MeshQuery)
        const { sign } = desk.identity
        const old = encodeFrame(MeshQuery, document.envelope, body, sign)
        return [encodeFrame(QueryHop, hop.envelope, { ...said, document: old }, () => UNSIGNED)]
      } catch {
        return [bytes]
      }
    }
  }

  test.each([
    ['gives', ['*']],
    ['refuses', []],
  ])('and %s the node something counts as one that does not know operators', async (_what, allow) => {
    const { wire, desk } = pair({ allow })
    forgetful(wire, desk)
    const result = await desk.ask({ acting: acting(desk) })
    expect(desk.outcomes(result)).toEqual({ owner: 'not_supported' })
    expect(result.coverage).toMatchObject({ failed: 1, answered: 0, complete: false })
    expect(usesOf(result)).toBe(0)
  })
})

test('an answer about another delegation is not taken for one about this', async () => {
  const { wire, desk, owner } = pair()
  const login = acting(desk)
  let first: Uint8Array | undefined
  // The same session asks again; the answer of before, handed in for the new question, opens nothing.
  wire.tap = (bytes, from) => {
    const frame = from === owner.id ? read(bytes) : undefined
    if (frame?.message !== Response) return [bytes]
    const body = bodyOf(frame, Response)
    first ??= body.sealed
    return [encodeFrame(Response, frame.envelope, { ...body, sealed: first }, owner.identity.sign)]
  }
  expect(desk.outcomes(await desk.ask({ acting: login }))).toEqual({ owner: 'answered' })
  expect(desk.outcomes(await desk.ask({ acting: login }))).toEqual({ owner: 'bad_signature' })
})
