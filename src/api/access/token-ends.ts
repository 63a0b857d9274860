// Tokens that end soon, so that a scraper or a script does not stop on a day nobody thought of: which, and one log line each.
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import type { Clock, Timers } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'
import type { Room } from '../../base/run/room.ts'
import type { Token, Tokens } from './tokens.ts'

/** Two weeks: time for whoever is on holiday. */
export const ENDS_SOON_MS = 14 * DAY_MS
/** A token made for less than a day is for one task; nobody wants to be reminded of its end. */
const LIVES_LONG_MS = DAY_MS
const LOOK_EVERY_MS = HOUR_MS

export const endsSoon = (
  { created_at, expires_at }: Pick<Token, 'created_at' | 'expires_at'>,
  now: number,
): boolean => expires_at > now && expires_at - now < ENDS_SOON_MS && expires_at - created_at >= LIVES_LONG_MS

export interface TokenEnds extends Room {
  /** Of everybody here. */
  count(): number
  /** Of one person, the next to end first. */
  of(uid: number): readonly Token[]
}

interface TokenEndsDeps {
  readonly tokens: Pick<Tokens, 'list' | 'all'>
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

export function createTokenEnds({ tokens, clock, timers, log }: TokenEndsDeps): TokenEnds {
  const told = new Set<string>()
  let stopTimer = (): void => {}

  const soon = (all: readonly Token[]): readonly Token[] => {
    const now = clock.now()
    return all.filter((one) => endsSoon(one, now)).sort((a, b) => a.expires_at - b.expires_at)
  }

  function look(): void {
    const all = soon(tokens.all())
    for (const { id, scope, expires_at } of all) {
      if (told.has(id)) continue
      // Its id alone: what its owner calls it is theirs.
      log.warn(
        { token: id, scope, expires_at: new Date(expires_at).toISOString() },
        'a token of the API ends soon: its owner can make another one with karo token create',
      )
    }
    // Those that are gone are forgotten, so that this stays as small as the list of tokens.
    told.clear()
    for (const { id } of all) told.add(id)
    stopTimer = timers.after(LOOK_EVERY_MS, look)
  }

  return {
    name: 'token_ends',
    async start() {
      look()
    },
    async stop() {
      stopTimer()
    },
    count: () => soon(tokens.all()).length,
    of: (uid) => soon(tokens.list(uid)),
  }
}
