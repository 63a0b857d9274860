// Attacks for some seconds on a real node, each by processes of their own: it goes on answering, recording and fits in memory.
import { expect, test } from 'vitest'
import { strangerStreams } from '../../hostile/stranger-streams.ts'
import { ATTACKS_SHORT } from '../../hostile/table.ts'
import { describeTrial, failures, holdTrial, longestTrial } from '../../hostile/trial.ts'
import { times } from '../../support/run/thorough.ts'

/** Half a second and more for each attack; `npm run soak -- hostile` takes five minutes, and has all of them at once too. */
const SECONDS = times(4, 24)
/** Each of them was hung up on and came again: one that is let go on is never refused. */
const REFUSED_MORE_THAN = strangerStreams.attackers

test(
  'floods of strangers, of a member and of another account, one after the other, disturb nobody',
  async () => {
    const report = await holdTrial({
      seconds: SECONDS,
      seed: 1,
      attacks: ATTACKS_SHORT,
      together: times(false, true),
      refusedMoreThan: REFUSED_MORE_THAN,
    })
    expect(failures(report), describeTrial(report)).toEqual([])
    for (const { name, measured, done, silent } of report.attacked) {
      // A member's rates are kept by its key, so the one that flooded before may not get in again for this attack.
      const isMember = ATTACKS_SHORT.some((attack) => attack.name === name && attack.by === 'member')
      const deeds = Object.values(done)
      // An attacker that had no processor to end in time was killed before it said what it had done.
      if (!isMember && silent === 0)
        expect(
          deeds.some((count) => count > 0),
          name,
        ).toBe(true)
      expect(measured.recorded, name).toBeGreaterThan(0)
    }
    // Each attacker began only when it had been hung up on and come again: one that is let go on has one connection in all this time.
    const streams = report.attacked.find(({ name }) => name === strangerStreams.name)!
    expect(streams.silent).toBeLessThan(strangerStreams.attackers)
    expect(streams.done.connections ?? 0).toBeGreaterThanOrEqual(
      2 * (strangerStreams.attackers - streams.silent),
    )
    expect(report.rateLimited).toBeGreaterThan(REFUSED_MORE_THAN)
  },
  longestTrial({ seconds: SECONDS, attacks: ATTACKS_SHORT }),
)
