// The grammar's door: commands that are composed from the words of a request, the best first.
import type { Candidate } from '../types.ts'
import { changesSomething, withoutEmptying } from './acts.ts'
import { composeFind } from './find.ts'
import { askedOfOneself } from './oneself.ts'
import { read } from './read.ts'
import { composeSentence } from './sentences.ts'

/** Words that may be left over in a guess. */
const MOST_LEFT = 2

export function compose(request: string): readonly Candidate[] {
  const own = askedOfOneself(request)
  if (own !== undefined) return [{ ...candidate(own, 0, ['oneself']), source: 'karo', score: 2 }]
  const reading = read(request)
  const sentence = composeSentence(request, reading)
  if (sentence !== undefined) {
    const safe = withoutEmptying(sentence.command)
    return safe === undefined
      ? []
      : [candidate(safe, 0, [sentence.ways[0] === 'form' ? [] : ['sentence'], sentence.ways].flat())]
  }
  const found = composeFind(request, reading)
  // What would change something is never a guess.
  if (found === undefined || withoutEmptying(found.command) !== found.command) return []
  if (found.left.length > (changesSomething(found.command) ? 0 : MOST_LEFT)) return []
  return [candidate(found.command, found.left.length, ['search', ...found.ways])]
}

const candidate = (command: string, left: number, ways: readonly string[]): Candidate => ({
  command,
  ways,
  source: 'grammar',
  // A composed kill stands before recipes, which take any word for the name of a process.
  score: /^p?kill /.test(command) ? 1.5 : 0.97 - 0.3 * left,
  placeholders: [],
  destroys: / -delete\b|^rm |-exec rm |^kill |^pkill /.test(command),
  confidence: left === 0 ? 'sure' : 'perhaps',
})
