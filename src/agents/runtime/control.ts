// Actions on an agent, such as start and stop, which the gates judge too.

import { KaroError } from '../../base/errors.ts'
import type { Log } from '../../base/run/log.ts'
import { EXEC } from '../classes.ts'
import { type Manifest, needsPerson, shownGifts } from '../manifest/manifest.ts'
import { isOutside } from '../manifest/outside.ts'
import { holdsSecrets, wordsAfar } from '../tasks/afar.ts'
import type { Afar } from '../tasks/types.ts'
import type { Action, Gates, Requester } from '../types.ts'
import type { Known } from './registry.ts'

/** The acting person: administrators reach the agents and tasks of everybody. */
export interface Actor {
  readonly person: number
  readonly admin: boolean
  /** See `Requester`. */
  readonly sessions?: readonly number[] | undefined
  /** Somebody of another machine: `person` is then AFAR, and `admin` says that policy has let them reach the agents here. */
  readonly by?: Afar
  /** 32 hex digits. */
  readonly traceId: string
}

interface ControlDeps {
  /** Node id of this machine. */
  readonly self: string
  readonly gates: Gates
  readonly requesterOf: (
    who: Pick<Actor, 'person' | 'by'>,
    sessions: readonly number[] | undefined,
  ) => Requester
  readonly log: Log
}

/** Asks the gates when somebody starts an agent or reads its log. */
export function createControl({ self, gates, requesterOf, log }: ControlDeps) {
  const asked = (manifest: Manifest, operation: 'start' | 'logs', actor: Actor): Action =>
    controlOf(manifest, operation, {
      requester: requesterOf(actor, actor.sessions),
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
   * An agent that may write, connects to places or holds secrets can act from its first instruction on, so its start
   * needs an approval.
   */
  async function mayStart(known: Known, action: Action, manifest: Manifest, actor: Actor): Promise<void> {
    const why = needsPerson(manifest)
    if (why === undefined) {
      // One's own agent in a jail that changes nothing starts as its tasks start it; all others are looked at first.
      const isLooked = actor.by !== undefined || isOutside(manifest)
      const early = isLooked ? await gates.refuses({ ...action, tool: 'start' }) : undefined
      if (early !== undefined)
        throw new KaroError('refused', `${known.id} is not started: ${early.reason}`, {
          ...(actor.by === undefined && early.hint !== undefined && { hint: early.hint }),
        })
      return
    }
    const verdict = await gates.judge(action)
    if (verdict.outcome === 'run') return
    throw new KaroError('refused', `${known.id} ${why}, and is not started: ${verdict.reason}`, {
      // Hints name places, and commands that people of this machine type.
      ...(actor.by === undefined &&
        verdict.outcome === 'deny' &&
        verdict.hint !== undefined && { hint: verdict.hint }),
      ...(actor.by === undefined &&
        verdict.outcome === 'wait' && {
          hint: `Approve it in another terminal, and then start it again: karo approvals approve ${verdict.approval}`,
        }),
    })
  }

  return { asked, toldTo, manifestFor, mayStart }
}

/** Approvals are given for all times that it is asked for. */
const controlOf = (
  manifest: Manifest,
  operation: 'start' | 'logs',
  { requester, target, traceId }: Pick<Action, 'requester' | 'target' | 'traceId'>,
): Action => ({
  // One task for all its starts: an approval that was given after one of them is for the next one.
  id: `${operation}-${traceId}`,
  task: `${operation} ${manifest.id}`,
  agent: manifest.id,
  operation,
  tool: operation === 'start' ? EXEC : 'logs',
  readOnly: operation === 'logs',
  argv: manifest.argv,
  cwd: manifest.cwd,
  env: shownGifts(manifest),
  binds: manifest.binds,
  secrets: manifest.secrets.map(({ secret }) => secret),
  connect: manifest.connect ?? [],
  input: '',
  why: manifest.why,
  requester,
  target,
  traceId,
})
