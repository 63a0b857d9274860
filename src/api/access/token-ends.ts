// Finds tokens that end soon and logs each once, so that a scraper or a script does not stop by surprise.
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Token, Tokens } from './tokens.ts'

/** A token ends "soon" in two weeks or less, so that a person on holiday has time to renew it. */
export const ENDS_SOON_MS = 14 * DAY_MS
/** Tokens with a shorter life are for one task, so there is no warning before their end. */
const LIVES_LONG_MS = DAY_MS
const LOOK_EVERY_MS = HOUR_MS

export const endsSoon = (
  { created_at, expires_at }: Pick<Token, 'created_at' | 'expires_at'>,
  now: number,
): boolean => expires_at > now && expires_at - now < ENDS_SOON_MS && expires_at - created_at >= LIVES_LONG_MS

interface TokenEndsDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  readonly tokens: Pick<Tokens, 'list' | 'all'>
}

export function createTokenEnds({ tokens, clock, timers, log }: TokenEndsDeps) {
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
      // The log gets the id only, because the name that its owner chose is private.
      log.warn(
        { token: id, scope, expires_at: new Date(expires_at).toISOString() },
        'a token of the API ends soon: its owner can make another one with karo token create',
      )
    }
    // Tokens that have ended are dropped from the set, so that it does not grow.
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
    /** How many tokens of all people end soon. */
    count: () => soon(tokens.all()).length,
    /** The tokens of one person that end soon, the next to end first. */
    of: (uid: number) => soon(tokens.list(uid)),
  }
}
