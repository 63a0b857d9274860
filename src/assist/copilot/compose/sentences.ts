// Matches a whole request against the sentences of the grammar; nothing of it may be left over.
import { changesSomething, isTooMuch } from './acts.ts'
import { asFiles, asPattern, asWord, isMode, type Reading, secondsOf } from './read.ts'
import { ABOUT_MACHINE } from './sentences-machine.ts'
import { ABOUT_FILES, PARTS } from './sentences-words.ts'

let made: readonly (readonly [RegExp, string])[] | undefined

const written = (pattern: string): string =>
  pattern.replace(/\{([A-Z]+)\}/g, (_, name: string) => written(PARTS[name] as string))

/** The expressions of all sentences, made when the first request comes. */
const sentences = (): readonly (readonly [RegExp, string])[] =>
  (made ??= [...ABOUT_FILES, ...ABOUT_MACHINE].map(
    ([pattern, command]) => [new RegExp(`^(?:${written(pattern)})$`), command] as const,
  ))

/** The command of the first sentence that is the whole request; undefined if there is none. */
export function composeSentence(request: string, reading: Reading): string | undefined {
  for (const [expression, command] of sentences()) {
    const match = expression.exec(reading.text)
    if (match === null) continue
    const made = filled(command, match, request, reading).trim()
    // Whole disks, the root and every file at once are for nobody to name in passing.
    return changesSomething(made) && reading.values.some(isTooMuch) ? undefined : made
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
    /\$\$\$\$|\$\$1=1|(\$?)\$([1-9])([/!%+]?)/g,
    (whole, column: string, place: string, kind: string, at: number) => {
      if (whole === '$$$$') return '$$'
      if (whole === '$$1=1') return '$1'
      if (match[Number(place)] === undefined) return ''
      const raw = value(place)
      if (kind === '!') return raw
      if (kind === '+') return String(Number.parseInt(raw, 10) + 1)
      if (kind === '%') return String(Math.max(1, Math.round(secondsOf(raw))))
      if (kind === '/') return asPattern(raw)
      if (isMode(match[Number(place)] ?? '', command.slice(0, at))) return column + raw
      if (/^<n/.test(match[Number(place)] ?? '')) return column + raw.replace(/\D+$/, '')
      return column + (/^<g/.test(match[Number(place)] ?? '') ? asFiles(raw) : asWord(raw))
    },
  )
}
