// Brings one task to its end: the tool is looked up, the gates are asked, a person perhaps, and then it is called once; it goes on
// only while the gates would still let it through.
import type { Clock } from '../../base/clock.ts'
import { KaroError, sayWhy } from '../../base/errors.ts'
import type { Log } from '../../base/run/log.ts'
import { digestOf, jailOf, type Manifest } from '../manifest/manifest.ts'
import { OtherCode } from '../muscle/client.ts'
import type { Actor, Control } from '../runtime/control.ts'
import type { Looks } from '../runtime/looks.ts'
import type { Known, Registry } from '../runtime/registry.ts'
import type { CallOutcome, Tool } from '../runtime/session.ts'
import {
  type Action,
  type ActionClass,
  type BoundFile,
  type Denial,
  type Gates,
  RightEnded,
  type Verdict,
} from '../types.ts'
import { holdsSecrets, wordsAfar } from './afar.ts'
import { ARTIFACT } from './rows.ts'
import type { Live, Task } from './types.ts'

export interface DriveDeps {
  readonly registry: Pick<Registry, 'find'>
  readonly gates: Gates
  readonly control: Control
  readonly looks: Looks
  readonly clock: Clock
  /** Keeps what is too long for a task; undefined: nothing long is kept. */
  readonly keepLong: KeepLong | undefined
  readonly log: Log
}

/** Stores a long result as an artifact of the task's person; resolves with its id. */
export type KeepLong = (
  task: Task,
  content: { readonly name: string; readonly mediaType: string; readonly bytes: Buffer },
) => Promise<string>

/** Characters of a result as JSON that are kept in the task itself. */
const RESULT_CHARS = 1024 * 1024

/** Nothing has happened: for people, and for whoever gives the task again under another id. */
class NotRun extends Error {}

/** Never rejects, except when the store does not take what became of the task. */
export const createDrive =
  (deps: DriveDeps) =>
  async (live: Live, sessions: readonly string[] | undefined): Promise<void> => {
    const { traceId } = live.task()
    const began = deps.clock.monotonic()
    const watch = watchTask(deps, live)
    try {
      const outcome = await perform(deps, live, sessions, watch).finally(watch.leave)
      await finish(live, await shortened(deps, live.task(), outcome))
    } catch (error) {
      if (live.signal.aborted) await finish(live, { kind: 'canceled' })
      else if (error instanceof NotRun) await live.to('rejected', error.message)
      else {
        const reason = sayWhy(error)
        const isOurs = live.task().by === undefined
        const words = isOurs ? reason : wordsAfar(error, 'the log of that machine says why')
        if (!isOurs) deps.log.warn({ trace_id: traceId, reason }, 'a task did not run')
        await live.to('failed', `it did not run: ${words}`)
      }
    }
    const elapsed_ms = Math.round(deps.clock.monotonic() - began)
    deps.log.info({ trace_id: traceId, state: live.task().state, elapsed_ms }, 'a task is over')
  }

async function perform(
  deps: DriveDeps,
  live: Live,
  sessions: readonly string[] | undefined,
  watch: ReturnType<typeof watchTask>,
): Promise<CallOutcome> {
  const task = live.task()
  const known = agentOf(deps, task)
  const { manifest, input } = await doneBy(known, task)
  if (manifest.tools.length > 0 && !manifest.tools.includes(task.tool))
    throw new NotRun(`${task.tool} is not among the tools that ${task.agent} was added with`)
  if (task.by !== undefined && manifest.secrets.length > 0) throw new NotRun(holdsSecrets(task.agent))
  const { agent } = known
  const { person, by, traceId } = task
  const actor: Actor = { person, admin: false, sessions, traceId, by }
  const actionOf = ({ readOnly }: Pick<Tool, 'readOnly'>): Action => ({
    id: task.id,
    task: task.id,
    agent: task.agent,
    tool: task.tool,
    readOnly,
    ...jailOf(manifest),
    input,
    target: deps.control.self,
    requester: deps.control.requesterOf(actor),
    why: task.why,
    traceId,
  })
  // Nothing is started for somebody who may have nothing done here. What the tool says of itself is not known yet.
  const asked = actionOf({ readOnly: false })
  const early = await deps.gates.refuses(asked)
  if (early !== undefined) throw refusal(early, asked)
  watch.letThrough({ action: asked, manifest })
  const start = () =>
    deps.control.begin(known, manifest, actor, {
      byPerson: false,
      judged: (one, before) => judged(deps.gates, one, live, before),
    })
  const tool = toolOf(task, (await start()).tools)
  if (live.signal.aborted) return { kind: 'canceled' }
  const action = actionOf(tool)
  let code: readonly BoundFile[] | undefined
  for (let times = 1; ; times += 1) {
    const through = await judged(deps.gates, action, live, code)
    code = through.code
    watch.letThrough({ action, manifest, ...through })
    // It may have ended meanwhile, and another life of it is another program to the gates.
    toolOf(task, (await start()).tools)
    try {
      return await agent.call(task.tool, JSON.parse(task.input) as Record<string, unknown>, {
        signal: live.signal,
        timeoutMs: manifest.callMs,
        traceId,
        code,
        start,
        onProgress: live.progress,
        onWait() {
          // Nobody is to answer any more.
          if (live.task().state === 'input-required')
            live.to('submitted', `approved; ${task.agent} does others first`).catch(() => {})
        },
        async onBegin(now) {
          // It may have been started anew since, and offer something else under the same name.
          if (action.readOnly && toolOf(task, now === undefined ? [] : [now]).readOnly !== true)
            throw new NotRun(`${task.tool} is no longer marked as read-only`)
          // Others were before it, and it may have waited long.
          const lost = await watch.begin()
          if (lost !== undefined) throw lost.changed ? new OtherCode(lost.reason) : refusal(lost, action)
          await live.to('working', `${task.agent} has it`)
        },
      })
    } catch (error) {
      if (!(error instanceof OtherCode) || times >= MOST_TIMES) throw error
    }
  }
}

/** How often a task is judged anew because what it runs had changed when it was to begin. */
const MOST_TIMES = 8

/** What the gates have let through so far. */
interface LetThrough {
  readonly action: Action
  readonly manifest: Manifest
  /** Undefined: nothing but that policy and capability do not refuse it. */
  readonly of?: ActionClass
  /** With `of`: see the verdict. */
  readonly hash?: string
}

/** The task is withdrawn as soon as it may not go on, until `leave` is called. */
function watchTask(deps: DriveDeps, live: Live) {
  let through: LetThrough | undefined

  async function look(isBegin = false): Promise<Denial | undefined> {
    if (through === undefined || live.signal.aborted) return undefined
    const { action, manifest, of, hash } = through
    const denial =
      (await changed(deps, live.task(), manifest)) ??
      (await deps.gates.lost(action, of, isBegin ? hash : undefined))
    if (denial !== undefined && denial.changed !== true) await deps.gates.ended(action, denial)
    return denial
  }

  const leave = deps.looks.add(async () => {
    const denial = await look()
    if (denial !== undefined) live.withdraw(denial.reason)
  })
  return {
    leave,
    letThrough(now: LetThrough): void {
      through = now
    },
    /**
     * Just before it begins: why it would not be let through any more, which then stands in the ledger unless it is to be judged again;
     * undefined: it still would, and what it runs is what was let through.
     */
    begin: () => look(true),
  }
}

/** Throws KaroError `not_found`. */
const agentOf = ({ registry }: DriveDeps, { agent, person, by }: Task): Known =>
  registry.find(agent, by === undefined ? person : undefined)

/** The manifest that the task runs by, and what its command reads on standard input. Rejects with KaroError. */
async function doneBy(
  known: Known,
  task: Task,
): Promise<{ readonly manifest: Manifest; readonly input: string }> {
  return known.forTask?.(task) ?? { manifest: await known.manifest(), input: task.input }
}

/** Another program under the same name is not what was let through. */
async function changed(deps: DriveDeps, task: Task, before: Manifest): Promise<Denial | undefined> {
  let what = 'has changed since this was requested'
  try {
    const { manifest } = await doneBy(agentOf(deps, task), task)
    if (digestOf(manifest) === digestOf(before)) return undefined
  } catch (error) {
    // Else its manifest differs from the signed one.
    if ((error as KaroError).code === 'not_found') what = 'was removed'
  }
  const reason = `${task.agent} ${what}`
  return { outcome: 'deny', class: 'critical', gate: 'approval', reason }
}

function toolOf(task: Task, tools: readonly Tool[]): Tool {
  const found = tools.find(({ name }) => name === task.tool)
  if (found !== undefined) return found
  const names = tools.map(({ name }) => name).join(', ')
  throw new NotRun(`${task.agent} has no tool ${task.tool}; it has: ${names.slice(0, 300)}`)
}

/** Resolves when it may run. Throws NotRun when it may not. */
async function judged(
  gates: Gates,
  action: Action,
  live: Live,
  before?: readonly BoundFile[],
): Promise<{
  readonly of: ActionClass
  readonly hash: string
  readonly code: readonly BoundFile[]
}> {
  let verdict: Verdict = await gates.judge(action, before)
  // Once more for each time that what it runs was changed before it was approved.
  while (verdict.outcome === 'wait') {
    live.restsOn(verdict.by)
    await live.to('input-required', verdict.reason, { approval: verdict.approval })
    verdict = await gates.settled(verdict.approval, action, live.signal)
  }
  if (live.signal.aborted) throw new KaroError('unavailable', 'it was cancelled')
  if (verdict.outcome === 'run') {
    live.restsOn(verdict.by)
    return { of: verdict.class, hash: verdict.hash, code: verdict.code }
  }
  throw refusal(verdict, action)
}

/** A hint may name paths of this machine, which are for its own people. */
const refusal = (
  { reason, hint }: Denial,
  { requester, target }: Pick<Action, 'requester' | 'target'>,
): NotRun => new NotRun(hint === undefined || requester.node !== target ? reason : `${reason}. ${hint}`)

/** A result that is too long for the task is an artifact, and the task names it. */
async function shortened({ keepLong }: DriveDeps, task: Task, outcome: CallOutcome): Promise<CallOutcome> {
  if (outcome.kind !== 'result' || outcome.json.length <= RESULT_CHARS) return outcome
  const { length } = outcome.json
  try {
    // Artifacts belong to people of this machine, and somebody of another one could not read theirs.
    if (keepLong === undefined || task.by !== undefined) throw new Error(`${RESULT_CHARS} are kept`)
    const { content } = JSON.parse(outcome.json) as { content?: readonly { type?: string; text?: string }[] }
    const [only, other] = content ?? []
    const text = other === undefined && only?.type === 'text' ? only.text : undefined
    const [mimeType, words] = text === undefined ? ['application/json', outcome.json] : ['text/plain', text]
    const name = `${task.id}-${task.tool.replaceAll(/[^\w.-]/g, '_').slice(0, 64)}${text === undefined ? '.json' : '.txt'}`
    const bytes = Buffer.from(words)
    const id = await keepLong(task, { name, mediaType: mimeType, bytes })
    const said = `The result has ${length} characters. It is kept as an artifact: karo artifact get ${id.slice(0, 12)}`
    const link = { type: 'resource_link', uri: `${ARTIFACT}${id}`, name, mimeType, size: bytes.length }
    const json = JSON.stringify({ content: [{ type: 'text', text: said }, link], isError: outcome.failed })
    return { ...outcome, json }
  } catch (error) {
    return {
      kind: 'error',
      message: `the result has ${length} characters, which could not be kept: ${sayWhy(error)}`,
    }
  }
}

async function finish(live: Live, outcome: CallOutcome): Promise<void> {
  switch (outcome.kind) {
    case 'result':
      return live.to(
        outcome.failed ? 'failed' : 'completed',
        outcome.failed ? 'the tool says that it failed' : 'done',
        { result: outcome.json },
      )
    case 'error':
      return live.to('failed', outcome.message)
    case 'unknown':
      return live.to('failed', `${outcome.message}; how far it came is not known, and it is not run again`)
    case 'canceled': {
      const ran = live.task().state === 'working'
      const rest = outcome.mayGoOn ? '; its server is outside of jails, and may not have stopped' : ''
      const { reason } = live.signal
      if (reason instanceof RightEnded)
        return live.to(
          'canceled',
          `${reason.message}; ${ran ? `it was ended while it ran${rest}` : 'it did not run'}`,
        )
      if (typeof reason === 'string')
        return live.to(
          'failed',
          ran ? `${reason} while it ran${rest}; how far it came is not known` : `${reason}; it did not run`,
        )
      return live.to('canceled', `it was cancelled ${ran ? `while it ran${rest}` : 'before it ran'}`)
    }
  }
}
