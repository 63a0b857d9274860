// Supervision and rights of agents in real jails: crashes, a lost Muscle, changed manifests, many at once, and whose they are.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { maskOf } from '../../../src/agents/runtime/mask.ts'
import { AFAR, afarId } from '../../../src/agents/tasks/afar.ts'
import type { Gates } from '../../../src/agents/types.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { contentAt } from '../../../src/muscle/contract/content.ts'
import { createAgentRepository } from '../../../src/store/tables/agents.ts'
import { ANN, actor, agentRig, BOB, done, ONLY_READS, said, wantedOf } from '../../support/agents/rig.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { providersHere } from '../../support/muscle/muscle.ts'
import { until } from '../../support/run/until.ts'

const [here] = await providersHere()
if (here?.problem !== undefined) console.warn(`jails are not tried: ${here.problem}`)

describe.skipIf(here?.problem !== undefined)('an agent', () => {
  test('that crashes is started again by itself, and no more after it crashed too often', async () => {
    const { runtime, client } = await agentRig()
    await runtime.add(actor(), wantedOf(serverDirectory()))
    const stateOf = async () => (await runtime.describe(actor(), 'fixture')).status
    await done(runtime, 'die')
    await until(async () => (await stateOf()).state === 'running', { what: 'it is back' })
    expect((await stateOf()).restarts).toBe(1)
    for (let n = 0; n < 4; n += 1) await done(runtime, 'die')
    await until(async () => (await stateOf()).state === 'failed', { what: 'it is given up' })
    expect((await stateOf()).detail).toContain('5 times within 10 minutes')
    const refused = await done(runtime, 'echo')
    expect(refused.events.at(-1)?.message).toContain('karo agent start fixture')
    expect(await client.list()).toEqual([])
    expect((await runtime.startAgent(actor(), 'fixture')).status.state).toBe('running')
  })

  test('is locked at once while the Muscle is not there, and runs again when it is back', async () => {
    const { runtime, client, lock } = await agentRig()
    const runs = () =>
      until(async () => (await runtime.list(actor()))[0]?.status.state === 'running', { what: 'it runs' })
    await runtime.add(actor(), wantedOf(serverDirectory()))
    lock('it is not there yet')
    await expect(runtime.startAgent(actor(), 'fixture')).rejects.toThrow()
    lock(undefined)
    await runs()
    lock('it was lost')
    expect((await runtime.list(actor()))[0]?.status).toMatchObject({ state: 'locked', detail: 'it was lost' })
    // The jail goes with the Muscle.
    for (const { job } of await client.list()) await client.cancel(job)
    await until(async () => (await client.list()).length === 0, { what: 'the jail is gone' })
    lock(undefined)
    await runs()
  })

  test('whose manifest was changed in the store does not start, at once or after a restart', async () => {
    const db = await temporaryDatabase()
    const { runtime, client } = await agentRig({ db })
    await runtime.add(actor(), wantedOf(serverDirectory()))
    expect(await done(runtime, 'echo')).toMatchObject({ state: 'completed' })
    await runtime.stopAgent(actor(), 'fixture')
    const repository = createAgentRepository(db)
    const [row] = await repository.manifests()
    if (row === undefined) throw new Error('no manifest')
    const bytes = Buffer.from((await repository.manifest(row.uid, row.id))!)
    bytes.write('XX', bytes.indexOf('server.mjs'))
    await repository.putManifest({ ...row, bytes })
    const task = await done(runtime, 'echo')
    expect(task.events.at(-1)?.message).toContain('not as this node signed it')
    const { runtime: next } = await agentRig({ db, client })
    expect(await next.list(actor())).toMatchObject([{ status: { state: 'refused' }, manifest: null }])
    await expect(next.startAgent(actor(), 'fixture')).rejects.toMatchObject({ code: 'refused' })
    expect(await client.list()).toEqual([])
    expect(await next.remove(actor(), 'fixture')).toMatchObject({ id: 'kExecutor:fixture' })
  })

  test('that was added under what is the id of a built-in agent now does not run, and nothing runs in its place', async () => {
    const db = await temporaryDatabase()
    const { runtime, client } = await agentRig({ db })
    const id = 'kMemory:notes'
    await createAgentRepository(db).putManifest({ uid: actor().person, id, bytes: new Uint8Array() })
    await runtime.stop()
    const { runtime: next } = await agentRig({ db, client })
    const [status] = (await next.list(actor())).map((one) => one.status)
    expect(status).toMatchObject({ state: 'refused', detail: expect.stringContaining('another name') })
    await expect(done(next, 'list_notes', {}, { agent: 'notes' })).rejects.toMatchObject({ code: 'refused' })
    expect(await next.remove(actor(), 'notes')).toMatchObject({ id })
  })

  test('runs beside nine others', async () => {
    const { runtime, client } = await agentRig()
    const directory = serverDirectory()
    const names = Array.from({ length: 10 }, (_, n) => `agent-${n}`)
    for (const name of names) await runtime.add(actor(), wantedOf(directory, [], { name }))
    const tasks = await Promise.all(names.map((agent) => done(runtime, 'echo', { text: agent }, { agent })))
    expect(await Promise.all(tasks.map((task) => said(runtime, task)))).toEqual(names)
    expect(await client.list()).toHaveLength(10)
    await runtime.stop()
    expect(await client.list()).toEqual([])
  })

  test('is its person’s: others neither see it nor give it tasks; administrators see and stop it', async () => {
    const { runtime, ledger } = await agentRig()
    await runtime.add(actor(), wantedOf(serverDirectory()))
    const bob = actor(BOB, false)
    expect(await runtime.list(bob)).toEqual([])
    for (const act of [
      () => runtime.describe(bob, 'fixture'),
      () => runtime.stopAgent(bob, 'fixture'),
      () => runtime.remove(bob, 'fixture'),
      () => runtime.startAgent(actor(BOB), 'fixture'),
      async () => runtime.logs(actor(BOB), 'fixture'),
      () => done(runtime, 'echo', {}, { person: BOB }),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'not_found' })
    expect(await runtime.list(actor(BOB))).toHaveLength(1)
    expect((await runtime.stopAgent(actor(BOB), 'fixture')).status.state).toBe('stopped')
    await expect(runtime.add(bob, wantedOf('/srv', [], { name: 'other' }))).rejects.toMatchObject({
      code: 'refused',
    })
    await expect(runtime.add(actor(BOB), wantedOf('/srv'))).rejects.toMatchObject({ code: 'conflict' })
    expect(ledger.map(({ details }) => details.change)).toEqual(['added'])
    await runtime.forget(ANN)
    expect(await runtime.list(actor())).toEqual([])
  })

  test('does what only reads, and nothing else while nobody can approve', async () => {
    const { runtime, client } = await agentRig()
    const directory = serverDirectory()
    await runtime.add(actor(), wantedOf(directory, [], { tools: ['echo', 'write'] }))
    expect(await done(runtime, 'echo')).toMatchObject({ state: 'completed' })
    const denied = await done(runtime, 'write')
    expect(denied).toMatchObject({ state: 'rejected' })
    expect(denied.events.at(-1)?.message).toContain('nobody can approve')
    expect(await done(runtime, 'fail')).toMatchObject({ state: 'rejected' })

    // What may write is not even started without a yes.
    const binds = wantedOf(directory).binds.map((bind) => ({ ...bind, write: bind.path === directory }))
    await runtime.add(actor(), wantedOf(directory, [], { name: 'writer', binds }))
    await expect(runtime.startAgent(actor(), 'writer')).rejects.toMatchObject({ code: 'refused' })
    expect(await done(runtime, 'echo', {}, { agent: 'writer' })).toMatchObject({ state: 'rejected' })
    // Nor is what holds secrets.
    const secrets = [{ variable: 'TOKEN', secret: 'token' }]
    await runtime.add(actor(), wantedOf(directory, [], { name: 'holder', secrets }))
    await expect(runtime.startAgent(actor(), 'holder')).rejects.toThrow('is not started')
    expect(await done(runtime, 'echo', {}, { agent: 'holder' })).toMatchObject({ state: 'rejected' })
    expect(await client.list()).toHaveLength(1)
  })

  test('is not started for somebody whom the gates refuse', async () => {
    const no = {
      outcome: 'deny',
      class: 'low',
      gate: 'capability',
      reason: 'it was granted nothing',
    } as const
    const gates: Gates = {
      ...ONLY_READS,
      refuses: async () => no,
      judge: async () => no,
      settled: async () => no,
    }
    const { runtime, client } = await agentRig({ gates })
    await runtime.add(actor(), wantedOf(serverDirectory()))
    const refused = await done(runtime, 'echo')
    expect(refused).toMatchObject({ state: 'rejected' })
    expect(refused.events.at(-1)?.message).toBe('it was granted nothing')
    expect(await client.list()).toEqual([])
    expect((await runtime.describe(actor(), 'fixture')).status.state).toBe('stopped')
  })

  test('that holds secrets is not started, tasked, or read from another machine', async () => {
    const yes: Gates = {
      ...ONLY_READS,
      refuses: async () => undefined,
      judge: async () => ({ outcome: 'run', hash: '', class: 'green', reason: '', by: [], code: [] }),
      settled: () => Promise.reject(new Error('never')),
    }
    const { runtime } = await agentRig({ gates: yes })
    const secrets = [{ variable: 'TOKEN', secret: 'token' }]
    await runtime.add(actor(), wantedOf(serverDirectory(), [], { secrets }))
    const by = { node: 'kn1elsewhere' }
    const visitor = { ...actor(AFAR), by }
    const words = 'kExecutor:fixture holds secrets of a person of that machine, and is used there alone'
    await expect(runtime.startAgent(visitor, 'fixture')).rejects.toThrow(words)
    await expect(runtime.logs(visitor, 'fixture')).rejects.toThrow(words)
    await runtime.startAgent(actor(), 'fixture')
    const task = await done(runtime, 'echo', {}, { person: AFAR, id: afarId(by, 'one'), by })
    expect(task).toMatchObject({ state: 'rejected' })
    expect(task.events.at(-1)?.message).toBe(words)
    expect(await done(runtime, 'echo', { text: 'mine' })).toMatchObject({ state: 'completed' })
  })

  test('may repeat a secret, which is stored and shown masked, however it is written', async () => {
    const yes: Gates = {
      ...ONLY_READS,
      judge: async () => ({ outcome: 'run', hash: '', class: 'green', reason: '', by: [], code: [] }),
    }
    const secret = 'k\u00f6nig "7"/\\+a&b'
    const { runtime, db } = await agentRig({
      gates: yes,
      secrets: async () => [{ name: 'TOKEN', bytes: Buffer.from(secret) }],
      // Nobody gave this one to it.
      mask: () => maskOf([{ name: 'other', bytes: Buffer.from('found in a file') }]),
    })
    const secrets = [{ variable: 'TOKEN', secret: 'token' }]
    await runtime.add(actor(), wantedOf(serverDirectory(), [], { secrets }))
    await runtime.startAgent(actor(), 'fixture')
    const task = await done(runtime, 'echo', { secret: true })
    expect(task).toMatchObject({ state: 'completed' })
    const result = await runtime.tasks.result(ANN, task.id)
    expect(JSON.parse(result ?? '')).toMatchObject({
      structuredContent: { '[secret TOKEN]': ['[secret TOKEN]'] },
    })
    const other = await done(runtime, 'echo', { text: 'found in a file' })
    expect(await runtime.tasks.result(ANN, other.id)).toContain('[secret other]')
    const failed = await done(runtime, 'echo', { secret: true, fails: true })
    const { lines } = await until(
      async () => {
        const log = await runtime.logs(actor(), 'fixture')
        return log.lines.length >= 4 && log
      },
      { what: 'all that it wrote is in its log' },
    )
    const rows = await db.iterator({ keyEncoding: 'buffer', valueEncoding: 'buffer' } as never).all()
    const everything = [
      result,
      JSON.stringify([task, failed, lines]),
      ...rows.map(([key, value]) => `${key as unknown} ${value as unknown}`),
    ].join('\n')
    expect(everything).toContain('[secret TOKEN]')
    const written = [
      secret,
      'nig "7"',
      'nig \\"7',
      'nig%20',
      'nig+%22',
      Buffer.from(secret).toString('base64').slice(2, -4),
      Buffer.from(`user:${secret}`).toString('base64').slice(8, -4),
      Buffer.from(secret).toString('hex').slice(0, 8),
    ]
    for (const form of written) expect(everything).not.toContain(form)
  })

  test('tells another machine nothing of its places when it does not start', async () => {
    const { runtime } = await agentRig()
    const directory = serverDirectory()
    const binds = [...wantedOf(directory).binds, { path: '/srv/gone-for-good', write: false }]
    await runtime.add(actor(), wantedOf(directory, [], { binds }))
    const by = { node: 'kn1elsewhere' }
    const own = await done(runtime, 'echo')
    expect(own.events.at(-1)?.message).toContain('gone-for-good')
    const afar = await done(runtime, 'echo', {}, { person: AFAR, id: afarId(by, 'one'), by })
    expect(afar.events.at(-1)?.message).toBe('it did not run: the log of that machine says why')
    const refused = await runtime.startAgent({ ...actor(AFAR), by }, 'fixture').catch((error: Error) => error)
    expect(refused).toBeInstanceOf(KaroError)
    expect(String(refused)).not.toContain('gone-for-good')
  })

  test('ends with what it may run by, also while it starts, and only that of the person meant', async () => {
    const { runtime, client } = await agentRig()
    await runtime.add(actor(), wantedOf(serverDirectory()))
    await runtime.startAgent(actor(), 'fixture')
    await runtime.revoked('kExecutor:fixture', { person: BOB })
    expect((await runtime.describe(actor(), 'fixture')).status.state).toBe('running')
    await runtime.revoked('kExecutor:fixture', { person: ANN })
    expect((await runtime.describe(actor(), 'fixture')).status.state).toBe('stopped')
    const start = runtime.startAgent(actor(), 'fixture')
    const outcome = expect(start).rejects.toThrow('stopped meanwhile')
    await until(async () => (await runtime.describe(actor(), 'fixture')).status.state === 'starting', {
      what: 'it starts',
    })
    await runtime.revoked('kExecutor:fixture')
    await outcome
    expect((await runtime.describe(actor(), 'fixture')).status.state).toBe('stopped')
    expect(await client.list()).toEqual([])
  })

  test('waits for the approval of a person, and then does exactly what was approved, or nothing', async () => {
    const asked: string[] = []
    let answer: 'run' | 'deny' = 'run'
    const settle = Promise.withResolvers<void>()
    const gates: Gates = {
      ...ONLY_READS,
      refuses: async () => undefined,
      judge: async () => ({
        outcome: 'wait',
        class: 'high',
        approval: 'a-1',
        reason: 'it may change things',
        by: [],
      }),
      async settled(_approval, { input, argv }) {
        asked.push(input, argv[0] ?? '')
        await settle.promise
        return answer === 'run'
          ? { outcome: 'run', hash: '', class: 'high', reason: 'approved', by: [], code: [] }
          : { outcome: 'deny', class: 'high', gate: 'approval', reason: 'a person said no' }
      },
    }
    const { runtime } = await agentRig({ gates })
    await runtime.add(actor(), wantedOf(serverDirectory()))
    const request = { person: ANN, agent: 'fixture', tool: 'write', input: { b: 1, a: 2 }, why: '' }
    const { id } = await runtime.run({ ...request, traceId: actor().traceId })
    await until(async () => (await runtime.tasks.get(ANN, id)).state === 'input-required', { what: 'asked' })
    expect(await runtime.tasks.get(ANN, id)).toMatchObject({ approval: 'a-1' })
    settle.resolve()
    expect(
      await until(
        async () => {
          const task = await runtime.tasks.get(ANN, id)
          return task.endedAt !== null && task
        },
        { what: 'done' },
      ),
    ).toMatchObject({ state: 'completed' })
    expect(asked[0]).toBe('{"a":2,"b":1}')
    answer = 'deny'
    expect(await done(runtime, 'write')).toMatchObject({ state: 'rejected' })
  })

  test('an agent does not start by other code than was let through, and is judged anew with both', async () => {
    const directory = serverDirectory()
    const path = join(directory, 'server.mjs')
    const now = [{ path, ...(await contentAt(path)) }]
    const before = [{ path, bytes: 1, hash: 'f'.repeat(64) }]
    const asked: unknown[] = []
    const gates: Gates = {
      ...ONLY_READS,
      async judge(action, was) {
        if (action.operation !== 'start') return ONLY_READS.judge(action)
        asked.push(was)
        const code = asked.length === 1 ? before : now
        return { outcome: 'run', hash: '', class: 'low', reason: '', by: [], code }
      },
    }
    const { runtime } = await agentRig({ gates })
    const binds = [...wantedOf(directory).binds, { path: serverDirectory(), write: true }]
    await runtime.add(actor(), wantedOf(directory, [], { binds }))
    expect(await runtime.startAgent(actor(), 'fixture')).toMatchObject({ status: { state: 'running' } })
    expect(asked).toEqual([undefined, before])
  })
})
