// The check of totals: whether this machine gives its part, and whether the two that add up keep up.
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { type Finding, ok, skipped, warn } from '../result.ts'

/** A part is given within minutes of the end of its period; a machine that was off gives it when it is back. */
const GIVEN_MS = 60 * 60_000
/** The newest period may take most of the next one to be released. */
const LATE = 2

export function judgeTotals(
  totals: NonNullable<DaemonFacts['totals']> | null,
  now: number,
): readonly Finding[] {
  if (totals === null) return [skipped('this mesh computes no totals')]
  const { ended_at, given, why, late, pair, none_yet } = totals
  const found: Finding[] = []
  if (why === 'aggregator_refused')
    found.push(
      warn(
        'this machine sends nothing to the totals, because it refuses one of the two aggregators',
        'karo share preview --role <role> names the aggregators; karo peers explain <node> says why one is refused.',
      ),
    )
  else if (!given && why === null && now - Date.parse(ended_at) > GIVEN_MS)
    found.push(
      warn(
        `this machine has sent nothing for the period that ended ${ended_at}`,
        'karo logs tail says what went wrong; karo share preview --role <role> shows what it would send.',
      ),
    )
  if (late !== null && late >= LATE) {
    const gone = pair.filter(({ there }) => !there).map(({ name, fingerprint }) => `${name} (${fingerprint})`)
    const who = gone.length === 0 ? '' : `, and the aggregator ${gone.join(' and ')} is not connected`
    found.push(
      warn(
        `the newest ${late} periods were not released${who}`,
        'Start both aggregators and connect them to the mesh: karo peers. Missing periods of the last 7 days are released when they are back.',
      ),
    )
  }
  if (found.length > 0) return found
  const part = given ? 'this machine sent its share' : 'this machine has nothing to send'
  const releases = none_yet ? '; no total was released yet' : late === null ? '' : ', and releases arrive'
  return [ok(`${part} of the period that ended ${ended_at}${releases}`)]
}
