// What a shell's guard asks about a line, and what the person at the terminal answers; the shell reads it in one line.

import { judgeAsked } from '../../assist/guard/asked.ts'
import type { Guard } from '../../assist/guard/guard.ts'
import { sessionOf } from '../../assist/guard/session.ts'
import type { RiskVerdict, Shell } from '../../assist/risk/index.ts'
import { type CommandIo, placeOf } from '../kit.ts'
import type { Here } from './allow.ts'
import type { Answer } from './terminal.ts'

/**
 * The line is in KARO_LINE (its first characters; how many there are, in KARO_LINE_LENGTH), what its aliases and
 * functions mean in KARO_LINE_NAMES: never in argv, which everybody on the machine may read. It tells
 * the shell when it waits for the person (`wait`), so that the shell can give up before.
 */
export async function askAbout(io: CommandIo, shell: Shell): Promise<undefined> {
  const line = io.env.KARO_LINE ?? ''
  let waits = false
  const wait = (): void => {
    if (!waits) tellWait(io)
    waits = true
  }
  const length = Number(io.env.KARO_LINE_LENGTH ?? 0)
  const place = placeOf(io)
  const session = sessionOf(Number(io.env.KARO_LINE_SHELL ?? 0))
  const asked = { shell, line, length, names: io.env.KARO_LINE_NAMES ?? '', env: io.env, session, place }
  // A long line is asked about whatever is found in it: the person can wait for that, and no limit may run it unjudged.
  const { guard, verdict, here } = await judgeAsked(asked, wait)
  const answer = await answerTo(io, guard, verdict, shell, wait, { cwd: place.cwd, session })
  const head = `${answer.verb} ${answer.outcome} ${verdict.risk_level} ${here}`
  io.out(Buffer.from(`${head}\n${answer.text ?? ''}`))
}

async function answerTo(
  io: CommandIo,
  guard: Guard,
  verdict: RiskVerdict,
  shell: Shell,
  wait: () => void,
  here: Here,
): Promise<Answer> {
  if (verdict.decision === 'allow') return { verb: 'run', outcome: '-' }
  wait()
  const { converse } = await import('./terminal.ts')
  return converse(io, guard, verdict, shell, here)
}

/** From here on no limit ends this, not even the signal of the timeout(1) that fish has to take: a person takes time. */
function tellWait(io: CommandIo): void {
  process.on('SIGUSR2', () => undefined)
  io.out('wait\n')
  try {
    // What would tell a person in fish that the line still waits.
    process.kill(Number.parseInt(io.env.KARO_LINE_NOTICE ?? '', 10))
  } catch {
    // There is none, or it has told them.
  }
}
