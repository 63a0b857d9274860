// The answer "a" to the guard's question: exactly this line, here or everywhere, in this shell or always.
import { filesRule, type Guard } from '../../assist/guard/guard.ts'
import { isOpen } from '../../assist/guard/session.ts'
import type { RiskVerdict } from '../../assist/risk/index.ts'
import { isCore } from '../../assist/risk/rule-ids.ts'
import { KaroError } from '../../base/errors.ts'
import { saveAllowed } from './rules.ts'

/** Where the line would run. */
export interface Here {
  readonly cwd: string | undefined
  readonly session: string | undefined
}

/** A rule has no longer text. */
const MOST_LINE = 1_000

/**
 * Whether the line can be allowed from now on: nothing of the catastrophic core is in it, no rules file denies it, and what
 * it does stands in the line itself and not in an alias or a function, which may mean something else tomorrow.
 */
export function mayAllow({ failure, files }: Guard, { command, matches }: RiskVerdict): boolean {
  return (
    failure === undefined &&
    !files.some(({ unread }) => unread) &&
    matches.length > 0 &&
    filesRule(matches) === undefined &&
    command.length <= MOST_LINE &&
    !/[^\P{C}\n\t]/u.test(command) &&
    !matches.some(
      ({ rule, why }) => isCore(rule) || rule === 'too-long' || why.includes('(Found in an alias'),
    )
  )
}

/** The choices behind "a", by their keys. */
export const CHOICES = {
  '1': { words: 'in this directory, until this shell ends', here: true, shell: true },
  '2': { words: 'in this directory, always', here: true, shell: false },
  '3': { words: 'everywhere, until this shell ends', here: false, shell: true },
  '4': { words: 'everywhere, always', here: false, shell: false },
} as const

export type Choice = keyof typeof CHOICES

/** The choices that can be kept: an exception of a place or shell that is not known would hold for every one. */
export const choicesIn = ({ cwd, session }: Here): readonly Choice[] =>
  (Object.keys(CHOICES) as Choice[]).filter(
    (key) => !(CHOICES[key].here && cwd === undefined) && !(CHOICES[key].shell && session === undefined),
  )

/** Writes the exception into the person's rules file. Throws KaroError `refused` where it cannot be kept, and as the file's rules do. */
export function allowLine(guard: Guard, line: string, choice: Choice, place: Here): void {
  const { here, shell, words } = CHOICES[choice]
  const { cwd, session } = place
  if (!choicesIn(place).includes(choice))
    throw new KaroError('refused', `"${words}" means a directory or a shell that is not known`, {
      where: 'karo guard ask',
    })
  saveAllowed(
    guard,
    {
      kind: 'allow',
      line,
      ...(here && cwd !== undefined && { cwd }),
      ...(shell && session !== undefined && { session }),
    },
    isOpen,
  )
}
