// Matches a whole request against the sentences of the grammar; nothing of it may be left over.
import { changesSomething, isTooMuch, readsPacked } from './acts.ts'
import { filled, written } from './fill-form.ts'
import { composeForm } from './forms.ts'
import { type Expression, expressionOf } from './needed.ts'
import type { Reading } from './read.ts'
import { ABOUT_MACHINE } from './sentences-machine.ts'
import { HEADS, TAILS, WRAPS } from './sentences-parts.ts'
import { ABOUT_FILES } from './sentences-words.ts'

let made: readonly (readonly [Expression, string])[] | undefined

/** The expressions of all sentences, made when the first request comes. */
const sentences = (): readonly (readonly [Expression, string])[] =>
  (made ??= [...ABOUT_FILES, ...ABOUT_MACHINE].map(
    ([pattern, command]) => [expressionOf(`^(?:${written(pattern)})$`), command] as const,
  ))

let parts:
  | {
      wraps: readonly (readonly [Expression, string, string])[]
      heads: readonly (readonly [Expression, string, string])[]
      tails: readonly (readonly [Expression, string])[]
    }
  | undefined

/** The expressions of what may stand around a sentence. */
const around = () =>
  (parts ??= {
    heads: HEADS.map(
      ([pattern, instead, behind]) => [expressionOf(`^(?:${written(pattern)}) `), instead, behind] as const,
    ),
    wraps: WRAPS.map(
      ([head, tail, instead, command]) =>
        [expressionOf(`^(?:${written(head)}) (?<inner>.*) (?:${written(tail)})$`), instead, command] as const,
    ),
    tails: TAILS.map(
      ([pattern, command]) =>
        [expressionOf(`(?:[ ,]+(?:and|then|but))*[ ,]+(?:${written(pattern)})$`), command] as const,
    ),
  })

/** Commands whose output begins with a heading, which is not to be counted, sorted or cut off with the rest. */
const HEADED =
  /^(?:sudo )?(?:ps|df|free|lsof|netstat|ss|route|arp|systemctl|vmstat|iostat|swapon|lscpu|ip|top)\b/
const COUNTS_LINES = /\| (?:wc|head|tail|tac|sort)\b/
const fitsBehind = (inner: string, part: string): boolean =>
  !changesSomething(inner) && !(HEADED.test(inner) && COUNTS_LINES.test(part))

/** Commands that change a thing itself. */
const CHANGES_WHOLE = /^(?:rm|mv|gzip|chmod|chown|chgrp|touch|ln|shred)\b/

/** How many parts may stand around one sentence. */
const MOST_PARTS = 3

export interface Sentence {
  readonly command: string
  /** The commands of the sentence and of what stands around it, as the tables have them. */
  readonly ways: readonly string[]
}

/**
 * The command of the first sentence that is the whole request, or that is it without what stands around it, such as
 * `sorted by number` or `and save it to FILE`; undefined if there is none.
 */
export function composeSentence(request: string, reading: Reading): Sentence | undefined {
  const made = composed(request, reading, MOST_PARTS)
  // Whole disks, the root and every file at once are for nobody to name in passing.
  return made !== undefined && changesSomething(made.command) && reading.values.some(isTooMuch)
    ? undefined
    : made
}

function composed(request: string, reading: Reading, deep: number): Sentence | undefined {
  const { text, values } = reading
  for (const [expression, command] of sentences()) {
    const match = expression.exec(text)
    if (match === null) continue
    const made = filled(command, match, request, reading).trim()
    return isRefused(made, reading) ? undefined : { command: made, ways: [command] }
  }
  const form = composeForm(request, reading)
  if (form !== undefined) return isRefused(form.command, reading) ? undefined : form
  if (deep === 0) return undefined
  for (const [expression, instead, command] of around().wraps) {
    const match = expression.exec(text)
    if (match === null) continue
    const inner = composed(request, { text: `${instead} ${match.groups?.inner}`, values }, deep - 1)
    if (inner === undefined || !fitsBehind(inner.command, command)) continue
    const made = filled(command, match, request, reading).replace('…', () => inner.command)
    return { command: made, ways: [...inner.ways, command] }
  }
  for (const [expression, command] of around().tails) {
    const match = expression.exec(text)
    if (match === null) continue
    const inner = composed(request, { text: text.slice(0, match.index), values }, deep - 1)
    // What is behind a command that changes something is not about its output.
    if (inner === undefined || !fitsBehind(inner.command, command)) continue
    const made = filled(command, match, request, reading).replace('…', () => inner.command)
    return { command: made, ways: [...inner.ways, command] }
  }
  for (const [expression, instead, behind] of around().heads) {
    const match = expression.exec(text)
    if (match === null) continue
    const inner = composed(request, { text: `${instead} ${text.slice(match[0].length)}`, values }, deep - 1)
    if (inner !== undefined && fitsBehind(inner.command, behind))
      return { command: `${inner.command}${behind}`, ways: [...inner.ways, `…${behind}`] }
  }
  return undefined
}

/** Whether the command is not what its words mean, whatever sentence they fit. */
function isRefused(made: string, { text, values }: Reading): boolean {
  // The contents of a thing are not the thing, and packed files hold other lines than their bytes tell.
  return (
    (CHANGES_WHOLE.test(made) && /\bcontents? of\b/.test(text)) ||
    readsPacked(made) ||
    // Other archives have other tools, no archive is a line of text, a directory is copied with -r, and a list is no file.
    /^tar -xf \S*\.(?:zip|7z|rar)\b|^echo .*> \S*\.(?:t?gz|zip|bz2|xz|zst|7z|rar|tar)'?$|^cp [^\s-]\S*\/ |^sed -i .* '[^']*[;,][^']*'$/.test(
      made,
    ) ||
    // A host without a directory says nothing of where the file is there.
    (/^scp .* \.$/.test(made) && values.some((one) => /@[^:/]+:?$|^\d+(?:\.\d+){3}$/.test(one)))
  )
}
