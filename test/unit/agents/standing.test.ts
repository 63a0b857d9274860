// What was let through does not stay so by itself: policy, capabilities, manifests and who asks are looked at again until it is over.
import { describe, expect, it, test } from 'vitest'
import { type BuiltIn, builtInFor } from '../../../src/agents/builtins/agent.ts'
import type { Manifest } from '../../../src/agents/manifest/manifest.ts'
import { DEFAULT_CALL_MS, DEFAULT_LIMITS } from '../../../src/agents/manifest/words.ts'
import type { MuscleClient } from '../../../src/agents/muscle/client.ts'
import { createControl } from '../../../src/agents/runtime/control.ts'
import { createLooks, type LooksDeps } from '../../../src/agents/runtime/looks.ts'
import { maskOf } from '../../../src/agents/runtime/mask.ts'
import type { Known } from '../../../src/agents/runtime/registry.ts'
import type { CallOptions, Session, Tool } from '../../../src/agents/runtime/session.ts'
import { createDrive } from '../../../src/agents/tasks/drive.ts'
import { createTasks } from '../../../src/agents/tasks/tasks.ts'
import type { Gates, Verdict } from '../../../src/agents/types.ts'
import { systemClock, systemRandom, systemTimers } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createAgentRepository } from '../../../src/store/tables/agents.ts'
import {
  ANN,
  actor,
  agentRig,
  BOB,
  begun,
  denies,
  done,
  lastWords,
  ONLY_READS,
  runs,
  TRACE,
  waits,
  wantedOf,
} from '../../support/agents/rig.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { providersHere } from '../../support/muscle/muscle.ts'
import { until } from '../../support/run/until.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'
import { action, rig, SELF, TOOLS, yes } from './rig.ts'

type Denial = Extract<Verdict, { outcome: 'deny' }>
const NO: Denial = denies('the operator was revoked', { class: 'high', gate: 'policy' })
const SRV = [{ path: '/srv', write: true }]

describe('the gates, asked again about what was let through', () => {
  const reads = (over = {}) =>
    action({
      agent: 'kExecutor:fs',
      tool: 'read_file',
      readOnly: true,
      argv: ['fs-server'],
      binds: SRV,
      requester: { node: SELF.nodeId, person: '1000' },
      ...over,
    })

  it('say that it is over with the capability, revoked or expired, and with the policy', async () => {
    let allowed = true
    const all = await rig({
      policy: () => ({ effect: allowed ? 'allow' : 'deny', rule: 'agent.own', reason: 'not any more' }),
    })
    const { id } = await all.capabilities.grant({ subject: 'kExecutor:fs', names: ['fs.write:/srv'], by: 0 })
    expect(await all.gates.judge(reads())).toMatchObject({ outcome: 'run' })
    expect(await all.gates.lost(reads(), 'green')).toBeUndefined()
    allowed = false
    expect(await all.gates.lost(reads(), 'green')).toMatchObject({ gate: 'policy' })
    allowed = true
    await all.time.pass(301_000)
    expect(await all.gates.lost(reads(), 'green')).toMatchObject({ gate: 'capability' })
    const again = await all.capabilities.grant({ subject: 'kExecutor:fs', names: ['fs.write:/srv'], by: 0 })
    expect(await all.gates.lost(reads(), 'green')).toBeUndefined()
    await all.capabilities.revoke(again.id, 0)
    expect(await all.gates.lost(reads(), 'green')).toMatchObject({ gate: 'capability' })
    expect(id).not.toBe(again.id)
    const before = all.ledger.length
    await all.gates.ended(reads(), NO)
    expect(all.ledger.slice(before)).toMatchObject([
      { type: 'agent_gate', success: false, details: { reason: NO.reason, outcome: 'deny' } },
    ])
  })

  it('let go on what used its capability up, until the time of that is over', async () => {
    const all = await rig()
    const etc = reads({ binds: [{ path: '/etc', write: true }] })
    await all.capabilities.grant({ subject: 'kExecutor:fs', names: ['fs.write:/etc'], by: 0 })
    expect(await all.gates.judge(etc)).toMatchObject({ outcome: 'run' })
    expect(await all.gates.judge(etc)).toMatchObject({ outcome: 'deny', gate: 'capability' })
    expect(await all.gates.lost(etc, 'green')).toBeUndefined()
    await all.time.pass(61_000)
    expect(await all.gates.lost(etc, 'green')).toMatchObject({ gate: 'capability' })
  })

  it('do not let it be redder than it was, and an error is a no', async () => {
    const all = await rig()
    const exec = action()
    expect(await all.gates.lost(exec, 'high')).toBeUndefined()
    expect(await all.gates.lost(exec, 'low')).toMatchObject({ gate: 'approval' })
    const broken = await rig({
      policy: () => {
        throw new Error('broken')
      },
    })
    expect(await broken.gates.lost(exec, 'high')).toMatchObject({ outcome: 'deny' })
  })

  it('a grant that the ledger does not take is none', async () => {
    const all = await rig()
    all.ledger.push = () => {
      throw new Error('the ledger cannot be written')
    }
    const grant = all.capabilities.grant({ subject: 'kExecutor:fs', names: ['fs.read:/srv'], by: 0 })
    await expect(grant).rejects.toThrow('ledger')
    expect(all.capabilities.list()).toEqual([])
  })
})

const TOOL: Tool = { name: 'work', description: '', readOnly: true, inputSchema: null }
/** The same as one of the daemon. */
const WORK = { name: 'work', description: '', readOnly: true, takes: {} }
const MANIFEST: Manifest = {
  id: 'kExecutor:x',
  name: 'x',
  person: ANN,
  argv: ['x'],
  cwd: '/',
  binds: [],
  tools: [],
  secrets: [],
  capabilities: [],
  limits: DEFAULT_LIMITS,
  callMs: DEFAULT_CALL_MS,
  why: '',
  addedAt: 0,
}

/** Looks that nothing but a change begins, at agents that have their grants. */
const looking = (over: Partial<LooksDeps>) =>
  createLooks({
    timers: { after: () => () => {} },
    log: silentLog,
    agents: () => [],
    gates: { lost: async () => undefined, ended: async () => {} },
    grantedUntil: () => 1,
    startOf: async () => action({ agent: 'kExecutor:fs', binds: SRV }),
    ...over,
  })

/** Tasks of one agent without a process; each call waits for its turn and then for its end. */
async function driven(gates: Partial<Gates> = {}) {
  const turn = Promise.withResolvers<void>()
  const called: string[] = []
  let manifest = MANIFEST
  const ended: Denial[] = []
  const known = {
    id: 'kExecutor:x',
    name: 'x',
    person: ANN,
    manifest: async () => manifest,
    agent: {
      session: () => ({ tools: [TOOL] }),
      start: async () => ({ tools: [TOOL] }),
      async call(
        tool: string,
        _: unknown,
        { signal, onBegin }: CallOptions & { onBegin: (tool: Tool) => Promise<void> },
      ) {
        await turn.promise
        await onBegin(TOOL)
        called.push(tool)
        await until(() => signal.aborted, { what: 'the call is ended' })
        return { kind: 'canceled' }
      },
    },
  } as unknown as Known
  const looks = looking({})
  const all: Gates = { ...ONLY_READS, ended: async (_, denial) => void ended.push(denial), ...gates }
  const tasks = createTasks({
    repository: createAgentRepository(await temporaryDatabase()),
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: silentLog,
    drive: createDrive({
      clock: systemClock,
      keepLong: undefined,
      looks,
      log: silentLog,
      registry: { find: () => known },
      gates: all,
      control: createControl({
        identity: SELF,
        gates: all,
        grants: { pinOf: () => undefined },
        log: silentLog,
      }),
    }),
  })
  const { id } = await tasks.run({
    person: ANN,
    agent: 'kExecutor:x',
    tool: 'work',
    input: {},
    why: '',
    traceId: TRACE,
  })
  const state = async (of: string) =>
    until(async () => (await tasks.get(ANN, id)).state === of && tasks.get(ANN, id), { what: `it is ${of}` })
  const change = (more: Partial<Manifest>) => (manifest = { ...MANIFEST, ...more })
  return { tasks, id, state, looks, turn, called, ended, change }
}

describe('a task', () => {
  test('that works is ended as soon as who asked may not any more, with the reason', async () => {
    let denial: Denial | undefined
    const all = await driven({ lost: async () => denial })
    all.turn.resolve()
    await all.state('working')
    await all.looks.now()
    expect(all.ended).toEqual([])
    denial = NO
    await all.looks.now()
    const task = await all.state('canceled')
    expect(lastWords(task)).toContain('the operator was revoked; it was ended while it ran')
    expect(all.ended).toEqual([NO])
  })

  test.each([
    ['the gates say something else by then', { lost: async () => NO }, {}, NO.reason],
    ['its agent was added anew', {}, { cwd: '/srv' }, 'has changed since'],
  ])('is judged again when its turn comes: %s', async (_, gates, change, why) => {
    const all = await driven(gates)
    all.change(change)
    all.turn.resolve()
    const task = await all.state('rejected')
    expect(lastWords(task)).toContain(why)
    expect([all.called, all.ended.length]).toEqual([[], 1])
  })

  test('that waits for its approval is ended too, and does not wait any longer', async () => {
    let denial: Denial | undefined
    const all = await driven({
      judge: async () => waits(),
      settled: (_approval, _action, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        }),
      lost: async () => denial,
    })
    await all.state('input-required')
    denial = NO
    await all.looks.now()
    expect(lastWords(await all.state('canceled'))).toContain('it did not run')
  })
})

test('short tasks, one after the other, put no look off, and one that is put off is not waited for twice', async () => {
  const timers = new VirtualTime()
  const { monotonic } = timers.clock
  let looked = 0
  const known = { agent: { session: () => ({}) } } as unknown as Known
  const startOf = async () => {
    looked += 1
    return action()
  }
  const looks = looking({ timers, agents: () => [known], startOf })
  while (monotonic() < 10_500) {
    looks.add(async () => {})()
    await timers.wait(1_000)
  }
  expect(looked).toBe(2)
  looks.stop()
  // Nothing is left to happen.
  const at = monotonic()
  expect(await timers.pass(() => false)).toBe(at)
})

test('a start that comes to nothing stands in the ledger as one that failed', async () => {
  const client = { run: () => Promise.reject(new Error('no jail')) } as unknown as MuscleClient
  const { runtime, ledger } = await agentRig({ client })
  await runtime.add(actor(), wantedOf('/srv'))
  await expect(runtime.startAgent(actor(), 'fixture')).rejects.toThrow('no jail')
  const starts = ledger.filter(({ details }) => details.change === 'started')
  expect(starts.map(({ success }) => success)).toEqual([true, false])
})

test('a call of the daemon that is cancelled while the gates are asked again does not begin', async () => {
  const ran: string[] = []
  const tool = { ...WORK, run: async () => ran.push('it ran') }
  const { agent } = builtInFor({ id: 'kExecutor:command', purpose: '', tools: [tool] }, ANN)
  const control = new AbortController()
  const outcome = await agent.call(...(['work', {}] as const), {
    signal: control.signal,
    timeoutMs: 1_000,
    traceId: TRACE,
    code: [],
    onProgress() {},
    start: async () => {},
    onBegin: async () => control.abort(),
  })
  expect([outcome, ran]).toEqual([{ kind: 'canceled' }, []])
})

test('what a call of the daemon finds of a secret is not told', async () => {
  const tool = { ...WORK, run: async () => ({ found: 'in "a" file' }) }
  const mask = maskOf([{ name: 'token', bytes: Buffer.from('in "a" file') }])
  const { agent } = builtInFor({ id: 'kExecutor:command', purpose: '', tools: [tool] }, ANN, () => mask)
  const options = { signal: new AbortController().signal, timeoutMs: 1_000, traceId: TRACE, code: [] }
  const outcome = await agent.call(
    'work',
    {},
    {
      ...options,
      onProgress() {},
      start: async () => {},
      onBegin: async () => {},
    },
  )
  expect(outcome).toMatchObject({ kind: 'result', json: expect.stringContaining('[secret token]') })
})

test('an agent that a person started before anything was granted goes on; one whose grants end is stopped', async () => {
  const stopped: string[] = []
  let granted = false
  let session: Session | undefined = {} as Session
  const known = {
    id: 'kExecutor:fs',
    agent: {
      session: () => session,
      async stop(why: string) {
        stopped.push(why)
        session = undefined
      },
    },
  } as unknown as Known
  const own = action({ agent: 'kExecutor:fs', binds: SRV })
  let denial: Denial | undefined
  const looks = looking({
    agents: () => [known],
    startOf: async () => own,
    grantedUntil: () => (granted ? 1 : undefined),
    gates: { lost: async () => denial, ended: async () => {} },
  })
  await looks.now()
  granted = true
  await looks.now()
  expect(stopped).toEqual([])
  granted = false
  await looks.now()
  expect(stopped).toEqual([expect.stringContaining('that is over')])

  // One that was started with a yes is judged by the gates, whatever is granted.
  session = {} as Session
  looks.started(known, session, own)
  await looks.now()
  expect(stopped).toHaveLength(1)
  denial = denies('policy says no now', { gate: 'policy' })
  await looks.now()
  expect(stopped.at(-1)).toContain('policy says no now')
})

test('a command of the daemon ends when something that it may run by is taken back, and only that of the person meant', async () => {
  const command: BuiltIn = {
    id: 'kExecutor:command',
    purpose: 'waits until it is ended',
    tools: [
      { ...WORK, run: (_, { signal }) => new Promise((_, end) => signal.addEventListener('abort', end)) },
    ],
  }
  const { runtime } = await agentRig({ client: {} as MuscleClient, builtIns: [command] })
  const task = await begun(runtime, 'work', {}, { agent: command.id })
  await task.become('working')
  await runtime.revoked('kBridge:models')
  await runtime.revoked(command.id, { person: BOB })
  await task.become('working')
  await runtime.revoked(command.id)
  expect(lastWords(await task.become('canceled'))).toContain('was taken back')
})

describe('commands of the daemon', () => {
  /** Each waits until it is ended; its program is the one of its input. */
  const command: BuiltIn = {
    id: 'kExecutor:command',
    purpose: 'waits until it is ended',
    acts: ({ program }) => ({ argv: [String(program)], cwd: '/', binds: [], input: '' }),
    tools: [
      {
        name: 'exec',
        description: '',
        readOnly: false,
        takes: { program: { type: 'string', required: true } },
        run: (_, { signal }) =>
          new Promise((_, reject) => {
            if (signal.aborted) reject(signal.reason)
            signal.addEventListener('abort', reject)
          }),
      },
    ],
  }
  async function commands(gates: Gates) {
    const { runtime } = await agentRig({ client: {} as MuscleClient, builtIns: [command], gates })
    const run = (program: string) =>
      begun(runtime, 'exec', { program }, { agent: command.id, sessions: [TOOLS] })
    return { runtime, run }
  }

  test('end where they rest on the grant that is taken back, also while they wait, and otherwise go on', async () => {
    const all = await rig()
    const { runtime, run } = await commands(all.gates)
    const grant = (program: string) =>
      all.capabilities.grant({ subject: command.id, names: [`proc.exec:${program}`], by: 0 })
    const [one, two] = [await grant('one'), await grant('two')]
    all.capabilities.onRevoked((agent, capability) => void runtime.revoked(agent, { capability }))
    const [works, ends, waits] = [await run('one'), await run('two'), await run('two')]
    await waits.become('input-required')
    for (const task of [works, ends]) {
      const { approval } = await task.become('input-required')
      await yes(all, approval ?? '')
      await task.become('working')
    }
    await all.capabilities.revoke(two.id, 0)
    for (const [task, how] of [
      [ends, 'while it ran'],
      [waits, 'it did not run'],
    ] as const)
      expect(lastWords(await task.become('canceled'))).toContain(how)
    await runtime.look()
    await works.become('working')
    await all.capabilities.revoke(one.id, 0)
    await works.become('canceled')
  })

  test('do not begin where the grant is taken back while they are let through', async () => {
    const decided = Promise.withResolvers<void>()
    const { runtime, run } = await commands({
      ...ONLY_READS,
      judge: async () => waits({ by: ['a'] }),
      async settled() {
        await decided.promise
        return runs({ class: 'high', by: ['b'] })
      },
    })
    const task = await run('one')
    await task.become('input-required')
    await runtime.revoked(command.id, { capability: 'b' })
    await task.become('input-required')
    decided.resolve()
    expect(lastWords(await task.become('canceled'))).toContain('it did not run')
  })
})

const [here] = await providersHere()

describe.skipIf(here?.problem !== undefined)('in a real jail', () => {
  test('what may not go on is killed at once with its jail, and what rests on a grant goes with it', async () => {
    let denial: Denial | undefined
    let granted = true
    const gates: Gates = { ...ONLY_READS, lost: async () => denial }
    const { runtime, client } = await agentRig({ gates, grantedUntil: () => (granted ? 4e12 : undefined) })
    await runtime.add(actor(), wantedOf(serverDirectory()))
    expect(await done(runtime, 'echo')).toMatchObject({ state: 'completed' })
    const [first] = await client.list()
    const slow = await begun(runtime, 'slow')
    await slow.become('working')
    denial = NO
    await runtime.look()
    await slow.become('canceled')
    // A call that is merely cancelled is stopped by the agent, which lives on.
    expect((await client.list()).map(({ job }) => job)).not.toContain(first?.job)
    denial = undefined
    const isIt = (state: string) =>
      until(
        async () => {
          const now = await runtime.describe(actor(), 'fixture')
          return now.status.state === state && now
        },
        { what: `it is ${state}` },
      )
    expect((await isIt('running')).grantedUntil).toBe(4e12)
    granted = false
    await runtime.look()
    expect((await isIt('stopped')).grantedUntil).toBeNull()
    expect(await client.list()).toEqual([])
  })
})
