// The inbox: what a yes is bound to, who may give it, that it is used once, and what a kill leaves.

import { describe, expect, it, test } from 'vitest'
import { APPROVAL_MS } from '../../../src/agents/approvals/approvals.ts'
import { hashOf } from '../../../src/agents/approvals/binding.ts'
import type { Approver } from '../../../src/agents/approvals/types.ts'
import type { Action } from '../../../src/agents/types.ts'
import fc, { anyText, forAllIn } from '../../support/run/properties.ts'
import { action, approver, cardOf, OTHER, PERSON, type Rig, rig, TOOLS, waiting, yes } from './rig.ts'

/** Every way to change one byte of what decides what happens. */
const CHANGES: Readonly<Record<string, (of: Action) => Partial<Action>>> = {
  'a word': ({ argv }) => ({ argv: [...argv.slice(0, -1), `${argv.at(-1)} `] }),
  'a word more': ({ argv }) => ({ argv: [...argv, ''] }),
  'two words as one': ({ argv }) => ({ argv: [argv.slice(0, 2).join(' '), ...argv.slice(2)] }),
  directory: ({ cwd }) => ({ cwd: `${cwd}/` }),
  'a variable': () => ({ env: { TZ: 'UTC' } }),
  input: () => ({ input: '\n' }),
  'a bind': () => ({ binds: [{ path: '/srv', write: false }] }),
  target: () => ({ target: OTHER.nodeId }),
  tool: () => ({ tool: 'execute' }),
  agent: () => ({ agent: 'kBridge:codex' }),
  person: ({ requester }) => ({ requester: { ...requester, person: '1001' } }),
  node: ({ requester }) => ({ requester: { ...requester, node: OTHER.nodeId } }),
  operator: ({ requester }) => ({ requester: { ...requester, operator: 'f'.repeat(16) } }),
  'who asks': ({ requester: { agent: _, ...person } }) => ({ requester: person }),
}

describe('an approval is of exactly one thing', () => {
  it.each(Object.entries(CHANGES))('and not of one with another %s', async (_, change) => {
    const all = await rig()
    const asked = action()
    const id = await waiting(all, asked)
    await yes(all, id)
    const changed = { ...asked, ...change(asked) }
    expect(hashOf(changed)).not.toBe(hashOf(asked))
    expect(await all.gates.settled(id, changed, all.signal)).toMatchObject({ outcome: 'deny' })
    // The right one still runs: a wrong try uses nothing up.
    expect(await all.gates.settled(id, asked, all.signal)).toMatchObject({ outcome: 'run' })
  })

  it('whatever the texts are, two actions have one hash only if they are the same', () => {
    const text = anyText({ maxLength: 4 })
    const any = fc.record({
      argv: fc.array(text, { maxLength: 3 }),
      cwd: text,
      input: text,
      env: fc.dictionary(fc.constantFrom('A', 'B', 'AB'), text, { maxKeys: 2 }),
      binds: fc.array(fc.record({ path: text, write: fc.boolean() }), { maxLength: 2 }),
    })
    forAllIn({ numRuns: 500 }, any, any, (one, other) => {
      const same = JSON.stringify(plain(one)) === JSON.stringify(plain(other))
      expect(hashOf(action(one)) === hashOf(action(other))).toBe(same)
    })
  })

  it('and what is only shown, or names the request, changes nothing', () => {
    const { id: _, ...rest } = action()
    const shown = { ...rest, id: 'other', why: 'other', traceId: 'b'.repeat(32), task: 'other' }
    expect(hashOf(shown)).toBe(hashOf(action()))
  })
})

const plain = ({ env, ...rest }: Pick<Action, 'env'>) => ({ ...rest, env: Object.entries(env).sort() })

describe('an approval is used once', () => {
  it('however many ask for it at the same time', async () => {
    const all = await rig()
    const id = await waiting(all)
    await yes(all, id)
    const verdicts = await Promise.all(
      Array.from({ length: 8 }, () => all.gates.settled(id, action(), all.signal)),
    )
    expect(verdicts.filter(({ outcome }) => outcome === 'run')).toHaveLength(1)
    expect(all.tables.ended).toMatchObject([{ id, outcome: 'used', uses: 1, by: 'ann' }])
  })

  it('a retry of the same thing finds the yes that was given meanwhile, once', async () => {
    const all = await rig()
    await yes(all, await waiting(all))
    expect(await all.gates.judge(action({ id: 'retry' }))).toMatchObject({ outcome: 'run' })
    expect(await all.gates.judge(action({ id: 'again' }))).toMatchObject({ outcome: 'wait' })
  })

  it('and with a task as often as its time lasts, for that task alone', async () => {
    const all = await rig()
    await yes(all, await waiting(all), { scope: 'task' })
    expect(await all.gates.judge(action())).toMatchObject({ outcome: 'run' })
    expect(await all.gates.judge(action())).toMatchObject({ outcome: 'run' })
    expect(await all.gates.judge(action({ task: 'other' }))).toMatchObject({ outcome: 'wait' })
    expect(await all.gates.judge(action({ cwd: '/' }))).toMatchObject({ outcome: 'wait' })
    // High: a minute.
    await all.time.pass(61_000)
    expect(await all.gates.judge(action())).toMatchObject({ outcome: 'wait' })
    expect(all.tables.ended).toMatchObject([{ outcome: 'used', uses: 2, scope: 'task' }])
  })

  it('is over after 300 s, answered or not, also if the clock is set back', async () => {
    const all = await rig()
    const [id, other] = [await waiting(all), await waiting(all, action({ cwd: '/other' }))]
    await yes(all, id)
    const settled = all.gates.settled(other, action({ cwd: '/other' }), all.signal)
    await all.time.pass(APPROVAL_MS)
    all.time.now -= 3_600_000
    expect(await settled).toMatchObject({
      outcome: 'deny',
      reason: expect.stringContaining('nobody answered'),
    })
    expect(await all.gates.settled(id, action(), all.signal)).toMatchObject({ outcome: 'deny' })
    expect(all.tables.ended.map(({ outcome }) => outcome).sort()).toEqual(['expired', 'unused'])
  })

  it('is over for what waits for it, too, once a clock that jumped ahead leaves it out of the list', async () => {
    const all = await rig()
    const settled = all.gates.settled(await waiting(all), action(), all.signal)
    all.time.now += 86_400_000
    expect(all.approvals.list(approver())).toEqual([])
    await all.time.pass(1_000)
    expect(await settled).toMatchObject({ outcome: 'deny', reason: expect.stringContaining('the clock') })
  })

  it('goes on where a clock that jumped ahead is right again within a second, and is over when it would have been', async () => {
    const all = await rig()
    const id = await waiting(all)
    all.time.now += 86_400_000
    expect(all.approvals.list(approver())).toEqual([])
    all.time.now -= 86_400_000
    await all.time.pass(1_000)
    expect(all.approvals.list(approver())).toMatchObject([{ id }])
    await all.time.pass(APPROVAL_MS - 1_000)
    expect(all.tables.ended).toMatchObject([{ id, outcome: 'expired' }])
  })

  it.each([
    ['its time', APPROVAL_MS - 1_000, 1_000],
    ['a time that a clock ahead had ended', 0, 1_000],
  ])('is not lost where %s is over while a yes for the task is written', async (_, before, while_) => {
    const all = await rig()
    const id = await waiting(all)
    if (before === 0) {
      all.time.now += 86_400_000
      expect(all.approvals.list(approver())).toEqual([])
      all.time.now -= 86_400_000
    } else await all.time.pass(before)
    const said = yes(all, id, { scope: 'task' })
    await all.time.pass(while_)
    await said
    expect(await all.gates.judge(action())).toMatchObject({ outcome: 'run' })
    expect(all.tables.ended).toEqual([])
  })
})

describe('what a kill leaves', () => {
  it('between the yes and its use: it may still be used, once', async () => {
    const first = await rig()
    const id = await waiting(first)
    await yes(first, id)
    const second = await rig({ tables: first.tables, now: first.time.now + 1_000 })
    expect(await second.gates.judge(action())).toMatchObject({ outcome: 'run' })
    expect(second.tables.ended).toMatchObject([{ id, outcome: 'used' }])
    const third = await rig({ tables: second.tables, now: second.time.now })
    expect(await third.gates.judge(action())).toMatchObject({ outcome: 'wait' })
    expect(await third.gates.settled(id, action(), third.signal)).toMatchObject({ outcome: 'deny' })
  })

  it('when too late: the log says that nothing came of it', async () => {
    const first = await rig()
    await yes(first, await waiting(first))
    const second = await rig({ tables: first.tables, now: first.time.now + APPROVAL_MS })
    expect(second.tables.ended).toMatchObject([{ outcome: 'unused' }])
    expect(await second.gates.judge(action())).toMatchObject({ outcome: 'wait' })
  })

  it('a use that cannot be written down is none', async () => {
    const all = await rig()
    const id = await waiting(all)
    await yes(all, id)
    all.time.fails = true
    expect(await all.gates.settled(id, action(), all.signal)).toMatchObject({ outcome: 'deny' })
    all.time.fails = false
    expect(await all.gates.settled(id, action(), all.signal)).toMatchObject({ outcome: 'deny' })
  })
})

describe('who may approve', () => {
  const NOT: Readonly<Record<string, Partial<Approver>>> = {
    'a program without a terminal': { way: 'program' },
    'the login session that asks': { sessions: [TOOLS] },
    'what descends from that session, on a terminal of its own': { sessions: ['99:1', TOOLS, '1:1'] },
    'another person, be it an administrator': { person: 1001, account: 1001 },
  }
  it.each(Object.entries(NOT))('not %s', async (_, who) => {
    const all = await rig()
    const id = await waiting(all)
    await expect(yes(all, id, {}, approver(who))).rejects.toThrow()
    expect(cardOf(all, id).state).toBe('pending')
  })

  it('not the terminal of what asks behind setsid, nor any terminal where nothing says who asks', async () => {
    const all = await rig()
    const { sessions: _, ...nobody } = action().requester
    for (const requester of [{ ...nobody, sessions: ['500:1', TOOLS] }, nobody]) {
      const asked = action({ requester, input: JSON.stringify(requester) })
      const id = await waiting(all, asked)
      await expect(yes(all, id, {}, approver({ sessions: [TOOLS] }))).rejects.toThrow()
      expect(cardOf(all, id).state).toBe('pending')
      await yes(all, id, {}, approver({ way: 'token', sessions: [] }))
    }
    expect(all.approvals.hasAsked(['500:1'])).toBe(true)
  })

  it('not whoever asked for the same from elsewhere', async () => {
    const all = await rig()
    const id = await waiting(all)
    const again = action({ requester: { ...action().requester, sessions: ['600:1'] } })
    expect(await waiting(all, again)).toBe(id)
    for (const session of ['600:1', TOOLS]) {
      const asker = approver({ sessions: [session] })
      await expect(yes(all, id, {}, asker)).rejects.toThrow('cannot approve its own requests')
    }
  })

  it('not the operator who asked, at whichever node', async () => {
    const all = await rig()
    const operator = 'f'.repeat(16)
    const asked = action({ requester: { ...action().requester, operator } })
    const id = await waiting(all, asked)
    await expect(yes(all, id, {}, approver({ operator }))).rejects.toThrow('operator')
    await yes(all, id, {}, approver({ operator: 'e'.repeat(16) }))
  })

  it('what another machine asks for its administrators here decide, and nobody else sees', async () => {
    const all = await rig({ policy: () => ({ effect: 'allow', rule: 'x', reason: 'x' }) })
    const asked = action({ requester: { node: OTHER.nodeId } })
    const id = await waiting(all, asked)
    expect(all.approvals.list(approver({ admin: false }))).toEqual([])
    expect(all.approvals.list(approver({ person: 5 }))).toMatchObject([{ id, person: null }])
  })

  it('not without the hash of what was shown', async () => {
    const all = await rig()
    const id = await waiting(all)
    const shown = cardOf(all, id).hash
    for (const hash of ['', shown.slice(0, 7), '00000000'])
      await expect(yes(all, id, { hash })).rejects.toThrow('hash')
    await yes(all, id, { hash: shown.slice(0, 8) })
  })

  it('nothing critical for a whole task', async () => {
    const all = await rig()
    const asked = action({ tool: 'delete_file', argv: ['fs-server'] })
    const id = await waiting(all, asked)
    await expect(yes(all, id, { scope: 'task' })).rejects.toThrow('critical')
  })

  it('and a no needs no proof, and ends who waits', async () => {
    const all = await rig()
    const id = await waiting(all)
    const settled = all.gates.settled(id, action(), all.signal)
    await all.approvals.decide(approver({ way: 'program', sessions: [TOOLS] }), id, {
      approve: false,
      hash: '',
      scope: 'once',
      reason: 'not today',
    })
    const no = { outcome: 'deny', gate: 'approval', reason: 'a person said no' }
    expect(await settled).toMatchObject({ ...no, hint: 'ann: not today' })
    expect(all.tables.ended).toMatchObject([{ outcome: 'denied', by: 'ann', reason: 'not today' }])
    // Those words are for who asked: neither for the ledger nor for somebody else who names the request.
    expect(JSON.stringify(all.ledger)).not.toContain('today')
    const other = await all.gates.settled(id, action({ cwd: '/other' }), all.signal)
    expect(other).toMatchObject({ outcome: 'deny', reason: 'it no longer waits for an approval' })
    expect(other).not.toHaveProperty('hint')
  })
})

test('the inbox is bounded, for each who asks and in all', async () => {
  const all = await rig()
  for (let i = 0; i < 32; i++) await waiting(all, action({ cwd: `/${i}` }))
  expect(await all.gates.judge(action({ cwd: '/more' }))).toMatchObject({ outcome: 'deny' })
  // The same thing again is the same request.
  expect(await all.gates.judge(action({ cwd: '/1' }))).toMatchObject({ outcome: 'wait' })
  expect(await all.gates.judge(action({ cwd: '/1', agent: 'kBridge:codex' }))).toMatchObject({
    outcome: 'wait',
  })
  expect(all.approvals.list(approver())).toHaveLength(33)
})

test('one person with many agents leaves places in the inbox for others', async () => {
  const all = await rig()
  for (let i = 0; i < 64; i++) await waiting(all, action({ cwd: `/${i}`, agent: `kBridge:tool${i % 4}` }))
  expect(await all.gates.judge(action({ cwd: '/more', agent: 'kBridge:fifth' }))).toMatchObject({
    outcome: 'deny',
  })
  const { requester } = action()
  expect(
    await all.gates.judge(action({ cwd: '/more', requester: { ...requester, person: '1001' } })),
  ).toMatchObject({ outcome: 'wait' })
})

test('a no is one also where a full disk takes neither it nor its entry in the ledger', async () => {
  let isFull = false
  const record = async () => {
    if (isFull) throw new Error('the disk is full')
  }
  const all = await rig({ audit: { record } })
  const id = await waiting(all)
  isFull = true
  const settled = all.gates.settled(id, action(), AbortSignal.timeout(2_000))
  all.time.fails = true
  const no = { approve: false, scope: 'once', reason: '', hash: '' } as const
  expect(await all.approvals.decide(approver(), id, no)).toMatchObject({ outcome: 'denied' })
  expect(await settled).toMatchObject({ outcome: 'deny', reason: 'a person said no' })
})

test('of the log the newest stay, also of what earlier starts of the daemon added', async () => {
  const no = async (all: Rig, cwd: string) =>
    all.approvals.decide(approver(), await waiting(all, action({ cwd })), {
      approve: false,
      scope: 'once',
      reason: '',
      hash: '',
    })
  const earlier = await rig()
  await no(earlier, '/first')
  const { tables } = earlier
  tables.ended.push(...Array.from({ length: 2_100 }, () => tables.ended[0]!))
  const all = await rig({ tables })
  expect(tables.ended).toHaveLength(2_000)
  for (let i = 0; i < 200; i++) await no(all, `/${i}`)
  expect(tables.ended).toHaveLength(2_000)
  expect(tables.ended[199]).toMatchObject({ cwd: '/0' })
})

test('what goes into the ledger has no word of the command', async () => {
  const all = await rig()
  const asked = action({ argv: ['bash', '-c', 'make SECRETWORD'], cwd: '/srv/SECRETPLACE' })
  const id = await waiting(all, asked)
  await yes(all, id)
  await all.gates.settled(id, asked, all.signal)
  expect(all.ledger.map(({ type }) => type)).toEqual(['agent_gate', 'approval_decided', 'agent_gate'])
  expect(JSON.stringify(all.ledger)).not.toMatch(/SECRET/)
})

test('everything of a person goes with them', async () => {
  const all = await rig()
  const id = await waiting(all)
  await all.approvals.forget(PERSON)
  expect(all.tables.open.size).toBe(0)
  expect(await all.gates.settled(id, action(), all.signal)).toMatchObject({ outcome: 'deny' })
})
