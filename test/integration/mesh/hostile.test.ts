// Attacks for some seconds on a real node, each by processes of their own: it goes on answering, recording and fits in memory.
import { expect, test } from 'vitest'
import { accountSpool } from '../../hostile/account-spool.ts'
import { memberMalformed } from '../../hostile/member-malformed.ts'
import { memberQuestions } from '../../hostile/member-questions.ts'
import { strangerFrames } from '../../hostile/stranger-frames.ts'
import { strangerHandshakes } from '../../hostile/stranger-handshakes.ts'
import { strangerStreams } from '../../hostile/stranger-streams.ts'
import { describeTrial, failures, holdTrial, type TrialReport } from '../../hostile/trial.ts'
import { times } from '../../support/run/thorough.ts'

/** `npm run soak -- hostile` takes five minutes, and has all attacks. */
const SECONDS = times(6, 18)
const STREAMS_SECONDS = 6
/** Each attacker was hung up on and came again: one that is let go on is never refused. */
const REFUSED_MORE_THAN = strangerStreams.attackers

const done = ({ attacked }: TrialReport, name: string): Readonly<Record<string, number>> =>
  attacked.find((period) => period.name === name)?.done ?? {}

test('four strangers that open streams and reset them are hung up on, and nobody else notices', async () => {
  const report = await holdTrial({
    seconds: STREAMS_SECONDS,
    seed: 1,
    attacks: [strangerStreams],
    refusedMoreThan: REFUSED_MORE_THAN,
  })
  expect(failures(report), describeTrial(report)).toEqual([])
  // Each connection ended by the node: an attacker that is let go on has one of them in all this time.
  expect(done(report, strangerStreams.name).connections).toBeGreaterThan(strangerStreams.attackers)
  expect(report.rateLimited).toBeGreaterThan(REFUSED_MORE_THAN)
})

test('floods of strangers, of a member and of another account, one after the other and all at once', async () => {
  const attacks = [strangerFrames, strangerHandshakes, memberQuestions, memberMalformed, accountSpool]
  const report = await holdTrial({ seconds: SECONDS, seed: 2, attacks })
  expect(failures(report), describeTrial(report)).toEqual([])
  for (const { name, measured } of report.attacked) {
    // A member's rates are kept by its key, so the one that flooded before may not get in again for this attack.
    const isMember = attacks.some((attack) => attack.name === name && attack.by === 'member')
    if (!isMember) {
      const times = Object.values(done(report, name))
      expect(
        times.some((count) => count > 0),
        name,
      ).toBe(true)
    }
    expect(measured.recorded, name).toBeGreaterThan(0)
  }
})
