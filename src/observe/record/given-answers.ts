// Answers of `karo ask` that people were given lately, so that those that are run can be counted. In memory only.
import type { Clock } from '../../base/clock.ts'
import { type Level0, revealLevel0 } from '../../base/level0/level0.ts'
import { createRecent } from '../../base/recent.ts'

export interface GivenAnswer {
  readonly command: Level0<string>
  /** Names in it that its person replaces before it runs. */
  readonly placeholders: readonly string[]
}

/** People run an answer soon; the same line later than this counts as their own. */
const RUN_WITHIN_MS = 3_600_000
/** A shell's clock has microseconds and the daemon's milliseconds. */
const BEFORE_MS = 1_000
const MOST_OF_A_PERSON = 16
const MOST_PEOPLE = 256

interface Given {
  readonly at: number
  /** The texts around the placeholders. */
  readonly parts: readonly string[]
}

export type GivenAnswers = ReturnType<typeof createGivenAnswers>

export function createGivenAnswers(clock: Pick<Clock, 'now'>) {
  const people = createRecent<number, readonly Given[]>(MOST_PEOPLE)
  return {
    give(person: number, answers: readonly GivenAnswer[]) {
      const at = clock.now()
      const given = answers.map((answer) => ({ at, parts: partsOf(answer) }))
      people.set(person, [...given, ...(people.peek(person) ?? [])].slice(0, MOST_OF_A_PERSON))
    },
    /** Whether a line that began at `startUs` is one of them, with any text in the place of each placeholder. */
    has: (person: number, line: string, startUs: number) =>
      (people.peek(person) ?? []).some(({ at, parts }) => {
        const after = startUs / 1000 - at
        return after > -BEFORE_MS && after < RUN_WITHIN_MS && fits(line.trim(), parts)
      }),
  }
}

/** Splits at each placeholder, where it stands as a word of its own. */
function partsOf({ command, placeholders }: GivenAnswer): readonly string[] {
  const text = revealLevel0(command).trim()
  if (placeholders.length === 0) return [text]
  return text.split(new RegExp(`(?<![\\w$"'{])(?:${placeholders.join('|')})(?![\\w"'}])`))
}

/** Whether the parts stand in the line in their order, with something between them, from its beginning to its end. */
function fits(line: string, [first = '', ...others]: readonly string[]): boolean {
  const last = others.pop()
  if (last === undefined) return line === first
  if (!line.startsWith(first)) return false
  let at = first.length
  for (const part of others) {
    const found = line.indexOf(part, at + 1)
    if (found < 0) return false
    at = found + part.length
  }
  return line.endsWith(last) && line.length - last.length > at
}
