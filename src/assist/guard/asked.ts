// Judges the line that a shell asks about: the same for the program that the shell starts and for the resident judge.
import type { Env } from '../../config/paths.ts'
import { MOST_ASKED } from '../../observe/hooks/guard/guard.ts'
import { decide } from '../risk/decide.ts'
import type { RiskVerdict, Shell } from '../risk/index.ts'
import { unfinished } from '../risk/line/unfinished.ts'
import { readDefinitions } from './definitions.ts'
import type { Guard } from './guard.ts'
import { judge } from './judge.ts'
import { type MachinePlace, machineOf } from './machine.ts'
import { quickGuard } from './quick.ts'

/** What a shell hands over with a line. */
export interface Asked {
  readonly shell: Shell
  /** The line; of a long one only its beginning. */
  readonly line: string
  /** Characters of the whole line. */
  readonly length: number
  /**
   * Aliases and functions of the line, as readDefinitions takes them. A record `literal` beside them says that `#` begins no comment, as
   * in zsh without `interactivecomments` and bash without `interactive_comments`.
   */
  readonly names: string
  /** The environment of the shell: its `KARO_…` variables and the directories of AI tools. */
  readonly env: Env
  /** The shell, as sessionOf names it. */
  readonly session?: string | undefined
  readonly place: MachinePlace & { readonly karoHome: string }
}

export interface Judged {
  readonly guard: Guard
  readonly verdict: RiskVerdict
  /** The word that ends the here-document in which the line leaves the shell; `-` for none. */
  readonly here: string
}

/** A word that the shell can compare a line with. */
const PLAIN_WORD = /^\w[\w.+-]{0,63}$/

/** The judge reads this in the place of a `#` that begins no comment: a character of Unicode's private use means nothing to a shell. */
const SIGN = '\ue023'
/** Quoted text, or a `#` at the beginning of a word. */
const QUOTED_OR_SIGN = /\\.|\$'(?:[^'\\]|\\.)*'?|'[^']*'?|"(?:[^"\\]|\\.)*"?|(?<![^\s;&|()<>`])#/gs

/**
 * Reads the guard anew and judges. `onLong` is called before a line is read that is too long to run unasked, because the
 * person waits for that without a limit. Never rejects.
 */
export async function judgeAsked(asked: Asked, onLong = (): void => {}): Promise<Judged> {
  const { shell, names, env, place } = asked
  // The text of a here-document may be of another language, so a # in it stays a comment.
  const line = names.split('\u001e').includes('literal')
    ? asked.line.replace(asked.line.includes('<<') ? /^.*/ : /^.*/s, (text) =>
        text.replace(QUOTED_OR_SIGN, (found) => (found === '#' ? SIGN : found)),
      )
    : asked.line
  const guard = await quickGuard({ home: place.karoHome, env })
  if (decide(guard.profile, 'safe', line.length) !== 'allow') onLong()
  const open = shell === 'fish' ? undefined : unfinished(line)
  const { safer, ...verdict } = judge(guard, line, {
    shell,
    typed: asked.line,
    ...place,
    machine: machineOf(place, env, guard),
    definitions: readDefinitions(names, shell),
    unfinished: open !== undefined,
    cut: asked.length > MOST_ASKED,
    kept: true,
    ...(asked.session !== undefined && { session: asked.session }),
  })
  const here = open?.here !== undefined && PLAIN_WORD.test(open.here) ? open.here : '-'
  const shown = { ...verdict, command: asked.line, ...(safer && { safer: safer.replaceAll(SIGN, '#') }) }
  return { guard, verdict: shown, here }
}
