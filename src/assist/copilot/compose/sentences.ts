// Matches a whole request against the sentences of the grammar; nothing of it may be left over.
import { changesSomething, isTooMuch, readsPacked } from './acts.ts'
import { type Expression, expressionOf } from './needed.ts'
import { asFiles, asPattern, asWord, isMode, type Reading, secondsOf } from './read.ts'
import { ABOUT_MACHINE } from './sentences-machine.ts'
import { HEADS, TAILS } from './sentences-parts.ts'
import { ABOUT_FILES, PARTS } from './sentences-words.ts'

let made: readonly (readonly [Expression, string])[] | undefined

const written = (pattern: string): string =>
  pattern.replace(/\{([A-Z]+)\}/g, (_, name: string) => written(PARTS[name] as string))

/** The expressions of all sentences, made when the first request comes. */
const sentences = (): readonly (readonly [Expression, string])[] =>
  (made ??= [...ABOUT_FILES, ...ABOUT_MACHINE].map(
    ([pattern, command]) => [expressionOf(`^(?:${written(pattern)})$`), command] as const,
  ))

let parts:
  | {
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
    // The contents of a thing are not the thing, and packed files hold other lines than their bytes tell.
    return (CHANGES_WHOLE.test(made) && /\bcontents? of\b/.test(text)) ||
      readsPacked(made) ||
      // Other archives have other tools, no archive is a line of text, a directory is copied with -r, and a list is no file.
      /^tar -xf \S*\.(?:zip|7z|rar)\b|^echo .*> \S*\.(?:t?gz|zip|bz2|xz|zst|7z|rar|tar)'?$|^cp [^\s-]\S*\/ |^sed -i .* '[^']*[;,][^']*'$/.test(
        made,
      ) ||
      // A host without a directory says nothing of where the file is there.
      (/^scp .* \.$/.test(made) && values.some((one) => /@[^:/]+:?$|^\d+(?:\.\d+){3}$/.test(one)))
      ? undefined
      : { command: made, ways: [command] }
  }
  if (deep === 0) return undefined
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

function filled(command: string, match: RegExpExecArray, request: string, { values }: Reading): string {
  const value = (place: string): string => {
    const mark = match[Number(place)] ?? ''
    const number = /^<\w(\d+)>$/.exec(mark)?.[1]
    if (number !== undefined) return values[Number(number)] as string
    const at = request.toLowerCase().indexOf(mark)
    return at < 0 ? mark : request.slice(at, at + mark.length)
  }
  return command.replace(
    /\$\$\$\$|\$\$1=1|(\$?)\$([1-9])((?:\/(?!\*|\.|\$\d)|[!%+~])?)/g,
    (whole, column: string, place: string, kind: string, at: number) => {
      if (whole === '$$$$') return '$$'
      if (whole === '$$1=1') return '$1'
      if (match[Number(place)] === undefined) return ''
      const raw = value(place)
      // A command with signs of the shell in it is one word for what runs it again and again.
      if (kind === '!') return /^watch\b/.test(command) && /[|&;<>$"'\x60\\]/.test(raw) ? asWord(raw) : raw
      if (kind === '~') return raw.replace(/[${}]/g, '')
      if (kind === '+') return String(Number.parseInt(raw, 10) + 1)
      if (kind === '%') return String(Math.max(1, Math.round(secondsOf(raw))))
      if (kind === '/') return asPattern(raw)
      if (isMode(match[Number(place)] ?? '', command.slice(0, at))) return column + raw
      if (/^<n/.test(match[Number(place)] ?? '')) return column + raw.replace(/\D+$/, '')
      return column + (/^<g/.test(match[Number(place)] ?? '') ? asFiles(raw) : asWord(raw))
    },
  )
}
