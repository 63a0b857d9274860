// The machine's own users and groups, from passwd(5) and group(5): known also while a directory does not answer.
import { readFile, stat } from 'node:fs/promises'
import type { LocalNames } from '../../trust/access/index.ts'

/** Read again when a file has changed. Rejects when one cannot be read. */
export function createLocalNames(passwd: string, group: string): (uid: number) => Promise<LocalNames> {
  const readUsers = readingAgain(passwd)
  const readGroups = readingAgain(group)
  return async (uid) => {
    const [{ rows: allUsers, changed }, { rows: allGroups }] = await Promise.all([readUsers(), readGroups()])
    const own = allUsers.filter(([, , number]) => number === String(uid))
    const users = own.map(([name = '']) => name)
    const gids = new Set(own.map(([, , , gid]) => gid))
    const groups = allGroups.flatMap(([name = '', , gid, members = '']) =>
      gids.has(gid) || members.split(',').some((member) => users.includes(member)) ? [name] : [],
    )
    return { users, groups, changed }
  }
}

/** How often a file is read that changes while it is read. */
const TRIES = 3

interface Read {
  /** The fields of each line. Lines that stand for a directory's accounts (`+`, `-`) have no number, and name no account. */
  readonly rows: readonly (readonly string[])[]
  /** When these lines were written, milliseconds since the epoch (st_ctime, which no program can set). */
  readonly changed: number
}

function readingAgain(path: string): () => Promise<Read> {
  let seen = ''
  let read: Read = { rows: [], changed: 0 }
  const look = async () => {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path)
    return { now: `${ino} ${size} ${mtimeMs} ${ctimeMs}`, changed: Math.ceil(ctimeMs) }
  }
  return async () => {
    let { now, changed } = await look()
    for (let left = TRIES; now !== seen; left--) {
      if (left === 0) throw new Error(`${path} changes all the time`)
      const text = await readFile(path, 'utf8')
      const rows = text.split('\n').flatMap((line) => {
        const fields = line.split(':')
        return /^[^+#-]/.test(line) && /^\d+$/.test(fields[2] ?? '') ? [fields] : []
      })
      // Lines of one moment must not get the time of another: an account would seem to be older than it is.
      const after = await look()
      if (after.now === now) {
        seen = now
        read = { rows, changed }
      }
      ;({ now, changed } = after)
    }
    return read
  }
}
