// Pasted lines that a program reads and not the shell: what follows `ed FILE`, `psql db` or `redis-cli` is typed into it.

import { SHELLS } from '../carriers/wrappers.ts'
import { baseName } from '../model.ts'
import { EDITORS, runsCode } from '../writes/positions.ts'

/** Programs beside editors and interpreters that ask for commands. */
const ASKS: ReadonlySet<string> = new Set(
  'redis-cli valkey-cli mongosh mongo mysql mariadb psql sqlite3 cqlsh ftp lftp sftp smbclient telnet bc dc gdb jshell irb nslookup parted fdisk virsh zkCli.sh etcdctl'.split(
    ' ',
  ),
)
/** A line of plain words, whose program reads what follows. */
const ALONE = /^\s*(?:sudo\s+)?([\w./+-]+)(?:\s+[^|<>&;(]*)?$/
/** The end of a dialogue with an editor: without it the lines that follow are commands of the shell. */
const LEAVES = /^(?::?(?:w|wq|x|q|wqa|xa)!?|ZZ|\^X)$/m
/** Lines of one text that are looked at. */
const MOST_LINES = 200

/** The text with the lines behind each such program as its input, or undefined where it has none. */
export function asDialogue(text: string): string | undefined {
  const lines = text.split('\n')
  if (lines.length > MOST_LINES || text.includes('<<')) return undefined
  const at = lines.findIndex((line, i) => {
    const name = baseName(ALONE.exec(line)?.[1] ?? '')
    if (name === '' || SHELLS.has(name) || i + 1 >= lines.length) return false
    return EDITORS.has(name) ? LEAVES.test(lines.slice(i + 1).join('\n')) : ASKS.has(name) || runsCode(name)
  })
  if (at < 0) return undefined
  const typed = lines.slice(at + 1).join('\n')
  return `${lines[at] as string} <<'␄'\n${typed}\n␄`
}
