// Watches a task from its beginning to its end: it goes on only while the gates would still let it through.
import type { KaroError } from '../../base/errors.ts'
import { digestOf, type Manifest } from '../manifest/manifest.ts'
import type { Looks } from '../runtime/looks.ts'
import type { Known } from '../runtime/registry.ts'
import type { Action, ActionClass, Gates, Verdict } from '../types.ts'
import type { Live, Task } from './types.ts'

export interface WatchDeps {
  readonly gates: Pick<Gates, 'lost' | 'ended'>
  /** Throws KaroError `not_found`. */
  readonly agentOf: (task: Task) => Known
  /** See `Looks.add`. */
  readonly looks: Pick<Looks, 'add'>
}

/** What the gates have let through so far. */
interface LetThrough {
  readonly action: Action
  readonly manifest: Manifest
  /** Undefined: nothing but that policy and capability do not refuse it. */
  readonly of?: ActionClass
  /** With `of`: see the verdict. */
  readonly hash?: string
}

type Denial = Extract<Verdict, { readonly outcome: 'deny' }>

export interface Watch {
  readonly letThrough: (now: LetThrough) => void
  /**
   * Just before it begins: why it would not be let through any more, which then stands in the ledger unless it is to be judged again;
   * undefined: it still would, and what it runs is what was let through.
   */
  readonly begin: () => Promise<Denial | undefined>
  readonly leave: () => void
}

/** The task is withdrawn as soon as it may not go on, until `leave` is called. */
export function watchTask(deps: WatchDeps, live: Live): Watch {
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
    begin: () => look(true),
    leave,
    letThrough(now) {
      through = now
    },
  }
}

/** The manifest that the task runs by, and what its command reads on standard input. Rejects with KaroError. */
export async function doneBy(
  known: Known,
  task: Task,
): Promise<{ readonly manifest: Manifest; readonly input: string }> {
  return known.forTask?.(task) ?? { manifest: await known.manifest(), input: task.input }
}

/** Another program under the same name is not what was let through. */
async function changed({ agentOf }: WatchDeps, task: Task, before: Manifest): Promise<Denial | undefined> {
  let what = 'has changed since this was requested'
  try {
    const { manifest } = await doneBy(agentOf(task), task)
    if (digestOf(manifest) === digestOf(before)) return undefined
  } catch (error) {
    // Else its manifest differs from the signed one.
    if ((error as KaroError).code === 'not_found') what = 'was removed'
  }
  const reason = `${task.agent} ${what}`
  return { outcome: 'deny', class: 'critical', gate: 'approval', reason }
}
