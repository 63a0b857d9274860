// What pages of docs show of commands that need no daemon is what these print, apart from where a line ends.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'

/** Quotes alone are taken off: no line here has anything else that a shell would change. */
const wordsOf = (line: string): string[] =>
  (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'([^']*)'$/, '$1'))

const flat = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** Each command line of a page's blocks, with what stands below it; manual pages are those of one machine. */
function shown(page: string): [string, string][] {
  const text = readFileSync(join(import.meta.dirname, '../../../docs', page), 'utf8')
  return text.split('```').flatMap((block, i) =>
    i % 2 === 0
      ? []
      : block
          .split(/^\$ /m)
          .slice(1)
          .map((one): [string, string] => [one.split('\n', 1)[0] ?? '', one.slice(one.indexOf('\n'))])
          .filter(([line, says]) => /^karo (ask|check|explain) '/.test(line) && !/…|\[man /.test(says)),
  )
}

test.each(['copilot.md', 'risk.md'].flatMap((page) => shown(page).map((one) => [page, ...one] as const)))(
  '%s: %s',
  async (_page, line, says) => {
    const { out } = await commandLine(wordsOf(line).slice(1), { env: { KARO_HOME: temporaryDirectory() } })
    expect(flat(out)).toBe(flat(says))
  },
)
