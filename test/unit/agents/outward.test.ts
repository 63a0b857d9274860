// Built-in agents that reach beyond notes: one approved command in a real jail, a local model, and alerts that are raised unasked.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createAlerts } from '../../../src/agents/builtins/alerts.ts'
import { bridge, executor, type OutwardDeps } from '../../../src/agents/builtins/outward.ts'
import { tryChange, tryPlaces } from '../../../src/agents/manifest/tried.ts'
import type { MuscleClient } from '../../../src/agents/muscle/client.ts'
import type { Action, Gates } from '../../../src/agents/types.ts'
import { systemRandom, systemTimers } from '../../../src/base/clock.ts'
import { contentAt } from '../../../src/muscle/contract/content.ts'
import { ANN, agentRig, done, ONLY_READS, said, TRACE } from '../../support/agents/rig.ts'
import { muscleHere, providersHere, workDirectory } from '../../support/muscle/muscle.ts'
import { until } from '../../support/run/until.ts'

const [here] = await providersHere()
const AGENT = 'kExecutor:command'

const outward = (client: MuscleClient, over: Partial<OutwardDeps> = {}): OutwardDeps => ({
  muscle: { client: async () => client },
  timers: systemTimers,
  random: systemRandom,
  models: {
    count: () => 1,
    look: async () => [],
    chat: async () => ({ text: 'hello', by: '127.0.0.1:1', notes: [] }),
  },
  ...over,
})

describe.skipIf(here?.problem !== undefined)('kExecutor', () => {
  /** A runtime with the executor; its gates note what they were asked, and wait until `yes` is resolved. */
  async function commands() {
    const asked: Action[] = []
    const yes = Promise.withResolvers<void>()
    /** What it was compared with just before it began. */
    const begun: string[] = []
    const gates: Gates = {
      ...ONLY_READS,
      async lost(_action, _of, hash) {
        if (hash !== undefined) begun.push(hash)
        return undefined
      },
      async judge(action) {
        asked.push(action)
        return { outcome: 'wait', class: 'high', approval: 'a-1', reason: 'a person decides', by: [] }
      },
      async settled() {
        await yes.promise
        return { outcome: 'run', hash: 'content', class: 'high', reason: 'approved', by: [], code: [] }
      },
    }
    const { client } = await muscleHere()
    const { runtime } = await agentRig({ gates, client, builtIns: [executor(outward(client))] })
    const run = (input: object, id?: string) =>
      done(runtime, 'exec', { ...input }, { agent: AGENT, ...(id !== undefined && { id }) })
    return { runtime, client, asked, begun, yes, run }
  }

  test('what the user of jails cannot change is named when an agent is added, and on the card of a change', async () => {
    const { client } = await muscleHere()
    const path = workDirectory()
    for (const name of ['fixed', 'free', '.hidden']) writeFileSync(join(path, name), '')
    chmodSync(join(path, 'fixed'), 0o444)
    chmodSync(join(path, 'free'), 0o666)
    const binds = [{ path, write: true }]
    expect(await tryPlaces(outward(client), binds, TRACE)).toEqual([join(path, 'fixed')])
    const card = (name: string) => tryChange(outward(client), { binds, traceId: TRACE }, join(path, name))
    expect(await card('fixed')).toContain(`may not write ${join(path, 'fixed')}.`)
    expect(await Promise.all([card('free'), card('new')])).toEqual([undefined, undefined])
    // Who is to be let in has a number that can be typed; another user than the daemon's is that of the service.
    const [user, other] = [process.getuid?.() || 65_534, (process.getuid?.() ?? 0) + 1]
    const mine = join(path, 'mine')
    mkdirSync(mine, { mode: 0o555 })
    for (const [owner, uid] of [
      [client.owner, user],
      [other, other],
    ] as const) {
      const refused = tryPlaces(outward({ ...client, owner }), [{ path: mine, write: true }], TRACE)
      const inService =
        uid === other
          ? `; if it is let in already, ReadWritePaths=${mine} under [Service]: systemctl edit karo-exec`
          : ''
      await expect(refused).rejects.toMatchObject({
        message: `the agent could not write ${mine}: jails run as user ${uid}, who may not`,
        hint: `Let that user in:  setfacl -R -m u:${uid}:rwX ${mine}  (and x on the directories above)${inService}`,
      })
    }
    if (process.getuid?.() !== 0) return
    const above = join(path, 'home')
    mkdirSync(join(above, 'notes'), { recursive: true })
    chmodSync(above, 0o700)
    const closed = tryPlaces(outward(client), [{ path: join(above, 'notes'), write: false }], TRACE)
    await expect(closed).rejects.toThrow(`may not pass through ${above}`)
  })

  test('runs what was approved, to the word, and nothing before that', async () => {
    const { runtime, client, asked, begun, yes, run } = await commands()
    const directory = workDirectory()
    writeFileSync(join(directory, 'given'), 'given')
    const argv = ['/bin/sh', '-c', 'cat; echo "$1"; cat given; echo oops >&2; exit 3', 'sh', '$(id); rm']
    const over = run({ argv, cwd: directory, read: [directory], stdin: 'typed\n' }, 'one')
    await until(async () => (await runtime.tasks.list(ANN)).some(({ state }) => state === 'input-required'), {
      what: 'it waits for a yes',
    })
    expect(await client.list()).toEqual([])
    expect(asked).toMatchObject([
      { tool: 'exec', argv, cwd: directory, binds: [{ path: directory, write: false }], input: 'typed\n' },
    ])
    yes.resolve()
    const task = await over
    expect(task).toMatchObject({ state: 'failed' })
    expect(begun).toEqual(['content'])
    expect(JSON.parse(await said(runtime, task))).toEqual({
      exit_code: 3,
      signal: null,
      ended: 'exited',
      dropped_bytes: 0,
      stdout: 'typed\n$(id); rm\ngiven',
      stderr: 'oops\n',
    })
    expect((await run({ argv: ['/bin/true'] })).state).toBe('completed')
  })

  test('does not run a script that was replaced after the last look, and asks again with what was let through', async () => {
    const { client } = await muscleHere()
    const directory = workDirectory()
    const path = join(directory, 'run.sh')
    writeFileSync(path, 'echo one')
    const was = [{ path, ...(await contentAt(path)) }]
    writeFileSync(path, 'echo two')
    const now = [{ path, ...(await contentAt(path)) }]
    const asked: unknown[] = []
    const through = (code: typeof was) =>
      ({ outcome: 'run', class: 'high', hash: code[0]?.hash ?? '', code, reason: '', by: [] }) as const
    let looks = 0
    const gates: Gates = {
      ...ONLY_READS,
      async judge(_action, before) {
        asked.push(before)
        return asked.length < 3 ? through(was) : through(now)
      },
      // Once the daemon sees it, and once the Muscle does.
      async lost(_action, of, hash) {
        looks += 1
        if (hash === undefined || asked.length !== 1) return undefined
        return { outcome: 'deny', class: of ?? 'high', gate: 'approval', reason: 'it changed', changed: true }
      },
    }
    const { runtime } = await agentRig({ gates, client, builtIns: [executor(outward(client))] })
    const task = await done(
      runtime,
      'exec',
      { argv: ['sh', 'run.sh'], cwd: directory, read: [directory] },
      { agent: AGENT },
    )
    expect(task).toMatchObject({ state: 'completed' })
    expect(JSON.parse(await said(runtime, task))).toMatchObject({ stdout: 'two\n' })
    expect(asked).toEqual([undefined, was, was])
    expect(looks).toBeGreaterThan(2)
  })

  test('is killed when it is cancelled, or its time is over, and keeps the beginning of what it wrote', async () => {
    const { runtime, client, yes, run } = await commands()
    yes.resolve()
    const { id } = await runtime.run({
      person: ANN,
      agent: AGENT,
      tool: 'exec',
      why: '',
      traceId: TRACE,
      input: { argv: ['/bin/sleep', '1000'] },
    })
    await until(async () => (await client.list()).length === 1, { what: 'it runs' })
    expect(await runtime.tasks.cancel(ANN, id)).toMatchObject({ state: 'canceled' })
    expect(await client.list()).toEqual([])
    const late = await run({ argv: ['/bin/sleep', '1000'], seconds: 1 })
    expect(JSON.parse(await said(runtime, late))).toMatchObject({ ended: 'wall_time' })
    const long = await run({ argv: ['/usr/bin/head', '-c', '200000', '/dev/zero'] })
    expect(JSON.parse(await said(runtime, long))).toMatchObject({ exit_code: 0, dropped_bytes: 167_232 })
  })

  test.each([
    [{ argv: [] }, 'argv has to name a program'],
    [{ argv: 'ls -l' }, 'argv has to be an array'],
    [{ argv: ['ls', 1] }, 'argv has to be a list'],
    [{ argv: ['ls'], cwd: 'here' }, 'cwd has to be an absolute path'],
    [{ argv: ['ls'], read: ['a\0b'] }, 'read has to be a list'],
    [{ argv: ['ls'], reads: ['/'] }, "takes no 'reads'"],
    [{ argv: ['ls'], seconds: 99_999 }, 'seconds has to be'],
  ])('asks nobody about %j', async (input, why) => {
    const { asked, run } = await commands()
    const task = await run(input)
    expect(task).toMatchObject({ state: 'failed' })
    expect(task.events.at(-1)?.message).toContain(why)
    expect(asked).toEqual([])
  })
})

test.each(['here', '/srv/app/../incoming', '/srv/./app', '/srv//app'])('a command in %s is none', (cwd) => {
  const { acts } = executor(outward({} as MuscleClient))
  expect(() => acts?.({ argv: ['ls'], cwd })).toThrow('cwd has to be an absolute path')
  expect(acts?.({ argv: ['ls'], cwd: '/srv/app' })).toMatchObject({ cwd: '/srv/app' })
})

test('kBridge asks a model at an address of loopback alone', async () => {
  const reached: unknown[] = []
  const models: OutwardDeps['models'] = {
    count: () => 1,
    look: async () => [{ name: '127.0.0.1:1', state: 'up' }],
    async chat(body, _, reach) {
      reached.push(reach, JSON.parse(body('tiny')))
      return { text: 'hello', by: '127.0.0.1:1', notes: [] }
    },
  }
  const { tools } = bridge(outward({} as MuscleClient, { models }))
  const whose = { person: ANN, signal: new AbortController().signal, traceId: TRACE, code: [] }
  const query = tools.find(({ name }) => name === 'query_model')
  expect(await query?.run({ prompt: 'hi' }, whose)).toMatchObject({ text: 'hello' })
  expect(reached).toEqual([
    'loopback',
    expect.objectContaining({ model: 'tiny', messages: [{ role: 'user', content: 'hi' }] }),
  ])
  expect(() => query?.run({ prompt: 'x'.repeat(12_001) }, whose)).toThrow('12000')
})

test('alerts are of their person, once a minute, for a day, and bounded', () => {
  let now = 1_800_000_000_000
  const alerts = createAlerts({ now: () => now })
  const told: number[] = []
  alerts.onRaised((person) => void told.push(person))
  const alert = { what: 'refused', agent: 'kExecutor:x', reason: 'policy: no' } as const
  for (let n = 0; n < 5; n += 1) alerts.raise(ANN, alert)
  expect(told).toEqual([ANN])
  expect(alerts.of(ANN)).toMatchObject([alert])
  expect(alerts.of(ANN + 1)).toEqual([])
  now += 61_000
  alerts.raise(ANN, alert)
  expect(told).toHaveLength(2)
  for (let n = 0; n < 200; n += 1) alerts.raise(ANN, { ...alert, reason: `${n}` })
  expect(alerts.of(ANN)).toHaveLength(100)
  now += 86_400_001
  expect(alerts.of(ANN)).toEqual([])
})
