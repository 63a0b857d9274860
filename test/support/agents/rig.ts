// A runtime of agents for tests: a real store, real jails by a Muscle of its own, and gates as the test wants them.
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createRuntime, type Runtime, type Task } from '../../../src/agents/index.ts'
import type { Wanted } from '../../../src/agents/manifest/manifest.ts'
import { DEFAULT_CALL_MS, DEFAULT_LIMITS } from '../../../src/agents/manifest/words.ts'
import type { MuscleClient } from '../../../src/agents/muscle/client.ts'
import type { RuntimeDeps } from '../../../src/agents/runtime/runtime.ts'
import { type Afar, isFinal } from '../../../src/agents/tasks/types.ts'
import type { Gates, Verdict } from '../../../src/agents/types.ts'
import { systemClock, systemRandom, systemTimers, type Timers } from '../../../src/base/clock.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Database } from '../../../src/store/level/database.ts'
import { createAgentRepository } from '../../../src/store/tables/agents.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import { temporaryDatabase } from '../data/database.ts'
import { testIdentity } from '../mesh/identity.ts'
import { muscleHere } from '../muscle/muscle.ts'
import { until } from '../run/until.ts'

export const ANN = 1000
export const BOB = 1001
export const TRACE = '0af7651916cd43dd8448eb211c80319c'
const NODE = realpathSync(process.execPath)

/** The fixture as an agent; `way`: how it misbehaves. */
export function wantedOf(directory: string, way: readonly string[] = [], more: Partial<Wanted> = {}): Wanted {
  return {
    class: 'kExecutor',
    name: 'fixture',
    argv: [NODE, join(directory, 'server.mjs'), ...way],
    cwd: directory,
    tools: [],
    secrets: [],
    limits: DEFAULT_LIMITS,
    callMs: DEFAULT_CALL_MS,
    why: 'a test',
    binds: [
      { path: NODE, write: false },
      { path: directory, write: false },
    ],
    ...more,
  }
}

/** The longest wait before a further attempt to start, more than two seconds and less than five, is a moment; all others are as they are. */
const timers: Timers = {
  after: (ms, run) => systemTimers.after(ms > 2_000 && ms < 5_000 ? 20 : ms, run),
}

export interface AgentRig {
  readonly runtime: Runtime
  readonly db: Database
  readonly client: MuscleClient
  readonly ledger: AuditRecord[]
  /** What the runtime believes of the Muscle; the connection stays. */
  readonly lock: (reason: string | undefined) => void
}

export interface AgentOptions extends Partial<RuntimeDeps> {
  readonly db?: Database
  readonly client?: MuscleClient
}

export async function agentRig({ db: given, client: muscle, ...over }: AgentOptions = {}): Promise<AgentRig> {
  const db = given ?? (await temporaryDatabase())
  const client = muscle ?? (await muscleHere({ mostJails: 32 })).client
  const ledger: AuditRecord[] = []
  const record = async (entry: AuditRecord) => void ledger.push(entry)
  let locked: string | undefined
  const state = () =>
    locked === undefined
      ? ({ state: 'ready', detail: 'jails can be started' } as const)
      : ({ state: 'locked', detail: locked } as const)
  const runtime = createRuntime({
    repository: createAgentRepository(db),
    identity: testIdentity(1),
    record,
    insist: record,
    grantedUntil: () => Number.POSITIVE_INFINITY,
    clock: systemClock,
    timers,
    random: systemRandom,
    log: silentLog,
    muscle: {
      state,
      async client() {
        if (locked !== undefined) throw new KaroError('unavailable', locked)
        return client
      },
    },
    gates: ONLY_READS,
    grants: NO_GRANTS,
    secrets: async () => [],
    mask: () => undefined,
    keepLong: undefined,
    builtIns: [],
    endpoints: [],
    connect: [],
    // What is looked up, and judged, is another test's.
    addressOf: async (host) => host,
    ...over,
  })
  await runtime.start(new AbortController().signal)
  onTestFinished(() => runtime.stop())
  return { runtime, db, client, ledger, lock: (reason) => (locked = reason) }
}

/** As of agents that an earlier release added. */
const NO_GRANTS: RuntimeDeps['grants'] = {
  give: async () => {},
  pinOf: () => undefined,
  pin: async () => {},
  revokeAll: async () => {},
}

/** What gates say of an action, with what is else in it. */
export const runs = (more: Partial<Extract<Verdict, { outcome: 'run' }>> = {}) =>
  ({ outcome: 'run', hash: '', class: 'green', reason: '', by: [], code: [], ...more }) as const
export const waits = (more: Partial<Extract<Verdict, { outcome: 'wait' }>> = {}) =>
  ({ outcome: 'wait', class: 'high', approval: 'a-1', reason: 'a person decides', by: [], ...more }) as const
export const denies = (reason: string, more: Partial<Extract<Verdict, { outcome: 'deny' }>> = {}) =>
  ({ outcome: 'deny', class: 'critical', gate: 'approval', reason, ...more }) as const

/** Lets run what says that it only reads. */
export const ONLY_READS: Gates = {
  refuses: async () => undefined,
  judge: async ({ readOnly }) =>
    readOnly ? runs({ reason: 'it only reads' }) : denies('nobody can approve anything here'),
  settled: async () => denies('it never waits'),
  lost: async () => undefined,
  ended: async () => {},
}
/** Lets everything run, as it is judged elsewhere. */
export const OPEN: Gates = { ...ONLY_READS, judge: async () => runs(), settled: async () => runs() }

export const actor = (person = ANN, admin = true) => ({ person, admin, traceId: TRACE })

interface Asked {
  readonly id?: string
  readonly person?: number
  readonly agent?: string
  readonly by?: Afar
  readonly sessions?: readonly string[]
}
type Input = Readonly<Record<string, unknown>>

/** Gives the task, and waits for nothing but what it is told to wait for. */
export async function begun(runtime: Runtime, tool: string, input: Input = {}, more: Asked = {}) {
  const { person = ANN, agent = 'fixture', ...rest } = more
  const { id } = await runtime.run({ person, agent, tool, input, why: '', traceId: TRACE, ...rest })
  const when = (is: (task: Task) => boolean, what: string): Promise<Task> =>
    until(
      async () => {
        const task = await runtime.tasks.get(person, id)
        return is(task) && task
      },
      { what: `the task ${tool} is ${what}` },
    )
  return {
    id,
    when,
    become: (state: Task['state']) => when((task) => task.state === state, state),
    over: () => when(({ state }) => isFinal(state), 'over'),
    cancel: () => runtime.tasks.cancel(person, id),
  }
}

/** Gives the task and waits for its end. */
export const done = async (...given: Parameters<typeof begun>): Promise<Task> =>
  (await begun(...given)).over()

/** Its last words. */
export const lastWords = ({ events }: Task): string => events.at(-1)?.message ?? ''

/** What the tool said. */
export async function said(runtime: Runtime, { person, id }: Task): Promise<string> {
  const json = await runtime.tasks.result(person, id)
  if (json === undefined) return ''
  const { content } = JSON.parse(json) as { content: readonly { readonly text: string }[] }
  return content.map(({ text }) => text).join('')
}
