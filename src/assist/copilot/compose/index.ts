// The grammar's door: commands that are composed from the words of a request, the best first.
import type { Candidate } from '../types.ts'
import { composeFind } from './find.ts'
import { read } from './read.ts'

/** Words that may be left over in a guess. */
const MOST_LEFT = 2

export function compose(request: string): readonly Candidate[] {
  const reading = read(request)
  const found = composeFind(request, reading)
  if (found === undefined || found.left.length > MOST_LEFT) return []
  const { command, left } = found
  const destroys = / -delete\b| rm /.test(command)
  // What would destroy is never a guess.
  if (destroys && left.length > 0) return []
  return [
    {
      command,
      source: 'grammar',
      score: 1 - 0.25 * left.length,
      placeholders: [],
      destroys,
      confidence: left.length === 0 ? 'sure' : 'perhaps',
    },
  ]
}
