// Reads the requests that `karo ask` is measured with, and says which it answers as it should.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Request {
  readonly words: string
  readonly accepts: RegExp
}

/** Lines `request => pattern` of a file in test/corpus; `(nothing)`: no answer; `#` begins a comment. */
export function readRequests(name: string): readonly Request[] {
  return readFileSync(join(import.meta.dirname, '../../corpus', name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const at = line.lastIndexOf(' => ')
      if (at < 0) throw new Error(`no pattern: ${line}`)
      const pattern = line.slice(at + 4)
      return { words: line.slice(0, at), accepts: pattern === '(nothing)' ? /^$/ : new RegExp(pattern) }
    })
}
