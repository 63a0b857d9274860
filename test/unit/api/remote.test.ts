// The two sides of /karo/agent/1 over a stream that a test plays: who is let in, what is read, and what is believed of an answer.

import { describe, expect, test } from 'vitest'
import type { Message } from '../../../protocols/define.ts'
import type { Frame } from '../../../protocols/frame.ts'
import {
  AGENT_OPERATIONS,
  type AgentAsk,
  AgentEnd,
  AgentHello,
  AgentPart,
  AgentRequest,
  type AgentRequestBody,
} from '../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { hashOf } from '../../../src/agents/approvals/binding.ts'
import { checkApprover } from '../../../src/agents/approvals/rights.ts'
import type { Approval } from '../../../src/agents/approvals/types.ts'
import type { AgentView, Runtime, Task } from '../../../src/agents/index.ts'
import { AFAR, afarId } from '../../../src/agents/tasks/afar.ts'
import { createTasks } from '../../../src/agents/tasks/tasks.ts'
import type { Action } from '../../../src/agents/types.ts'
import { getAgents, runTask, startAgent } from '../../../src/api/contract/operations/agents/agents.ts'
import { createAnswer } from '../../../src/api/remote/answer.ts'
import { createElsewhere } from '../../../src/api/remote/ask.ts'
import { createOperations, type OperationsDeps } from '../../../src/api/remote/operations.ts'
import { systemClock, systemRandom, systemTimers } from '../../../src/base/clock.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Exchange, Exchanges } from '../../../src/mesh/index.ts'
import { createAgentRepository } from '../../../src/store/tables/agents.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import { builtIn } from '../../../src/trust/policy/built-in.ts'
import type { Principal } from '../../../src/trust/policy/index.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { testIdentities, testIdentity, testNodes } from '../../support/mesh/identity.ts'
import { frameOf, streamOf, TRACE } from './streams.ts'

const [SELF, PEER, ADA] = testIdentities(1, 2, 3)
interface Played extends Exchange {
  readonly said: { readonly message: Message; readonly body: unknown }[]
}

/** What comes may follow from what was said. */
function played(come: (said: Played['said']) => Frame | undefined, onPart = () => {}): Played {
  const said: Played['said'] = []
  const over = new AbortController()
  return {
    said,
    peer: PEER,
    signal: over.signal,
    async send(message, body) {
      said.push({ message: message as unknown as Message, body })
      if (message.type === AgentPart.type) onPart()
    },
    next: async () => come(said),
    end: async () => {},
    abort: () => over.abort(),
  }
}

const view = {
  id: 'kExecutor:tools',
  name: 'tools',
  person: 1000,
  offers: null,
  server: null,
  grantedUntil: null,
  status: { state: 'stopped', detail: 'in /srv/secret', restarts: 0, since: null },
  manifest: { argv: ['/srv/secret/run'] },
} as unknown as AgentView

const action = (over: Partial<Action> = {}): Action => ({
  id: 'x',
  task: 'x',
  agent: 'kExecutor:tools',
  tool: 'write',
  readOnly: false,
  argv: ['a'],
  cwd: '/',
  env: {},
  binds: [],
  input: '{}',
  target: SELF.nodeId,
  why: '',
  traceId: '0'.repeat(32),
  requester: { node: PEER.nodeId, operator: ADA.nodeId },
  ...over,
})
const approvalOf = (person: number | null, over: Partial<Action> = {}): Approval =>
  ({
    id: '3f9a11c02e',
    person,
    state: 'pending',
    class: 'high',
    kind: 'EditFile',
    risk: 'safe',
    risks: [],
    hash: hashOf(action(over)),
    action: action(over),
    scope: 'once',
    uses: 0,
    created_at: 0,
    expires_at: 1_000,
  }) as Approval

/** Who asks, as trust and certificates see them. */
interface Who {
  readonly operator?: boolean
  readonly roles?: readonly string[]
  readonly teams?: readonly string[]
  readonly people?: readonly number[]
  /** Keys that the node had before, or has since. */
  readonly keys?: readonly NodeId[]
  /** No time passes. */
  readonly timeless?: true
  /** The ledger takes nothing. */
  readonly unwritable?: true
  /** Another operator than Ada. */
  readonly key?: NodeId
  readonly fault?: true
  /** What stopping an agent rejects with. */
  readonly fails?: Error
}

/** What the machine that is asked has. */
interface Has {
  readonly tasks?: readonly Task[]
  readonly approvals?: readonly Approval[]
  readonly agents?: Partial<Runtime>
}

function side(who: Who = {}, { tasks = [], approvals = [], agents: over = {} }: Has = {}) {
  const ledger: AuditRecord[] = []
  const done: string[] = []
  const { operator = true, roles = ['admin'], teams = ['eng'], people = [], fault, fails } = who
  const principal: Principal = {
    node_id: PEER.nodeId,
    trust_level: 'peer',
    denied: false,
    roles,
    teams,
    ...(operator && { operator: ADA.fingerprint, operator_id: ADA.nodeId }),
    ...(who.keys && { other_keys: who.keys }),
  }
  const agents = {
    list: async () => [view],
    async describe(_: unknown, which: string) {
      if (which !== 'tools') throw new KaroError('not_found', 'no')
      return view
    },
    async stopAgent() {
      if (fails !== undefined) throw fails
      done.push('stop')
      return view
    },
    async run({ id, by }: { id: string; by: unknown }) {
      done.push(`run ${id}`)
      return { ...tasks[0], id, by }
    },
    tasks: {
      list: async (_: number, prefix: string) => tasks.filter(({ id }) => id.startsWith(prefix)),
      async get(_: number, id: string) {
        const found = tasks.find((task) => task.id === id)
        if (found === undefined) throw new KaroError('not_found', 'no')
        return found
      },
      result: async () => undefined,
      onEvent: () => () => {},
    },
    ...over,
  } as unknown as Runtime
  const inbox: OperationsDeps['approvals'] = {
    list: ({ person, admin }) =>
      approvals.filter((one) => (one.person === null ? admin : one.person === person)),
    async decide(as, id) {
      const one = approvals.find((each) => each.id === id) as Approval
      checkApprover(one, 'once', as)
      done.push('decide')
      return one
    },
  }
  const answer = createAnswer({
    self: SELF,
    random: systemRandom,
    timers: systemTimers,
    log: silentLog,
    operations: AGENT_OPERATIONS,
    most: { ofPerson: 32, follows: 16, ofAll: 128 },
    perform: createOperations({ agents, approvals: inbox }),
    clock: who.timeless ? { ...systemClock, monotonic: () => 0 } : systemClock,
    audit: {
      record: async (entry) => void ledger.push(entry),
      async insist(entry) {
        if (who.unwritable) throw new KaroError('unavailable', 'the ledger cannot be written')
        ledger.push(entry)
      },
    },
    principals: {
      resolve: () => ({
        principal: { ...principal, roles: who.roles ?? roles },
        ...(operator && { operator: { id: who.key ?? ADA.nodeId, name: 'ada' } }),
        ...(fault && { fault: { rule: 'operator.expired', reason: 'it has ended' } }),
      }),
    },
    policy: {
      judgeAgent: (request) => builtIn.judgeAgent({ ...request, at: 0, k: 5, teams: ['eng'] }),
    },
    sessions: { peopleOf: () => people },
    nameOf: () => 'desk',
  })
  async function ask(what: AgentAsk, over: Partial<AgentRequestBody> = {}, onPart = () => {}) {
    const exchange = played(([first]) => {
      const { challenge } = (first as { body: { challenge: Uint8Array } }).body
      return frameOf(AgentRequest, { to: SELF.publicKey, challenge, ask: what, ...over }, PEER)
    }, onPart)
    await answer.handle(exchange)
    const { said } = exchange
    const last = said.at(-1)?.body as { error?: { code: string; message: string } }
    const text = said
      .filter(({ message }) => message.name === 'AgentPart')
      .map(({ body }) => Buffer.from((body as { data: Uint8Array }).data).toString('utf8'))
      .join('')
    return {
      said,
      error: last.error,
      get answer() {
        return text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>)
      },
    }
  }
  return { ask, ledger, done, ...answer }
}

const LIST = { operation: 'list' } as const
const NO_AGENTS: Has = { agents: { list: async () => [] } }
const APPROVAL = { approve: true, hash: '0'.repeat(8), scope: 'once', reason: '' } as const
const DECIDE: AgentAsk = { operation: 'decide', id: '3f9a', ...APPROVAL }
const given = (operator: string | undefined, id: string): Task =>
  ({
    id: afarId({ node: PEER.nodeId, ...(operator && { operator }) }, id),
    person: AFAR,
    agent: 'kExecutor:tools',
    tool: 'echo',
    input: '{}',
    why: '',
    traceId: '0'.repeat(32),
    state: 'completed',
    seq: 1,
    events: [],
    approval: null,
    createdAt: 0,
    endedAt: 1,
    by: undefined,
  }) as Task

describe('the machine that is asked', () => {
  test('greets, answers an entitled operator, and shows no place of its own', async () => {
    const { ask, ledger } = side({})
    const { said, answer, error } = await ask(LIST)
    expect(said.map(({ message }) => message.name)).toEqual(['AgentHello', 'AgentPart', 'AgentEnd'])
    expect(error).toBeUndefined()
    expect(answer).toMatchObject({ agents: [{ id: 'kExecutor:tools', argv: null, detail: '' }] })
    expect(JSON.stringify(answer)).not.toContain('secret')
    expect(ledger).toMatchObject([
      { type: 'agent_requested', success: true, peer: PEER.nodeId, details: { operator_name: 'ada' } },
    ])
  })

  test('tells who may use agents that there are none', async () => {
    const { ask } = side({}, NO_AGENTS)
    expect(await ask(LIST)).toMatchObject({ error: undefined, answer: { agents: [] } })
  })

  test('reads nothing that was written for another node, or for another stream', async () => {
    const { ask, ledger } = side({})
    expect((await ask(LIST, { to: PEER.publicKey })).error).toMatchObject({ code: 'refused' })
    expect((await ask(LIST, { challenge: new Uint8Array(16) })).error).toMatchObject({ code: 'refused' })
    expect(ledger).toMatchObject([{ success: false }, { success: false }])
  })

  test.each<[string, Who]>([
    ['a node that asks for itself', { operator: false }],
    ['an operator of another role', { roles: ['lead'] }],
    ['an operator of another team', { teams: ['sales'] }],
    ['an operator whose delegation does not hold', { fault: true }],
  ])('refuses %s, in the same words for what there is and what there is not', async (_, who) => {
    const { ask, ledger, done } = side(who)
    const stop = await ask({ operation: 'stop', agent: 'tools' })
    expect(stop.error).toMatchObject({ code: 'refused' })
    expect((await ask({ operation: 'stop', agent: 'nothing' })).error).toEqual(stop.error)
    expect((await ask(LIST)).error).toEqual(stop.error)
    expect((await side(who, NO_AGENTS).ask(LIST)).error).toEqual(stop.error)
    const task = { operation: 'task', agent: 'tools', tool: 'echo', input: '{}', id: 't-1', why: '' } as const
    expect((await ask(task)).error).toEqual(stop.error)
    expect(done).toEqual([])
    expect(ledger.map(({ success }) => success)).toEqual([false, false, false])
  })

  test('shows each only their own tasks, by the ids that they gave', async () => {
    const bob = testIdentity(4).nodeId
    const tasks = [given(ADA.nodeId, 'mine'), given(bob, 'theirs'), given(undefined, 'of-the-node')]
    const { ask } = side({}, { tasks })
    const { answer } = await ask({ operation: 'tasks', limit: 100 })
    expect((answer as { tasks: { id: string }[] }).tasks.map(({ id }) => id)).toEqual(['mine'])
    expect((await ask({ operation: 'status', id: 'mine' })).answer).toMatchObject({ id: 'mine' })
    for (const id of ['theirs', 'of-the-node'])
      expect((await ask({ operation: 'status', id })).error).toMatchObject({ code: 'not_found' })
  })

  test('counts what is asked again and again, and what it refuses, instead of writing each down', async () => {
    const looks = side({})
    for (let n = 0; n < 10; n += 1) await looks.ask(LIST)
    expect(looks.ledger).toHaveLength(1)
    const refused = side({ roles: [] })
    for (let n = 0; n < 10; n += 1) await refused.ask({ operation: 'stop', agent: 'tools' })
    expect(refused.ledger).toMatchObject([{ success: false, details: { operation: 'stop', times: 1 } }])
    const other = side({})
    for (let n = 0; n < 10; n += 1) await other.ask(LIST, { to: PEER.publicKey })
    expect(other.ledger).toMatchObject([
      { success: false, details: { reason: 'the request is for another node' } },
    ])
  })

  test('writes down what it only counted when it stops', async () => {
    const refused = side({ roles: [] })
    for (let n = 0; n < 10; n += 1) await refused.ask({ operation: 'stop', agent: 'tools' })
    await refused.flush()
    expect(refused.ledger.map(({ details }) => details.times)).toEqual([1, 9])
    expect(refused.ledger[1]).toMatchObject({ success: false, details: { operation: 'stop' } })
    await refused.flush()
    expect(refused.ledger).toHaveLength(2)
  })

  test('does nothing that its ledger does not take', async () => {
    const { ask, done } = side({ unwritable: true })
    expect((await ask({ operation: 'stop', agent: 'tools' })).error).toMatchObject({ code: 'unavailable' })
    expect(done).toEqual([])
  })

  test('lets a person follow some tasks, and still answers them', async () => {
    const task = { ...given(ADA.nodeId, 'mine'), state: 'working' as const, events: [] }
    const { ask } = side({ timeless: true }, { tasks: [task] })
    const follow: AgentAsk = { operation: 'follow', id: 'mine', after: 0 }
    for (let n = 0; n < 16; n += 1) void ask(follow)
    expect((await ask(follow)).error).toMatchObject({ code: 'rate_limited' })
    expect((await ask(LIST)).error).toBeUndefined()
  })

  test('tells in fixed words what its own people read in full', async () => {
    const fails = new KaroError('bad_file', '/srv/secret is damaged', { hint: 'See /srv/secret.' })
    const { ask } = side({ fails })
    const { error } = await ask({ operation: 'stop', agent: 'tools' })
    expect(error).toEqual({ code: 'bad_file', message: 'it cannot do that now; its log says why' })
  })

  test('shows who asked nothing of what would run', async () => {
    const requester = { node: PEER.nodeId, operator: ADA.nodeId }
    const places = { argv: ['/srv/secret/run'], cwd: '/srv/secret', env: { A: '/srv/secret' } }
    const own = side({}, { approvals: [approvalOf(null, { requester, ...places })] })
    const { answer } = await own.ask({ operation: 'approval', id: '3f9a' })
    expect(answer).toMatchObject({ action: 'write', argv: [], cwd: '', env: {}, binds: [] })
    expect(JSON.stringify((await own.ask({ operation: 'approvals' })).answer)).not.toContain('secret')
    const theirs = approvalOf(null, { requester: { node: SELF.nodeId }, ...places })
    const third = await side({}, { approvals: [theirs] }).ask({ operation: 'approval', id: '3f9a' })
    expect(third.answer).toMatchObject({ cwd: '/srv/secret' })
  })

  test('ends what is followed when policy does not let them any more', async () => {
    const who: { roles: string[] } = { roles: ['admin'] }
    const task = given(ADA.nodeId, 'mine')
    const event = { at: 0, state: 'working' as const, message: null, progress: null }
    const events = [1, 2].map((seq) => ({ ...event, seq }))
    const { ask } = side(who, { tasks: [{ ...task, events, seq: 2 }] })
    const follow: AgentAsk = { operation: 'follow', id: 'mine', after: 0 }
    expect((await ask(follow)).error).toBeUndefined()
    // As the first line leaves, the role is taken back.
    const { said, error } = await ask(follow, {}, () => {
      who.roles = []
    })
    expect(error).toMatchObject({ code: 'refused' })
    expect(said.filter(({ message }) => message.name === 'AgentPart')).toHaveLength(1)
  })

  test('bounds the requests of a person and of a node, and who has used theirs up takes nothing from others', async () => {
    const who: { key?: NodeId; timeless: true } = { timeless: true }
    const { ask } = side(who)
    const answered = async (times: number): Promise<number> => {
      const codes: (string | undefined)[] = []
      for (let n = 0; n < times; n += 1) codes.push((await ask(LIST)).error?.code)
      expect(codes.slice(codes.indexOf('rate_limited')).every((code) => code === 'rate_limited')).toBe(true)
      return codes.filter((code) => code === undefined).length
    }
    expect(await answered(40)).toBe(30)
    who.key = testIdentity(7).nodeId
    expect(await answered(40)).toBe(30)
    who.key = testIdentity(8).nodeId
    expect(await answered(50)).toBe(30)
    // Whatever operators it names, it is one node.
    who.key = testIdentity(9).nodeId
    expect(await answered(10)).toBe(0)
  })

  test('lets an entitled operator decide what no person of it asked, and never who asked or sits there', async () => {
    const [node, operator] = testNodes(5, 6)
    const of = (requester: Action['requester'], who?: Who) =>
      side(who, { approvals: [approvalOf(null, { requester })] })
    const free = of({ node, operator })
    expect((await free.ask(DECIDE)).answer).toMatchObject({ decision: 'approved' })
    expect(free.done).toEqual(['decide'])
    const own = of({ node, operator: ADA.nodeId })
    expect((await own.ask(DECIDE)).error).toMatchObject({ code: 'refused' })
    const beside = of({ node: PEER.nodeId, operator })
    expect((await beside.ask(DECIDE)).error?.message).toContain('the machine that you are at')
    // Asked before the node had the key that it has now.
    const rotated = of({ node, operator }, { keys: [node] })
    expect((await rotated.ask(DECIDE)).error?.message).toContain('the machine that you are at')
    expect([...own.done, ...beside.done, ...rotated.done]).toEqual([])
    for (const who of [{ operator: false }, { roles: ['lead'] }, { fault: true }] satisfies Who[]) {
      const { ask } = of({ node, operator }, who)
      expect((await ask({ operation: 'approvals' })).answer).toEqual({ approvals: [] })
      expect((await ask(DECIDE)).error).toMatchObject({ code: 'not_found' })
    }
  })

  test('shows what a person of it asked to that person alone, wherever they are', async () => {
    const asked = approvalOf(1000, { requester: { node: SELF.nodeId, person: '1000' } })
    const others = side({}, { approvals: [asked] })
    expect((await others.ask({ operation: 'approvals' })).answer).toEqual({ approvals: [] })
    expect((await others.ask(DECIDE)).error).toMatchObject({ code: 'not_found' })
    const own = side({ roles: [], people: [1000] }, { approvals: [asked] })
    expect((await own.ask(DECIDE)).answer).toMatchObject({ decision: 'approved' })
  })
})

interface Around {
  readonly ledger?: AuditRecord[]
  readonly self?: typeof SELF
  readonly other?: typeof SELF
  /** The deadline of so many milliseconds is over at once. */
  readonly late?: number
}
const elsewhereBy = (
  exchanges: Exchanges,
  { ledger = [], self = SELF, other = PEER, late = 2_000 }: Around = {},
) =>
  createElsewhere({
    self: self.nodeId,
    clock: systemClock,
    audit: { insist: async (entry) => void ledger.push(entry) },
    timers: { after: (ms, run) => systemTimers.after(ms > 2_000 && ms !== late ? ms : 0, run) },
    mesh: { isConnected: () => true, reach: async () => true },
    trust: {
      resolve: () => other.nodeId,
      admits: () => true,
      opinion: () => ({ name: 'build' }) as never,
    },
    sessions: { of: () => undefined },
    exchanges,
  })

const caller = { person: 1000, account: 1000, admin: true, asks: true, via: 'socket' } as const
const asked = { caller, id: '0'.repeat(32) }

const HELLO = frameOf(AgentHello, { challenge: TRACE, operations: AGENT_OPERATIONS }, PEER)

describe('the machine that asks', () => {
  const line = (seq: number, final = false) => ({
    task: 't',
    state: final ? 'completed' : 'working',
    seq,
    at: '2026-01-01T00:00:00.000Z',
    message: null,
    progress: null,
    final,
  })
  /** Each stream answers with the next of these; undefined cuts it. */
  function asking(streams: readonly (readonly (object | undefined)[])[], more: Partial<typeof caller> = {}) {
    const ledger: AuditRecord[] = []
    const requests: AgentAsk[] = []
    let opened = 0
    async function open() {
      const script = streams[Math.min(opened++, streams.length - 1)] ?? []
      let at = -1
      return played((said) => {
        at += 1
        if (at === 0) return HELLO
        if (at === 1) requests.push((said[0] as { body: { ask: AgentAsk } }).body.ask)
        if (at > script.length) return frameOf(AgentEnd, {}, PEER)
        const next = script[at - 1]
        return next && frameOf(AgentPart, { data: Buffer.from(JSON.stringify(next)), ends: true }, PEER)
      })
    }
    const elsewhere = elsewhereBy({ open }, { ledger })
    return { elsewhere, ledger, requests, asked: { ...asked, caller: { ...caller, ...more } } }
  }

  test('writes down what it asks before it asks, and believes only what fits', async () => {
    const good = asking([[{ agents: [] }]])
    expect(await good.elsewhere.ask(good.asked, 'build', getAgents, LIST)).toEqual({ agents: [] })
    expect(good.ledger).toMatchObject([
      { type: 'agent_asked', peer: PEER.nodeId, details: { uid: 1000, operation: 'list' } },
    ])
    for (const wrong of [{ agents: 'none' }, { agents: [{ id: 3 }] }, []]) {
      const { elsewhere } = asking([[wrong]])
      await expect(elsewhere.ask(asked, 'build', getAgents, LIST)).rejects.toMatchObject({ code: 'internal' })
    }
    const cut = asking([[undefined]]).elsewhere.ask(asked, 'build', getAgents, LIST)
    await expect(cut).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('asks in nobody’s name for who is no administrator and not logged in, nor by a token', async () => {
    for (const more of [{ admin: false }, { via: 'http' }]) {
      const { elsewhere, asked: by, ledger } = asking([[{ agents: [] }]], more as never)
      await expect(elsewhere.ask(by, 'build', getAgents, LIST)).rejects.toMatchObject({ code: 'refused' })
      expect(ledger).toEqual([])
    }
  })

  test('goes on where a stream broke, takes each event once and in order, and says that the machine is away and is back', async () => {
    const { elsewhere, requests } = asking([
      [line(1), line(2), undefined],
      [line(2), line(3), undefined],
      // It says again what it said, and something that only the asking machine can know.
      [line(1), line(1), { ...line(3), away: true }, line(4, true)],
    ])
    const seen: unknown[] = []
    const lines = await elsewhere.follow(asked, 'build', { id: 't', after: 0 }, new AbortController().signal)
    for await (const { seq, away } of lines) seen.push(away === undefined ? seq : [seq, away])
    expect(seen).toEqual([1, 2, [2, true], [2, false], 3, [3, true], [3, false], 4])
    expect(requests.map((one) => 'after' in one && one.after)).toEqual([0, 1, 2])
  })

  test('waits for an agent that starts, and says what is not known where no answer came', async () => {
    for (const [operation, ms] of Object.entries({ list: 80_000, start: 415_000 })) {
      const over = new AbortController()
      const aborted = new Promise<undefined>((resolve) =>
        over.signal.addEventListener('abort', () => resolve(undefined), { once: true }),
      )
      const silent = played(() => HELLO)
      const next = () => (silent.said.length === 0 ? silent.next() : aborted)
      const open = async () => ({ ...silent, next, abort: () => over.abort() })
      const elsewhere = elsewhereBy({ open }, { late: ms })
      const what = operation === 'list' ? LIST : ({ operation: 'start', agent: 'tools' } as const)
      await expect(elsewhere.ask(asked, 'build', startAgent, what)).rejects.toMatchObject({
        code: 'timeout',
        message: `build did not answer within ${ms / 1_000} s`,
        hint: expect.stringContaining(`karo ${operation === 'start' ? 'agent' : 'task'} list --at build`),
      })
    }
  })

  test('says at once that a machine whose task is followed was never reached', async () => {
    const errors = ['no connection', 'it was tried again']
    const over = new AbortController()
    async function open(): Promise<never> {
      const why = errors.shift() ?? ''
      if (errors.length === 0) over.abort()
      throw new KaroError('unavailable', why)
    }
    const elsewhere = elsewhereBy({ open })
    const lines = await elsewhere.follow(asked, 'build', { id: 't', after: 0 }, over.signal)
    const first = lines[Symbol.asyncIterator]().next()
    await expect(first).rejects.toMatchObject({ message: expect.stringContaining('no connection') })
  })
})

test('a task whose link is cut at any frame runs once, and both ends come to the same end', async () => {
  let runs = 0
  const tasks = createTasks({
    repository: createAgentRepository(await temporaryDatabase()),
    async drive(live) {
      runs++
      await live.to('working', 'now')
      await live.to('completed', 'done', { result: '{"content":[]}' })
    },
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: silentLog,
  })
  const agents = { tasks, run: (request: Parameters<typeof tasks.run>[0]) => tasks.run(request) }
  /** As a person's command does; the frames that passed. */
  async function life(id: string, cutAt: number): Promise<number> {
    let frames = 0
    const { handle } = side({}, { agents: agents as unknown as Partial<Runtime> })
    const open = async () => {
      const { opened, accepted } = streamOf(PEER, SELF, () => frames++ !== cutAt)
      handle(accepted).catch(() => {})
      return opened
    }
    const elsewhere = elsewhereBy({ open }, { self: PEER, other: SELF })
    const what = { operation: 'task', agent: 'tools', tool: 'echo', why: '', id, input: '{}' } as const
    const give = () => elsewhere.ask(asked, 'build', runTask, what)
    const task = await give().catch((error: KaroError) => {
      expect(error).toMatchObject({ code: 'unavailable', hint: expect.stringContaining('the same id') })
      return give()
    })
    expect(task).toMatchObject({ id })
    const seen: unknown[] = []
    const follow = async (): Promise<void> => {
      const { signal } = new AbortController()
      for await (const one of await elsewhere.follow(asked, 'build', { id, after: 0 }, signal))
        if (one.away === undefined) seen.push([one.seq, one.state])
    }
    await follow().catch((error: KaroError) => {
      // It was not reached, so nothing was heard of it, and the command tries again. A break behind the first event is mended without it.
      expect([error, seen]).toMatchObject([{ code: 'unavailable' }, []])
      return follow()
    })
    const { events } = await tasks.get(AFAR, afarId({ node: PEER.nodeId, operator: ADA.nodeId }, id))
    expect(seen).toEqual(events.map(({ seq, state }) => [seq, state]))
    expect(seen.at(-1)).toEqual([3, 'completed'])
    return frames
  }
  const whole = await life('whole', -1)
  // Given: hello, request, task, end. Followed: hello, request, three events, end.
  expect(whole).toBe(10)
  for (let cutAt = 0; cutAt < whole; cutAt++) await life(`cut-${cutAt}`, cutAt)
  expect(runs).toBe(1 + whole)
})
