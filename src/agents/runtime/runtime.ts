// The runtime of agents: the room that has the agents of this node and their tasks, and lets nothing past the gates.
import type { NodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { Room } from '../../base/run/room.ts'
import { createSparing } from '../../base/sparing.ts'
import type { AgentRepository } from '../../store/tables/agents.ts'
import type { AuditRecord } from '../../trust/audit/index.ts'
import type { Identity } from '../../trust/identity/index.ts'
import type { BuiltIn } from '../builtins/agent.ts'
import { withBuiltIns } from '../builtins/registry.ts'
import { isBuiltIn } from '../builtins/words.ts'
import { type Manifest, needsPerson, type Wanted } from '../manifest/manifest.ts'
import { checkOutside, checkPlaces, checkProgram, isOutside } from '../manifest/wanted.ts'
import { createDrive, type DriveDeps } from '../tasks/drive.ts'
import { createTasks, TAKEN_BACK, type Taken, type Tasks } from '../tasks/tasks.ts'
import type { Task, TaskRequest, TaskState } from '../tasks/types.ts'
import { type Action, type Gates, LASTING } from '../types.ts'
import type { AgentDeps, AgentOf, AgentStatus } from './agent.ts'
import type { AgentLog } from './agent-log.ts'
import { type Actor, createControl, NO_TRACE } from './control.ts'
import { createLooks, type LooksDeps } from './looks.ts'
import type { Pins } from './offers.ts'
import { createRegistry, type Known } from './registry.ts'
import type { Tool } from './session.ts'

export interface RuntimeDeps extends Omit<AgentDeps, 'connected' | 'mayRestart' | 'onState'> {
  readonly repository: AgentRepository
  readonly identity: Identity
  /** See `DriveDeps`. */
  readonly keepLong: DriveDeps['keepLong']
  /** `agents.endpoints`: addresses of servers that may be agents outside of jails. */
  readonly endpoints: readonly string[]
  /** `agents.connect`: places of the network that agents may be added for. */
  readonly connect: readonly string[]
  /** Rejects with KaroError for a place that an agent could not use. */
  readonly tryPlaces?: (binds: Manifest['binds'], traceId: string) => Promise<readonly string[]>
  /** Agents that are part of the daemon. */
  readonly builtIns: readonly BuiltIn[]
  readonly gates: Gates
  readonly record: (entry: AuditRecord) => Promise<void>
  /** As `record`, and rejects where the ledger does not take it. */
  readonly insist: (entry: AuditRecord) => Promise<void>
  readonly grantedUntil: LooksDeps['grantedUntil']
  readonly grants: Pins & {
    /** Grants what the manifest names until it is revoked, for what it runs now. `start`: its start. Rejects with KaroError. */
    give(manifest: Manifest, start: Action, actor: Actor): Promise<void>
    /** Takes back every capability of the agent; `by`: number of the person. */
    revokeAll(agent: string, by: number): Promise<void>
  }
}

/** An agent as it is now. */
export interface AgentView {
  readonly id: string
  readonly name: string
  readonly person: number
  readonly status: AgentStatus
  /** Null: its manifest differs from the signed one. */
  readonly manifest: Manifest | null
  /** What it offers; null while it does not run. */
  readonly offers: readonly Tool[] | null
  /** What it calls itself; null while it does not run. */
  readonly server: string | null
  /** When it is stopped unless its places are granted again, in milliseconds since the epoch; null: it does not run, or not by a grant. */
  readonly grantedUntil: number | null
  /** Some of what lies in its places to be written and its jail cannot change, when it was added. */
  readonly cannotChange?: readonly string[] | undefined
}

export interface Runtime extends Room {
  /** See `Registry.add`. Also rejects with `refused` while agents are off, or where only administrators may give places of the machine. */
  add(actor: Actor, wanted: Wanted): Promise<AgentView>
  /** Only built-in agents run. */
  areOff(): boolean
  /** Those of the actor; of everybody for administrators. */
  list(actor: Actor): Promise<readonly AgentView[]>
  /** KaroErrors, as the others with `which`: `not_found`. */
  describe(actor: Actor, which: string): Promise<AgentView>
  remove(actor: Actor, which: string): Promise<AgentView>
  /** Also after it crashed too often. Rejects as `Agent.start` does, and with `refused` where the gates do not let it start. */
  startAgent(actor: Actor, which: string): Promise<AgentView>
  stopAgent(actor: Actor, which: string): Promise<AgentView>
  /** Only the person who added the agent reads what it writes; another machine as far as the gates let it. */
  logs(actor: Actor, which: string): Promise<ReturnType<AgentLog['read']>>
  /** See `Tasks.run`; `not_found` without the agent. */
  run(request: TaskRequest): Promise<Task>
  readonly tasks: Pick<Tasks, 'list' | 'get' | 'result' | 'cancel' | 'ended' | 'onEvent'>
  /** The state of each agent and of each task under way, of everybody. */
  states(): { readonly agents: readonly AgentStatus['state'][]; readonly tasks: readonly TaskState[] }
  onAgent(listener: (agent: AgentOf, status: AgentStatus) => void): () => void
  /**
   * Ends the agent if it runs or is about to, as something that it may run by was taken back; of a built-in agent the tasks that rest on
   * it. With a `person` only the agent of that one.
   */
  revoked(agent: string, taken?: Taken): Promise<void>
  /** Something changed by which an agent runs or a task is under way: what may not go on is ended when it resolves. */
  look(): Promise<void>
  /** Ends and forgets what this person has; the rows are the caller's to remove. */
  forget(person: number): Promise<void>
}

export function createRuntime(deps: RuntimeDeps): Runtime {
  const { muscle, gates, record } = deps
  const states = createListeners<[AgentOf, AgentStatus]>()
  const registry = withBuiltIns(
    createRegistry({
      ...deps,
      connected: createConnected(deps),
      mayRestart: (of) => mayRestart(of),
      onState(of, status) {
        states.tell(of, status)
        if (status.state === 'running') void looks.now()
      },
    }),
    deps.builtIns,
    deps.mask,
  )
  const control = createControl(deps)
  const { asked, begin, judged, toldTo, manifestFor, mayStart, mayRestart } = control
  const looks = createLooks({
    ...deps,
    agents: registry.all,
    startOf: async (known) =>
      asked(await known.manifest(), 'start', { person: known.person, admin: false, traceId: NO_TRACE }),
  })
  const tasks = createTasks({
    ...deps,
    drive: createDrive({ ...deps, registry, control, looks }),
  })

  const find = ({ person, admin }: Actor, which: string): Known =>
    registry.find(which, admin && !isBuiltIn(which) ? undefined : person)

  async function viewOf(known: Known): Promise<AgentView> {
    const { id, name, person, agent } = known
    const manifest = await known.manifest().catch(() => null)
    // Read after what is waited for, so that it fits the status below.
    const session = agent.session()
    const until = session && manifest ? deps.grantedUntil({ ...manifest, agent: id }) : undefined
    return {
      id,
      name,
      person,
      status: agent.status(),
      manifest,
      grantedUntil: until !== undefined && until < LASTING ? until : null,
      offers: session?.tools ?? null,
      server: session?.server ?? null,
    }
  }

  const entryOf = (
    change: string,
    { id, person }: Known,
    { person: by, by: afar, traceId }: Actor,
  ): AuditRecord => ({
    type: 'agent_changed',
    success: true,
    trace_id: traceId,
    peer: afar?.node as NodeId | undefined,
    details: {
      uid: person,
      change,
      agent: id,
      by: afar === undefined && by !== person ? by : undefined,
      operator: afar?.operator,
    },
  })
  const agentStates = () => registry.all().map(({ agent }) => agent.status().state)
  const tell = (change: string, known: Known, actor: Actor): Promise<void> =>
    record(entryOf(change, known, actor))

  return {
    name: 'agents',
    async start() {
      await tasks.recover()
      await registry.load()
    },
    async stop() {
      const why = 'the daemon was stopped'
      await tasks.end(why)
      await registry.stopAll(why)
      looks.stop()
    },
    health() {
      const all = agentStates()
      const failing = all.filter((state) => state === 'failed' || state === 'refused').length
      const running = all.filter((state) => state === 'running').length
      // One person's broken agent does not make the node of everybody unready.
      const detail = `running: ${running} of ${all.length}${failing === 0 ? '' : `; ${failing} cannot run`}`
      return all.length === 0 ? [] : [{ name: 'agents.runtime', ok: true, detail }]
    },
    areOff: () => muscle.state().state === 'off',
    async add(actor, wanted) {
      if (muscle.state().state === 'off')
        throw new KaroError('refused', 'agents are off on this node', {
          hint: 'karo config set agents.enabled true allows them.',
        })
      if ((wanted.binds.length || wanted.connect?.length || isOutside(wanted)) && !actor.admin)
        throw new KaroError('refused', 'only administrators may give agents places or servers', {
          hint: 'An administrator can put you into karo-admin.',
        })
      checkPlaces(wanted, deps.connect)
      await checkProgram(wanted)
      const cannotChange = await deps.tryPlaces?.(wanted.binds, actor.traceId)
      const known = await registry.add(actor.person, checkOutside(wanted, deps.endpoints))
      const manifest = await known.manifest()
      await deps.grants
        .give(manifest, asked(manifest, 'start', actor), actor)
        .catch(async (error: unknown) => {
          await registry.remove(known)
          throw error
        })
      await tell('added', known, actor)
      states.tell(known, known.agent.status())
      return { ...(await viewOf(known)), cannotChange }
    },
    list: (actor) =>
      Promise.all(
        [
          ...registry.all().filter(({ person }) => actor.admin || person === actor.person),
          ...registry.builtIn(actor.person),
        ].map(viewOf),
      ),
    describe: async (actor, which) => viewOf(find(actor, which)),
    async remove(actor, which) {
      const known = find(actor, which)
      const view = await viewOf(known)
      await registry.remove(known)
      // Another program of the same name begins with nothing.
      await deps.grants.revokeAll(known.id, actor.person)
      await tell('removed', known, actor)
      // Whoever shows a list of agents learns of it as of one that was stopped.
      states.tell(known, { ...view.status, state: 'stopped' })
      return view
    },
    async startAgent(actor, which) {
      const known = actor.by === undefined ? registry.find(which, actor.person) : find(actor, which)
      // What runs was let in, and a yes is for one start.
      if (known.agent.session() !== undefined) return viewOf(known)
      const manifest = await manifestFor(known, actor)
      const action = asked(manifest, 'start', actor)
      await mayStart(known, action, manifest, actor)
      let begun = false
      const session = await begin(known, manifest, actor, {
        byPerson: true,
        judged: (start, before) => judged(known, start, actor, before),
        async before() {
          if (!begun) await deps.insist(entryOf('started', known, actor))
          begun = true
        },
      }).catch(async (error: unknown) => {
        if (!begun) throw error
        // The entry written before the start said that it succeeded; this one says that it failed.
        await record({ ...entryOf('started', known, actor), success: false })
        return toldTo(actor, known)(error)
      })
      const isAsked = actor.by !== undefined || needsPerson(manifest) || isOutside(manifest)
      looks.started(known, session, isAsked ? action : undefined)
      return viewOf(known)
    },
    async stopAgent(actor, which) {
      const known = find(actor, which)
      const ran = known.agent.status().state !== 'stopped'
      await known.agent.stop('it was stopped')
      if (ran) await tell('stopped', known, actor)
      return viewOf(known)
    },
    async logs(actor, which) {
      if (actor.by === undefined) return registry.find(which, actor.person).agent.errors.read()
      const known = find(actor, which)
      // What it wrote is content of this machine, which leaves it only by the gates.
      const verdict = await gates.judge(asked(await manifestFor(known, actor), 'logs', actor))
      if (verdict.outcome === 'run') return known.agent.errors.read()
      throw new KaroError('refused', `the log of ${known.id} is not shown: ${verdict.reason}`)
    },
    async run(request) {
      const { id, manifest } = registry.find(request.agent, request.by ? undefined : request.person)
      // Its task would go to the built-in agent of that id.
      if (isBuiltIn(id)) await manifest()
      return tasks.run({ ...request, agent: id, input: registry.kept(id, request.tool, request.input) })
    },
    tasks,
    states: () => ({ agents: agentStates(), tasks: tasks.open() }),
    onAgent: states.on,
    look: looks.now,
    async revoked(agent, taken = {}) {
      // A built-in agent has no process to stop, and looks do not compare the grant of a program that runs.
      if (isBuiltIn(agent)) tasks.withdraw(agent, taken)
      // Tasks of others are told why they end, before the process of their agent is gone.
      await looks.now()
      const isMeant = ({ id, person: whose }: Known) => id === agent && (taken.person ?? whose) === whose
      const known = registry.all().find(isMeant)
      // One that starts, or is about to by itself, has no session yet.
      const { state } = known?.agent.status() ?? { state: 'stopped' }
      if (!['stopped', 'failed', 'refused'].includes(state)) await known?.agent.stop(TAKEN_BACK)
    },
    async forget(person) {
      await tasks.forget(person)
      for (const known of registry.all().filter((one) => one.person === person)) await registry.remove(known)
    },
  }
}

// Connections of agents, and refused ones, as entries of the ledger: each kind at once, then counted while it
// continues.

/** Milliseconds between two entries of one kind, at most. */
const MOST_MS = 3_600_000

export function createConnected({
  clock,
  record,
}: Pick<RuntimeDeps, 'clock' | 'record'>): AgentDeps['connected'] {
  const sparing = createSparing({ clock, mostMs: MOST_MS })
  return ({ id, person }, traceId, { place, refused }) => {
    const due = sparing.times(JSON.stringify([id, place, refused !== undefined]))
    if (due === undefined) return
    void record({
      type: 'agent_connected',
      success: refused === undefined,
      trace_id: traceId,
      details: {
        uid: person,
        agent: id,
        times: due.times,
        // The name that an agent asks for may contain anything that it has read, so only the agent's own log has it,
        // for its person.
        place,
        reason: place === undefined ? 'none of its places' : refused?.slice(0, 200),
      },
    })
  }
}
