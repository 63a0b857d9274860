// Actions on an agent, such as start and stop, which the gates judge too.
import { KaroError } from '../../base/errors.ts'
import type { Log } from '../../base/run/log.ts'
import type { Identity } from '../../trust/identity/index.ts'
import { EXEC } from '../classes.ts'
import { jailOf, type Manifest, needsPerson } from '../manifest/manifest.ts'
import { isOutside } from '../manifest/wanted.ts'
import { OtherCode } from '../muscle/client.ts'
import { holdsSecrets, wordsAfar } from '../tasks/afar.ts'
import type { Afar } from '../tasks/types.ts'
import type { Action, BoundFile, Gates, Requester } from '../types.ts'
import type { AgentOf } from './agent.ts'
import { OtherTools, type Pins } from './offers.ts'
import type { Known } from './registry.ts'
import type { Session } from './session.ts'

/** The acting person: administrators reach the agents and tasks of everybody. */
export interface Actor {
  readonly person: number
  readonly admin: boolean
  /** See `Requester`. */
  readonly sessions?: readonly string[] | undefined
  /** Somebody of another machine: `person` is then AFAR, and `admin` says that policy has let them reach the agents here. */
  readonly by?: Afar | undefined
  /** 32 hex digits. */
  readonly traceId: string
}

interface ControlDeps {
  readonly identity: Pick<Identity, 'nodeId'>
  readonly gates: Gates
  readonly grants: Pick<Pins, 'pinOf'>
  readonly log: Log
}

/** Resolves with the code that was let through. `before`: see `Gates.judge`. */
export type Judged = (
  action: Action,
  before?: readonly BoundFile[],
) => Promise<{ readonly code: readonly BoundFile[] }>

/** Trace id where the runtime only looks, and nobody asked. */
export const NO_TRACE = '0'.repeat(32)

export type Control = ReturnType<typeof createControl>

/** Asks the gates when somebody starts an agent or reads its log. */
export function createControl({ identity, gates, grants, log }: ControlDeps) {
  const { nodeId: self } = identity
  const { pinOf } = grants
  /** Who asks, as the gates are told. */
  const requesterOf = ({ person, by, sessions }: Actor): Requester =>
    by === undefined
      ? { node: self, person: String(person), ...(sessions !== undefined && { sessions }) }
      : { node: by.node, ...(by.operator !== undefined && { operator: by.operator }) }

  /** `input`: the tools of an agent that offers others than were granted. */
  const asked = (manifest: Manifest, operation: 'start' | 'logs', actor: Actor, input = ''): Action =>
    controlOf(manifest, operation, {
      input,
      requester: requesterOf(actor),
      target: self,
      traceId: actor.traceId,
    })

  /** Rethrows what went wrong; to another machine only that it did, because the words name places of this one. */
  const toldTo =
    ({ by, traceId }: Actor, { id }: Known) =>
    (error: unknown): never => {
      if (by === undefined) throw error
      log.warn(
        { agent: id, trace_id: traceId, reason: (error as Error).message },
        'refused to another machine',
      )
      throw new KaroError(
        'refused',
        wordsAfar(error, `${id} does not start: the log of that machine says why`),
      )
    }

  /** Rejects with `refused` for another machine, where the agent holds secrets. */
  async function manifestFor(known: Known, actor: Actor): Promise<Manifest> {
    const manifest = await known.manifest().catch(toldTo(actor, known))
    if (actor.by !== undefined && manifest.secrets.length > 0)
      throw new KaroError('refused', holdsSecrets(known.id))
    return manifest
  }

  /**
   * Starts it once `judged` resolves, which asks the gates: what was granted when it was added starts without a question. Nothing is
   * asked about one that only reads and was added by an earlier release.
   */
  async function begin(
    known: Known,
    manifest: Manifest,
    actor: Actor,
    {
      byPerson,
      judged,
      before = async () => {},
    }: {
      readonly byPerson: boolean
      readonly judged: Judged
      readonly before?: () => Promise<void>
    },
  ): Promise<Session> {
    let code: readonly BoundFile[] = []
    const start = async () => {
      await before()
      return known.agent.start({ traceId: actor.traceId, byPerson, code })
    }
    const running = known.agent.session()
    if (running !== undefined) return running
    if (needsPerson(manifest) !== undefined || pinOf(known.id) !== undefined)
      ({ code } = await judged(asked(manifest, 'start', actor)))
    return start().catch(async (error: unknown) => {
      const isOther = error instanceof OtherTools
      if (!isOther && !(error instanceof OtherCode)) throw error
      ;({ code } = await judged(asked(manifest, 'start', actor, isOther ? error.tools : ''), code))
      return start()
    })
  }

  /** Another machine, and whoever speaks to a server outside of jails, is asked about before; a person starts what is their own. */
  async function mayStart(known: Known, action: Action, manifest: Manifest, actor: Actor): Promise<void> {
    if (needsPerson(manifest) === undefined && pinOf(known.id) === undefined) {
      const isLooked = actor.by !== undefined || isOutside(manifest)
      const early = isLooked ? await gates.refuses({ ...action, tool: 'start' }) : undefined
      if (early !== undefined)
        throw new KaroError('refused', `${known.id} is not started: ${early.reason}`, {
          hint: actor.by === undefined ? early.hint : undefined,
        })
    }
  }

  /** Rejects where a person has to answer first. */
  async function judged(
    known: Known,
    action: Action,
    actor: Actor,
    before?: readonly BoundFile[],
  ): ReturnType<Judged> {
    const verdict = await gates.judge(action, before)
    if (verdict.outcome === 'run') return verdict
    throw new KaroError('refused', `${known.id} is not started: ${verdict.reason}`, {
      // Hints name places, and commands that people of this machine type.
      hint:
        actor.by !== undefined
          ? undefined
          : verdict.outcome === 'deny'
            ? verdict.hint
            : `Approve it, and then start it again: karo approvals approve ${verdict.approval}`,
    })
  }

  /** After a crash: what was granted, as it was granted; of an agent that an earlier release added what changes nothing. */
  async function mayRestart({ id, person, manifest: read }: AgentOf): Promise<boolean> {
    const manifest = await read()
    if (isOutside(manifest)) return false
    if (pinOf(id) === undefined) return needsPerson(manifest) === undefined
    const itself = { person, admin: false, sessions: [], traceId: NO_TRACE }
    return (await gates.judge(asked(manifest, 'start', itself))).outcome === 'run'
  }

  return { self, requesterOf, asked, begin, judged, toldTo, manifestFor, mayStart, mayRestart }
}

/** Approvals are given for all times that it is asked for. */
const controlOf = (
  manifest: Manifest,
  operation: 'start' | 'logs',
  asked: Pick<Action, 'requester' | 'target' | 'traceId' | 'input'>,
): Action => ({
  ...asked,
  ...jailOf(manifest),
  // One task for all its starts: an approval that was given after one of them is for the next one.
  id: `${operation}-${asked.traceId}`,
  task: `${operation} ${manifest.id}`,
  agent: manifest.id,
  operation,
  tool: operation === 'start' ? EXEC : 'logs',
  readOnly: operation === 'logs',
  why: manifest.why,
})
