// What a shell's guard asks about a line, and what the person at the terminal answers; the shell reads it in one line.

import { readDefinitions } from '../../assist/guard/definitions.ts'
import type { Guard } from '../../assist/guard/guard.ts'
import { judge } from '../../assist/guard/judge.ts'
import { machineOf } from '../../assist/guard/machine.ts'
import { quickGuard } from '../../assist/guard/quick.ts'
import { decide } from '../../assist/risk/decide.ts'
import type { RiskVerdict, Shell } from '../../assist/risk/index.ts'
import { type Unfinished, unfinished } from '../../assist/risk/line/unfinished.ts'
import { EXIT, type ExitCode } from '../../base/errors.ts'
import { MOST_ASKED } from '../../observe/hooks/guard/guard.ts'
import type { CommandIo } from '../command.ts'
import { placeOf } from '../place.ts'
import type { Answer } from './terminal.ts'

/** A word that the shell can compare a line with. */
const PLAIN_WORD = /^\w[\w.+-]{0,63}$/

/**
 * The line is in KARO_LINE (its first characters; how many there are, in KARO_LINE_LENGTH), what its aliases and
 * functions mean in KARO_LINE_NAMES, whether the shell has taken lines of it already in KARO_LINE_TAKEN: never in argv,
 * which everybody on the machine may read. `live`: tells the shell when it has started (`up`) and when it waits for the
 * person (`wait`), so that the shell can give up in between.
 */
export async function askAbout(io: CommandIo, shell: Shell, live: boolean): Promise<ExitCode> {
  const line = io.env.KARO_LINE ?? ''
  if (live) io.out('up\n')
  const guard = await quickGuard({ home: io.home, env: io.env })
  // It is asked about whatever is found in it: the person can wait for that, and no limit may run it unjudged.
  const long = decide(guard.profile, 'safe', line.length) !== 'allow'
  const wait = (): void => tellWait(io, live)
  if (long) wait()
  const open = shell === 'fish' ? undefined : unfinished(line)
  const place = placeOf(io)
  const verdict = judge(guard, line, {
    shell,
    ...place,
    machine: machineOf(place, io.env, guard),
    definitions: readDefinitions(io.env.KARO_LINE_NAMES ?? '', shell),
    unfinished: open !== undefined,
    cut: Number(io.env.KARO_LINE_LENGTH ?? 0) > MOST_ASKED,
  })
  const answer = await answerTo(io, guard, verdict, shell, long ? () => undefined : wait)
  const head = `${answer.verb} ${answer.outcome} ${verdict.risk_level} ${endOf(open)}`
  io.out(Buffer.from(`${head}\n${answer.text ?? ''}`))
  return EXIT.done
}

async function answerTo(
  io: CommandIo,
  guard: Guard,
  verdict: RiskVerdict,
  shell: Shell,
  wait: () => void,
): Promise<Answer> {
  if (verdict.decision === 'allow') return { verb: 'run', outcome: '-' }
  wait()
  const { converse } = await import('./terminal.ts')
  return converse(io, guard, verdict, shell)
}

/** From here on no limit ends this, not even the signal of the timeout(1) that fish has to take: a person takes time. */
function tellWait(io: CommandIo, live: boolean): void {
  process.on('SIGUSR2', () => undefined)
  if (live) io.out('wait\n')
}

const endOf = (open: Unfinished | undefined): string =>
  open?.here !== undefined && PLAIN_WORD.test(open.here) ? open.here : '-'
