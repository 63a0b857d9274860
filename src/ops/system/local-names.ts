// The machine's own users and groups, from passwd(5) and group(5): known also while a directory does not answer.
import { readFile, stat } from 'node:fs/promises'
import type { LocalNames } from '../../trust/access/index.ts'

interface Files {
  readonly passwd: string
  readonly group: string
}

/** Read again when a file has changed. Rejects when one cannot be read. */
export function createLocalNames({ passwd, group }: Files): (uid: number) => Promise<LocalNames> {
  const readUsers = readingAgain(passwd)
  const readGroups = readingAgain(group)
  return async (uid) => {
    const [allUsers, allGroups] = await Promise.all([readUsers(), readGroups()])
    const own = allUsers.filter(([, , number]) => number === String(uid))
    const users = own.map(([name = '']) => name)
    const gids = new Set(own.map(([, , , gid]) => gid))
    const groups = allGroups.flatMap(([name = '', , gid, members = '']) =>
      gids.has(gid) || members.split(',').some((member) => users.includes(member)) ? [name] : [],
    )
    return { users, groups }
  }
}

/** The fields of each line. Lines that stand for a directory's accounts (`+`, `-`) have no number, and name no account. */
function readingAgain(path: string): () => Promise<readonly (readonly string[])[]> {
  let seen = ''
  let rows: readonly (readonly string[])[] = []
  return async () => {
    const { ino, size, mtimeMs } = await stat(path)
    const now = `${ino} ${size} ${mtimeMs}`
    if (now === seen) return rows
    const text = await readFile(path, 'utf8')
    rows = text.split('\n').flatMap((line) => {
      const fields = line.split(':')
      return /^[^+#-]/.test(line) && /^\d+$/.test(fields[2] ?? '') ? [fields] : []
    })
    seen = now
    return rows
  }
}
