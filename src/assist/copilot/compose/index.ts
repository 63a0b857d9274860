// The grammar's door: commands that are composed from the words of a request, the best first.
import type { Candidate } from '../types.ts'
import { changesSomething } from './acts.ts'
import { composeFind } from './find.ts'
import { askedOfOneself } from './oneself.ts'
import { asWord, read } from './read.ts'
import { composeSentence } from './sentences.ts'

/** Words that may be left over in a guess. */
const MOST_LEFT = 2

export function compose(request: string): readonly Candidate[] {
  const own = askedOfOneself(request)
  if (own !== undefined) return [{ ...candidate(own, 0), source: 'karo', score: 2 }]
  const reading = read(request)
  const sentence = composeSentence(request, reading)
  if (sentence !== undefined) {
    const safe = withoutEmptying(sentence, reading.values)
    return safe === undefined ? [] : [candidate(safe, 0)]
  }
  const found = composeFind(request, reading)
  // What would change something is never a guess.
  if (found === undefined || withoutEmptying(found.command, reading.values) !== found.command) return []
  if (found.left.length > (changesSomething(found.command) ? 0 : MOST_LEFT)) return []
  return [candidate(found.command, found.left.length)]
}

const candidate = (command: string, left: number): Candidate => ({
  command,
  source: 'grammar',
  score: 0.97 - 0.3 * left,
  placeholders: [],
  destroys: / -delete\b|^rm |-exec rm |^kill |^pkill /.test(command),
  confidence: left === 0 ? 'sure' : 'perhaps',
})

/** Where a command writes its output. */
const WRITES = /(?:>>?|\| tee) (\S+|'.*')$/
/** The shell empties a file before the command in front of `>` reads it; a text that is written is read from no file. */
const READS_NOTHING = /^echo /

/** The command in a form that does not empty what it reads; undefined where it would and there is no such form. */
function withoutEmptying(command: string, values: readonly string[]): string | undefined {
  const target = WRITES.exec(command)?.[1]
  if (target === undefined || READS_NOTHING.test(command)) return command
  const places = values.map(placeOf)
  const twice = places.filter((one, at) => places.indexOf(one) !== at)
  if (!twice.some((one) => values.some((value) => placeOf(value) === one && asWord(value) === target)))
    return command
  const [, options = '', source] = /^sort((?: -\w+)*) (\S+) > \S+$/.exec(command) ?? []
  return source === target ? `sort${options} -o ${target} ${source}` : undefined
}

/** One spelling for the same file, as far as the words alone tell it. */
const placeOf = (value: string): string =>
  value
    .replace(/^\$(?:HOME|\{HOME\})(?=\/|$)/, '~')
    .replace(/\/{2,}/g, '/')
    .replace(/\/\.(?=\/)/g, '')
    .replace(/^(?:\.\/|\$PWD\/)+/, '')
