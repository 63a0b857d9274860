// How well people's shells are looked after now: whether the guard sees their lines, and whether a hook records them.
import type { SafetyPosture } from '../../../protocols/messages/numbers.ts'
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import type { RollupRepository } from '../../store/rollups/types.ts'

/** What a shell did lately says how it is now: somebody who is away for a weekend has not turned anything off. */
const LATELY_MS = 7 * DAY_MS

export interface LookedAfterDeps {
  readonly rollups: Pick<RollupRepository, 'hours'>
  /** False: the guard is off in this node's configuration, whatever shells have loaded. */
  readonly guardAllowed: () => boolean
  /** Shells of all people that have loaded the hook. */
  readonly hookedShells: () => readonly { readonly person: number }[]
  /** Those of them that run programs while their hook says nothing. */
  readonly silentHooks: () => readonly { readonly uid: number }[]
  readonly clock: Clock
}

/** A configuration says what shells are to load; only what they noted says what they did. */
export async function lookedAfter(
  { rollups, guardAllowed, hookedShells, silentHooks, clock }: LookedAfterDeps,
  uids: readonly number[],
): Promise<Pick<SafetyPosture, 'guard' | 'hook'>> {
  const now = clock.now()
  const [from, to] = [Math.floor((now - LATELY_MS) / HOUR_MS), Math.floor(now / HOUR_MS) + 1]
  let typing = 0
  let guarded = 0
  for (const uid of uids) {
    const hours = await rollups.hours(uid, from, to)
    const active = hours.some(({ rollup }) => rollup.guard_active > 0)
    if (active || hours.some(({ rollup }) => rollup.count > rollup.generated)) typing++
    if (active) guarded++
  }
  return {
    guard: guardOf(guardAllowed() ? guarded : 0, typing),
    hook: hookOf({
      silent: silentHooks().some(({ uid }) => uids.includes(uid)),
      recorded: typing > 0 || hookedShells().some(({ person }) => uids.includes(person)),
    }),
  }
}

function guardOf(guarded: number, typing: number): SafetyPosture['guard'] {
  if (typing === 0) return 'unknown'
  if (guarded === 0) return 'off'
  return guarded === typing ? 'on' : 'partly'
}

function hookOf({ silent, recorded }: { silent: boolean; recorded: boolean }): SafetyPosture['hook'] {
  if (silent) return 'silent'
  return recorded ? 'on' : 'none'
}
