// Pasted lines that a program reads and not the shell: what follows `ed FILE`, `psql db` or `redis-cli` is typed into it.

import { INTERPRETER_NAMES, interpreterName } from '../carriers/wrappers.ts'
import { rows } from '../lookup.ts'
import { baseName } from '../model.ts'
import { EDITORS } from '../writes/scripts.ts'

/** Clients that ask for commands, with the operands that they may have besides: a host, a database, a file. */
const ASKS = rows(
  `
  redis-cli valkey-cli bc dc jshell irb nslookup virsh zkCli.sh octave julia R guile erl swipl ghci scala groovy tclsh: 0
  mongosh mongo mysql mariadb sqlite3 lftp sftp smbclient parted fdisk: 1
  psql cqlsh ftp telnet gdb: 2
  `,
  ':',
  (found) => Number(found.at(-1)),
)
/** Names of what may ask. Names with a version, as `python3.12`, are not among them; `asks` knows those too. */
export const PROMPTS = [...ASKS.names(), ...INTERPRETER_NAMES]
/** A last command of plain words, whose program reads what follows; what stands before it on the line is another's. */
const ALONE =
  /^\s*(?:(?:[^"'`\\]|"[^"\\`]*"|'[^']*')*(?:;|&&|\|\|)\s*)?(?:sudo\s+)?([\w./+-]+)((?:\s[^|<>&;("'`]*)?)$/
/** Options with which a program does not ask: it has its commands, runs a file, or only tells about itself. */
const NEEDS_NO_LINES = /^(?:-[ecfmxlrVb]|--(?!user|host|port|db))/
/** Options of clients whose value is the next word. */
const VALUED = /^-[hpPuUdDnas]$/
/** The end of a dialogue with an editor: without it the lines that follow are commands of the shell. */
const LEAVES = /^(?::(?:w|wq|x|q|wqa|xa)!?|ZZ|\^X)$/m
/** Its end in ed and ex, where commands need no colon. */
const LEAVES_ED = /^:?(?:w|wq|x|q)!?$/m
/** Lines of one text that are looked at. */
const MOST_LINES = 200

/** Whether the program would read the terminal: it has no script, no statement and no option that takes their place. */
export function asks(name: string, words: readonly string[]): boolean {
  const client = ASKS.of(name)
  const most = client ?? (interpreterName(name) === undefined ? undefined : 0)
  if (most === undefined || words.some((word) => NEEDS_NO_LINES.test(word))) return false
  const operands = words.filter(
    (word, i) => word[0] !== '-' && !(client !== undefined && VALUED.test(words[i - 1] ?? '')),
  )
  return operands.length <= most
}

/** The text with the lines behind the first such program as its input, or undefined where it has none. */
export function asDialogue(text: string): string | undefined {
  const lines = text.split('\n')
  if (lines.length > MOST_LINES || text.includes('<<')) return undefined
  const at = lines.findIndex((line, i) => {
    if (i + 1 >= lines.length) return false
    const [, path = '', rest = ''] = ALONE.exec(line) ?? []
    const name = baseName(path)
    if (EDITORS.has(name))
      return (/^(?:ed|ex|red)$/.test(name) ? LEAVES_ED : LEAVES).test(lines.slice(i + 1).join('\n'))
    return asks(name, rest.trim().split(/\s+/).filter(Boolean))
  })
  if (at < 0) return undefined
  const typed = lines.slice(at + 1).join('\n')
  return `${lines[at]!} <<'␄'\n${typed}\n␄`
}
