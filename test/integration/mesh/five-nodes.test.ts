// Five machines with real daemons, each on its own network: one task through three of them, cut networks, and kill -9 of everything in the middle of a task or of a transfer.

import { randomBytes } from 'node:crypto'
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  AgentListShape,
  AgentShape,
  ApprovalShape,
  ArtifactFetchLineShape,
  TaskLineShape,
} from '../../../src/api/contract/shapes.ts'
import { isThere, processOf } from '../../../src/muscle/jail/process.ts'
import { type Company, ledgerOf, linesOf, startCompany } from '../../support/agents/company.ts'
import { freshMark, marked, muscleOf, providersHere } from '../../support/muscle/muscle.ts'
import { callDaemon, streamDaemon } from '../../support/node/call-daemon.ts'
import { canNamespaces, canSlow } from '../../support/node/lan.ts'
import { temporaryHome } from '../../support/node/node.ts'
import { childrenOf, descendantsOf, wordsOf } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'
import type { ArtifactListShape, ArtifactStoredShape, TaskListShape } from '../../support/shapes.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const [here] = await providersHere()
if (here?.problem !== undefined) console.warn(`jails are not tried: ${here.problem}`)
const spaces = canNamespaces()
if (!spaces.ok) console.warn(`no network is cut: ${spaces.reason}`)

const PIECE = 64 * 1024
const PIECES = 128
/** A piece a second: two minutes before all of it is over, for what is to happen in the middle. */
const SLOW_KBITS = (8 * PIECE) / 1000
/** What is told of a task that counts to two. */
const COUNTED = [
  [1, 'submitted'],
  [2, 'working'],
  [3, 1],
  [4, 2],
  [5, 'completed'],
]
const told = ({ seq, state, progress }: TaskLineShape) => [seq, progress?.done ?? state]
/** Without the lines that only say whether the other machine is reached. */
const eventsOf = ({ lines }: { readonly lines: readonly TaskLineShape[] }) =>
  lines.filter(({ away }) => away === undefined)
const STORE = 4
const DESK = 1

describe.skipIf(here?.problem !== undefined)('five machines', () => {
  let company: Company<'hq' | 'desk' | 'office' | 'build' | 'store'>
  /** `hq` certifies; ada sits at `desk`, bob at `office`; `build` has the agents, and `store` a file. */
  let at: typeof company.at
  let ada: string
  const run: typeof company.run = (...given) => company.run(...given)
  const socketOf = (name: keyof typeof at) => ({ socket: join(at[name].home, 'karo.sock') })
  /** The task as its own machine shows it. */
  const shownThere = async (trace: string) =>
    (await at.build.json<TaskListShape>(['task', 'list'])).tasks.find(({ trace_id }) => trace_id === trace)

  beforeAll(async () => {
    company = await startCompany(['hq', 'desk', 'office', 'build', 'store'], {
      apart: true,
      config: '[mesh]\nping_seconds = 5\n',
    })
    at = company.at
    ada = await company.issue('ada', '--role', 'admin', '--team', 'eng')
    const bob = await company.issue('bob', '--role', 'admin', '--team', 'eng')
    await company.logIn('desk', ada, '--agents')
    await company.logIn('office', bob, '--agents')
    await company.addAgent('tools')
  })

  test('a task is given at one, approved at another, and runs at a third: these three have its trace, and the others know nothing', async () => {
    const started = await at.desk.json<AgentShape>(['agent', 'start', 'tools', '--at', 'build'])
    expect(started).toMatchObject({ state: 'running' })
    expect(await run('write', {}, '--id', 'job-w')).toMatchObject({ code: 4 })
    const { approval, trace_id } = await company.show('job-w')
    const id = approval ?? ''
    const { hash } = await at.office.json<ApprovalShape>(['approvals', 'show', id, '--at', 'build'])
    const yes = inTerminal(['approvals', 'approve', id, '--yes', hash, '--at', 'build'], at.office.home)
    expect(await yes.ended(), yes.shown()).toBe(0)
    const followed = await at.desk.karo(['task', 'follow', 'job-w', '--at', 'build', '--json'])
    expect(linesOf(followed.stdout).at(-1)).toMatchObject({ state: 'completed', final: true })

    const traces = async (name: keyof typeof at) =>
      (await ledgerOf(at[name])).filter((entry) => entry.trace_id === trace_id).map(({ type }) => type)
    expect(new Set(await traces('desk'))).toEqual(new Set(['agent_asked']))
    expect(new Set(await traces('office'))).toEqual(new Set(['agent_asked']))
    expect(await traces('build')).toEqual(
      expect.arrayContaining(['agent_requested', 'approval_decided', 'agent_gate']),
    )
    for (const name of ['hq', 'store'] as const) {
      expect(await traces(name), name).toEqual([])
      expect(at[name].log(), name).not.toContain(trace_id)
    }
  })

  test.skipIf(!spaces.ok)(
    'a network is cut while a task runs, and heals: its output is complete, in order, and once',
    async () => {
      const gates = ['away', 'back'].map((name) => join(company.server, name))
      const running = run('count', { steps: 2, gates }, '--id', 'job-n')
      await company.reaches('job-n', ({ events }) => events.some(({ progress }) => progress?.done === 1))
      const { trace_id } = await company.show('job-n')
      company.lan?.split([DESK])
      await until(async () => (await at.build.status()).mesh.peers_connected === 3, {
        what: 'the connection is given up',
      })
      writeFileSync(gates[0] as string, '')
      // It goes on where nobody hears it.
      await until(async () => (await shownThere(trace_id))?.seq === 4, {
        what: 'it has done its second step',
      })
      company.lan?.heal()
      await company.linked()
      writeFileSync(gates[1] as string, '')
      const ran = await running
      expect(ran.code, ran.stderr).toBe(0)
      expect(eventsOf(ran).map(told)).toEqual(COUNTED)
      const gated = (await ledgerOf(at.build, 'agent_gate')).filter((entry) => entry.trace_id === trace_id)
      expect(gated).toHaveLength(1)
    },
  )

  const isAgent = (pid: number): boolean => {
    const [program, script] = wordsOf(pid)
    return program === realpathSync(process.execPath) && script === join(company.server, 'server.mjs')
  }
  /** A call that is never answered, with a process beside the agent, both of them found from outside. */
  async function begin(id: string) {
    const mark = freshMark()
    const stuck = run('get_stuck', { mark }, '--id', id)
    await until(() => marked(mark).length === 1, { what: `${id} runs` })
    const found = await until(
      () => {
        const muscle = muscleOf(at.build)
        const agent = descendantsOf(muscle).find(isAgent)
        const keeper = childrenOf(muscle).find((child) => descendantsOf(child).some(isAgent))
        if (agent === undefined || keeper === undefined) return undefined
        return { muscle, agent, keeper, jail: [keeper, ...descendantsOf(keeper)].map(processOf) }
      },
      { what: `the jail of ${id} is found` },
    )
    // The keepers, the agent, and its child.
    expect(found.jail.length).toBeGreaterThan(3)
    const { trace_id } = await company.show(id)
    return { ...found, id, mark, stuck, trace: trace_id }
  }
  /** Afterwards nothing is left, both machines say the same, and the same id does not run again. */
  async function isHonest({ id, mark, stuck, jail, trace }: Awaited<ReturnType<typeof begin>>) {
    const last = (await stuck).lines.at(-1)
    expect(last).toMatchObject({ state: 'failed', final: true, seq: 3 })
    expect(last?.message).toContain('how far it came is not known')
    await until(() => !jail.some(isThere) && marked(mark).length === 0, { what: 'the jail is gone' })
    const { state, events } = await company.show(id)
    expect([state, events.at(-1)?.message]).toEqual(['failed', last?.message])
    expect(await shownThere(trace)).toMatchObject({ state: 'failed', seq: 3 })
    expect((await run('get_stuck', { mark }, '--id', id)).lines.at(-1)).toEqual(last)
    expect(marked(mark)).toEqual([])
    const gated = (await ledgerOf(at.build, 'agent_gate')).filter((entry) => entry.trace_id === trace)
    expect(gated).toHaveLength(1)
  }

  test.each(['agent', 'keeper', 'muscle'] as const)(
    'kill -9 of the %s ends the jail, and both machines say what became of the task',
    async (which) => {
      const begun = await begin(`job-${which}`)
      process.kill(begun[which], 'SIGKILL')
      await isHonest(begun)
      // It comes back by itself.
      await until(
        async () => {
          const { agents } = await at.build.json<AgentListShape>(['agent', 'list'])
          return agents.find(({ name }) => name === 'tools')?.state === 'running'
        },
        { what: 'the agent is back' },
      )
    },
  )

  test('kill -9 of the daemon at the runner leaves no process, and at the asker neither loses nor doubles anything', async () => {
    const begun = await begin('job-brain')
    await at.build.kill9()
    await until(() => !isThere(processOf(begun.muscle)) && marked(begun.mark).length === 0, {
      what: 'the jail is gone',
    })
    await company.restart('build')
    await isHonest(begun)

    const gates = ['asker', 'told'].map((name) => join(company.server, name))
    const before = run('count', { steps: 2, gates }, '--id', 'job-asker')
    await company.reaches('job-asker', ({ events }) => events.some(({ progress }) => progress?.done === 1))
    await at.desk.kill9()
    await company.restart('desk')
    await company.logIn('desk', ada, '--agents')
    const again = run('count', { steps: 2, gates }, '--id', 'job-asker')
    writeFileSync(gates[0] as string, '')
    // An answer that comes together with a step may overtake it.
    await company.reaches('job-asker', ({ events }) => events.some(({ progress }) => progress?.done === 2))
    writeFileSync(gates[1] as string, '')
    expect(eventsOf(await again).map(told)).toEqual(COUNTED)
    // The first command goes on too, where it is not refused before the login.
    const seqs = eventsOf(await before).map(({ seq }) => seq)
    expect(seqs).toEqual(Array.from(seqs, (_, i) => i + 1))
    const mark = freshMark()
    const stuck = run('get_stuck', { mark }, '--id', 'job-cancel')
    await until(() => marked(mark).length === 1, { what: 'it runs' })
    expect(await at.desk.karo(['task', 'cancel', 'job-cancel', '--at', 'build'])).toMatchObject({ code: 0 })
    expect((await stuck).lines.at(-1)).toMatchObject({ state: 'canceled', final: true })
    expect(marked(mark)).toEqual([])
  })

  test('what a limit of its jail ends says so on the machine that asked', async () => {
    const program = realpathSync(process.execPath)
    const made = inTerminal(['token', 'create', '--scope', 'approve'], at.build.home)
    expect(await made.ended(), made.shown()).toBe(0)
    await callDaemon(socketOf('build'), 'POST', '/api/v1/agents', {
      token: /karo_[\w-]+/.exec(made.shown())?.[0],
      name: 'short',
      class: 'kExecutor',
      argv: [program, `${company.server}/server.mjs`],
      cwd: company.server,
      limits: { cpu_seconds: 1 },
      tools: [],
      secrets: [],
      call_ms: 600_000,
      binds: [program, company.server].map((path) => ({ path, write: false })),
    })
    const words = ['task', 'run', 'short', 'get_busy', '{}', '--at', 'build', '--json']
    const last = linesOf((await at.desk.karo(words)).stdout).at(-1)
    expect(last).toMatchObject({ state: 'failed', final: true })
    expect(last?.message).toContain(
      'has ended (karo agent logs says more): it computed for 1 s, which is as long as it may',
    )
  })

  test.skipIf(!spaces.ok || !canSlow())(
    'a transfer that is cut, and loses either daemon, goes on with what is missing',
    async () => {
      const bytes = randomBytes(PIECES * PIECE)
      const path = join(temporaryHome(), 'file')
      writeFileSync(path, bytes)
      const { id } = await at.store.json<ArtifactStoredShape>(['artifact', 'put', path])
      await at.store.json(['artifact', 'share', id, '--to', 'hq'])
      company.lan?.slow(STORE, SLOW_KBITS)
      const lines = streamDaemon(socketOf('hq'), 'POST', '/api/v1/artifacts/fetch', { id, at: 'store' })
      let here = 0
      /** Resolves when so many more pieces have come. */
      const comes = async (pieces: number): Promise<void> => {
        for (const least = here + pieces * PIECE; here < least; ) {
          const { value, done } = await lines.next()
          expect(done, JSON.stringify(value)).toBe(false)
          const line = value as ArtifactFetchLineShape
          expect(line).toMatchObject({ artifact: null })
          here = Math.max(here, line.received)
        }
      }
      /** What it asked for, each time. */
      const asked = async () =>
        (await ledgerOf(at.store, 'artifact_read')).map(({ details }) => Number(details.pieces)).toReversed()
      /** What had arrived before may still be read: only a new question shows that the transfer goes on. */
      const asksAgain = async (times: number): Promise<void> =>
        void (await until(async () => (await asked()).length >= times, { what: `question ${times}` }))
      const isListed = async () =>
        (await at.hq.json<ArtifactListShape>(['artifact', 'list'])).artifacts.map((one) => one.id)

      await comes(2)
      company.lan?.split([STORE])
      await until(async () => (await at.hq.status()).mesh.peers_connected === 3, {
        what: 'the connection is given up',
      })
      expect(await isListed()).toEqual([])
      company.lan?.heal()
      await asksAgain(2)
      await comes(2)
      await at.store.kill9()
      await company.restart('store')
      await asksAgain(3)
      await comes(2)
      expect(await isListed()).toEqual([])
      await at.hq.kill9()
      await expect(comes(PIECES)).rejects.toThrow()
      await company.restart('hq')
      expect(await isListed()).toEqual([])
      company.lan?.slow(STORE, undefined)
      const out = `${path}-fetched`
      const got = await at.hq.karo(['artifact', 'get', id, '--at', 'store', '-o', out])
      expect(got, got.stderr).toMatchObject({ code: 0 })
      expect(readFileSync(out).equals(bytes)).toBe(true)
      expect(await isListed()).toEqual([id])
      const pieces = await asked()
      expect(pieces.length).toBeGreaterThan(3)
      expect(pieces[0]).toBe(PIECES)
      // Each time fewer by what had come, and had been told of, until then.
      for (const [i, one] of pieces.entries())
        expect(one, pieces.join()).toBeLessThanOrEqual(pieces[i - 1] ?? PIECES)
      expect(pieces.at(-1), pieces.join()).toBeLessThanOrEqual(PIECES - 6)
    },
  )
})
