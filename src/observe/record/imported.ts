// Makes an event of one that a person brings from a file: secrets out, judged, names of the public dictionary only.

import { checkCommand, firstTool } from '../../assist/risk/index.ts'
import { localDay } from '../../base/calendar.ts'
import { markLevel0, revealLevel0 } from '../../base/level0/level0.ts'
import { toolOf } from '../../base/words/dictionary.ts'
import { type EventInput, IMPORTED } from '../../store/events/events.ts'
import { createDigest, createTags, dialectOf, type Kept, withoutLastBlanks } from './digest.ts'
import { createRedaction } from './redaction.ts'

/** What the file says; command and directory in plain text. */
export type Imported = Omit<EventInput, 'uid' | 'local' | 'command' | 'cwd'> & {
  readonly command: string
  readonly cwd: string
}

/**
 * The event as observation would hand it over. A file may say anything: what is counted, and so may be shared, gets no
 * other names than the dictionary's, and what looks like a secret is taken out as from any command.
 */
export function importedEvent(
  uid: number,
  { command, cwd, tool, category, ...event }: Imported,
  patterns: Kept['redact'],
): EventInput {
  const redaction = createRedaction(patterns)
  const known = toolOf(tool)
  const first = firstTool(command, 'bash')
  const used = known.tool === tool && known.category === category ? known : toolOf(first.tool)
  const time = Math.floor(event.start_us / 1000)
  const rule = ruleOf(command, cwd, event)
  return {
    ...event,
    ...used,
    ...(rule !== undefined && { rule }),
    ...(first.privileged && { privileged: true }),
    uid,
    session: IMPORTED,
    command: markLevel0(redaction.command(command)),
    cwd: markLevel0(redaction.directory(cwd)),
    local: { day: Math.max(0, localDay(time)), hour: new Date(time).getHours() },
  }
}

/** The rule that gives the command the level that the file says; a file has no rules, and rules may have changed since. */
function ruleOf(
  command: string,
  cwd: string,
  { risk_level, shell }: Pick<Imported, 'risk_level' | 'shell'>,
): string | undefined {
  if (risk_level === 'safe') return undefined
  const verdict = checkCommand(command, {
    shell: dialectOf(shell),
    ...(cwd.startsWith('/') && { cwd }),
  })
  return verdict.risk_level === risk_level ? verdict.matches[0]?.rule : undefined
}

/** A command as another program recorded it. */
interface ForeignCommand {
  readonly start_us: number
  /** The time is only a place in the order. */
  readonly untimed: boolean
  /** The how-manieth of the same text and time, or of the same text where there is none. */
  readonly nth: number
  readonly shell: string
  readonly command: string
  readonly cwd: string
  readonly exit_code: number | null
  readonly duration_us: number | null
  readonly karo_generated: boolean
}

/** Undefined for what is to be left out; `redacted`: a secret was in it. */
export type ForeignDigest = (
  uid: number,
  foreign: ForeignCommand,
) => { readonly event: EventInput; readonly redacted: boolean } | undefined

/**
 * What applies to what is typed now applies to it: leading blanks, the patterns of `kept`, redaction, risk.
 * The tag follows from source, time and what is kept of the text, so that the same command of the same file is the same
 * event; a tag made of a secret would let it be guessed from the id.
 */
export function createForeignDigest(source: string, kept: Kept): ForeignDigest {
  const digest = createDigest(kept)
  const tagOf = createTags()
  return (uid, { command, shell, cwd, ...foreign }) => {
    const { start_us, untimed } = foreign
    const event = digest(
      {
        session: '',
        sequence: 0,
        startUs: start_us,
        durationUs: foreign.duration_us,
        shell,
        cwd,
        command,
        exitCode: foreign.exit_code,
        ...(foreign.karo_generated && { generated: true as const }),
      },
      uid,
    )
    if (event === undefined) return undefined
    const text = revealLevel0(event.command)
    const tag = tagOf(uid, {
      session: `import ${source} ${untimed ? '?' : start_us} ${text}`,
      sequence: foreign.nth,
    })
    return {
      event: { ...event, tag, session: IMPORTED, ...(untimed && { untimed }) },
      redacted: text !== withoutLastBlanks(command),
    }
  }
}
