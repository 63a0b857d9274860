// Fills the things of a request into the form of a command, and writes out the shared parts of patterns.
import { asFiles, asPattern, asWord, findSize, isMode, type Reading, secondsOf } from './read.ts'
import { PARTS } from './sentences-words.ts'

/** A pattern with its `{PARTS}` written out. */
export const written = (pattern: string): string =>
  pattern.replace(/\{([A-Z]+)\}/g, (_, name: string) => written(PARTS[name] as string))

/** The form of a command with `$1` … as words; see the tables of sentences for what may stand behind a number. */
export function filled(
  command: string,
  match: RegExpExecArray,
  request: string,
  { values }: Reading,
): string {
  const value = (mark: string): string => {
    const number = /^<\w(\d+)>$/.exec(mark)?.[1]
    if (number !== undefined) return values[Number(number)] as string
    const at = request.toLowerCase().indexOf(mark)
    return at < 0 ? mark : request.slice(at, at + mark.length)
  }
  return command.replace(
    /\$\$\$\$|\$\$1=1|(\$?)\$([1-9])((?:\/(?!\*|\.|\$\d)|[!%+~#^&?])?)/g,
    (whole, column: string, place: string, kind: string, at: number) => {
      if (whole === '$$$$') return '$$'
      if (whole === '$$1=1') return '$1'
      const mark = match[Number(place)]
      if (mark === undefined) return ''
      const each = mark.split(BETWEEN)
      if (each.length > 1 || kind === '&')
        return each.map((one) => (kind === '&' ? asFiles(value(one)) : word(one, value(one)))).join(' ')
      const raw = value(mark)
      // A command with signs of the shell in it is one word for what runs it again and again.
      if (kind === '!') return /^watch\b/.test(command) && /[|&;<>$"'\x60\\]/.test(raw) ? asWord(raw) : raw
      if (kind === '~') return raw.replace(/[${}]/g, '')
      if (kind === '+') return String(Number.parseInt(raw, 10) + 1)
      if (kind === '%') return String(Math.max(1, Math.round(secondsOf(raw))))
      if (kind === '/') return asPattern(raw)
      if (kind === '?') return asWord(SIGNS[raw.toLowerCase()] ?? raw)
      if (kind === '^') return findSize(raw).replace(/c$/, '')
      if (kind === '#') return String(ORDINALS.indexOf(raw.toLowerCase()) + 1 || raw.replace(/\D+$/, ''))
      if (isMode(mark, command.slice(0, at))) return column + raw
      return column + word(mark, raw)
    },
  )
}

/** A thing as a word: a number without its ending, a pattern as the shell takes it. */
const word = (mark: string, raw: string): string =>
  /^<n/.test(mark) ? raw.replace(/\D+$/, '') : /^<g/.test(mark) ? asFiles(raw) : asWord(raw)

const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth'.split(' ')
/** Signs that have a name. */
const SIGNS: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  colon: ':',
  dot: '.',
  period: '.',
  slash: '/',
  space: ' ',
  hyphen: '-',
  dash: '-',
  underscore: '_',
  pipe: '|',
  equals: '=',
}
/** What stands between the things of a list. */
const BETWEEN = / ?, ?(?:and )?| and | (?=<)/
