// Builds what agents and people think with: local models, memory, prompts and plans.

import { type Alerts, createAlerts } from '../agents/builtins/alerts.ts'
import type { OutwardDeps } from '../agents/builtins/outward.ts'
import { keptBy } from '../agents/builtins/registry.ts'
import { opinionOf } from '../agents/builtins/review.ts'
import { builtInAgents } from '../agents/builtins/tools.ts'
import { isBuiltIn } from '../agents/builtins/words.ts'
import type { Runtime, Task } from '../agents/index.ts'
import { createMemory, type Memory } from '../agents/memory/memory.ts'
import { createPlanner } from '../agents/planner/planner.ts'
import { createPrompts } from '../agents/prompts/prompts.ts'
import { AFAR } from '../agents/tasks/afar.ts'
import { textOf } from '../agents/tasks/rows.ts'
import { isFinal } from '../agents/tasks/types.ts'
import { createModels } from '../assist/copilot/model/models.ts'
import { checkCommand } from '../assist/risk/index.ts'
import { personHome } from '../base/run/person-home.ts'
import type { Signal } from '../base/words/signal.ts'
import type { Anomalies } from '../insight/anomalies/index.ts'
import { createRedaction } from '../observe/record/redaction.ts'
import type { openStore } from '../store/index.ts'
import type { Audit } from '../trust/audit/index.ts'
import type { Sharing } from '../trust/consent/index.ts'
import type { DaemonOptions, Foundation } from './foundation.ts'

/** The daemon does not know where a person will run a command. */
const WHERE = { cwd: '/', home: personHome() ?? '/' } as const

export function buildMind(
  { paths, service }: DaemonOptions,
  { common }: Foundation,
  store: ReturnType<typeof openStore>,
  anomalies: Anomalies,
  muscle: OutwardDeps['muscle'],
  agents: () => Runtime,
) {
  const { config, clock, random, timers, log } = common
  const { notes, plans, prompts: promptRows } = store.memory
  const redact = (text: string) => createRedaction(config.history.redact).text(text)
  const models = createModels(config, clock)
  const prompts = createPrompts({ repository: promptRows, redact, clock })
  const memory = createMemory({
    ...common,
    repository: notes,
    redact,
    embed: models.embed,
    log: log.child({ room: 'memory' }),
  })
  const planner = createPlanner({
    ...common,
    repository: plans,
    redact,
    models,
    log: log.child({ room: 'planner' }),
    agents,
    kept: (agent, tool, input) => keptBy(builtIns)(agent, tool, input),
    async offers(person) {
      // A plan that plans has no end.
      const all = (await agentsOf(person)).filter(({ id }) => id !== 'kPlanner:plans')
      const live = (await tasksOf(person)).filter(({ state }) => !isFinal(state))
      const busy = (id: string): number => live.filter(({ agent }) => agent === id).length
      const byLoad = all.toSorted((a, b) => busy(a.id) - busy(b.id))
      const offers = byLoad.flatMap(({ id, offers: tools }) =>
        (tools ?? []).map(({ name, ...tool }) => ({ ...tool, agent: id, tool: name })),
      )
      return { offers, idle: all.filter((one) => one.offers === null).length }
    },
    commandFor: async (clause) => commandFor(clause, paths.home),
    judge(command) {
      const { decision, matches } = checkCommand(command, { ...WHERE, karoHome: paths.home })
      const why = matches.map((one) => one.why).join('; ')
      return matches.length === 0 && decision !== 'block' ? undefined : { blocked: decision === 'block', why }
    },
  })
  const agentsOf = (person: number) => agents().list({ person, admin: false, traceId: '' })
  const tasksOf = (person: number) => agents().tasks.list(person)
  const alerts = createAlerts(clock)
  // In the daemon of a machine with several people, commands would run as the daemon's user, who is none of these
  // people.
  const outward = { muscle, models, timers, random, runs: config.agents.enabled && !service }
  const builtIns = builtInAgents({
    alerts,
    outward,
    memory,
    prompts,
    planner,
    clock,
    tasks: tasksOf,
    opinion: opinionOf(models),
    anomalies: async (person) =>
      (await anomalies.signals(person)).flatMap(({ words, severity, muted }) =>
        muted ? [] : [{ what: words, severity }],
      ),
    agents: agentsOf,
    resultOf: async (person, id) => ({
      task: await agents().tasks.get(person, id),
      json: await agents().tasks.result(person, id),
    }),
  })
  return { models, prompts, memory, planner, builtIns, alerts }
}

/** Loaded with the first plan that needs it, because its knowledge takes some megabytes. */
async function commandFor(clause: string, karoHome: string): Promise<string | undefined> {
  const [{ findCommand }, { openKnowledge }] = await Promise.all([
    import('../assist/copilot/ask/answer.ts'),
    import('../assist/copilot/knowledge.ts'),
  ])
  const found = findCommand(clause, {
    shell: 'bash',
    knowledge: openKnowledge(),
    judge: (command) => checkCommand(command, { ...WHERE, karoHome }),
  })
  // An uncertain answer must not become a step.
  return found.confidence === 'sure' && found.decision !== 'block' ? (found.command ?? undefined) : undefined
}

/** What is unusual in the numbers of somebody who chose to be named is an entry too, and no word of what it is about. */
export const ledgerOfAnomalies =
  (
    { insist }: Pick<Audit, 'insist'>,
    { consentOf }: Pick<Sharing, 'consentOf'>,
  ): ((uid: number, begun: readonly Signal[]) => Promise<void>) =>
  async (uid, begun) => {
    if (begun.length === 0) return
    const { off, max_level, categories, anomalies } = await consentOf(uid)
    if (off || max_level < 1 || !categories.anomalies || anomalies !== 'identified') return
    for (const { id, kind, severity } of begun)
      await insist({ type: 'anomaly_found', success: true, details: { uid, kind, severity, signal: id } })
  }

/** Outcomes of this machine's part of a bucket that somebody should look into. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  left_out: 'this machine gave its part in time, and neither aggregator counted it',
  unproved: 'the aggregators say that the proof of what this machine gave fails',
  disagree: 'the two aggregators say different things about what this machine gave',
}

/** Alerts of what gates refuse people of this machine, their agents and tools, of agents that cannot run, and of what is unusual in their numbers. */
export function raiseAlerts(
  { raise, onRaised }: Alerts,
  agents: Runtime,
  audit: Audit,
  anomalies: Anomalies,
  /** Whose numbers this machine may give. */
  people: () => Promise<readonly number[]>,
): void {
  audit.onRecord(({ type, details: { bucket, outcome } }) => {
    const why = type === 'share_counted' ? LEFT_OUT[String(outcome)] : undefined
    if (why === undefined) return
    const alert = { what: 'left_out', agent: null, reason: `totals of ${bucket}: ${why}` } as const
    void people().then(
      (all) => {
        for (const uid of all) raise(uid, alert)
      },
      // The entry of the ledger stays, and who-asked shows it.
      () => {},
    )
  })
  audit.onRecord(({ type, success, details: { uid, agent, gate, reason } }) => {
    if (type !== 'agent_gate' || success || typeof uid !== 'number') return
    raise(uid, { what: 'refused', agent: String(agent), reason: `${String(gate)}: ${String(reason)}` })
  })
  agents.onAgent(({ id, person }, { state }) => {
    if (state !== 'failed' && state !== 'refused') return
    raise(person, { what: 'cannot_run', agent: id, reason: `it is ${state}: karo agent list says why` })
  })
  onRaised((uid, { what, agent, reason }) => {
    // Unusual numbers have entries of their own, for which their person has to agree.
    if (what === 'unusual') return
    void audit.record({
      type: 'alert_raised',
      success: true,
      details: { uid, what, reason, agent: agent ?? undefined },
    })
  })
  anomalies.onBegun((person, { kind, id }) =>
    raise(person, {
      what: 'unusual',
      agent: null,
      reason: `${kind.replaceAll('_', ' ')}: karo anomalies show ${id}`,
    }),
  )
}

/** Keeps what tasks of people of this machine resulted in, where `memory.task_results` says so. */
export function keepResults(agents: Runtime, memory: Memory, { common: { config, log } }: Foundation): void {
  agents.tasks.onEvent((task, { state }) => {
    if (state !== 'completed' || task.person === AFAR || !config.memory.task_results) return
    if (isBuiltIn(task.agent)) return
    void keep(task).catch((error: Error) =>
      log.warn({ trace_id: task.traceId, reason: error.message }, 'a result was not kept in memory'),
    )
  })
  async function keep(task: Task): Promise<void> {
    const text = textOf((await agents.tasks.result(task.person, task.id)) ?? '{}')
    if (!text) return
    await memory.add(task.person, `${task.agent} ${task.tool} ${task.input}\n${text}`, task.agent)
  }
}
