// Paths on filesystems that may not answer: a look at a file there could hold the whole daemon up for as long as a server is away.
import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { within } from '../../base/async/deadline.ts'

/** Types of filesystems whose files another machine or another program serves. */
const SERVED =
  /^(?:nfs\d?|cifs|smb\w*|fuse|fuse\..+|9p|afs|ceph|glusterfs|lustre|beegfs|gpfs|orangefs|davfs)$/
/** A server that answers at all does so within this time; the shell waits for a quarter of a second. */
const ANSWERS_MS = 100
/** Questions that may be under way: each of them holds one of the few threads that also work for the store. */
const MOST_QUESTIONS = 2
/** Different filesystems that one line may name. */
const MOST_MOUNTS = 4

interface Mount {
  readonly at: string
  readonly type: string
}

/** What is mounted where, of the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
function mountsOf(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const at = before.split(' ')[4]
    if (at === undefined) return []
    const path = at.replace(/\\(\d{3})/g, (_all, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    )
    return [{ at: path, type: after.split(' ')[0] ?? '' }]
  })
}

const holds = (mount: string, path: string): boolean =>
  path === mount || path.startsWith(mount === '/' ? mount : `${mount}/`)

/**
 * Whether a look at the path may mount something, which takes as long as its server likes: it is on an automounter, and nothing
 * is mounted there yet. An automounter answers questions itself, so its answer says nothing about the server.
 */
const mayMount = (mounts: readonly Mount[], home: string, path: string): boolean =>
  mounts.some(
    ({ at, type }) =>
      type === 'autofs' &&
      holds(at, path) &&
      !(holds(at, home) && (path === at || holds(home, path))) &&
      !mounts.some(
        (other) => other.type !== 'autofs' && other.at.length >= at.length && holds(other.at, path),
      ),
  )

interface MountDeps {
  /** Text of /proc/self/mountinfo. */
  readonly read: () => string
  /** Resolves or rejects when the filesystem that is mounted there answers. */
  readonly ask: (mount: string) => Promise<unknown>
}

const SYSTEM: MountDeps = { read: () => readFileSync('/proc/self/mountinfo', 'utf8'), ask: statfs }

/** `home` is on a filesystem without which the node does not work anyway. */
export function createMounts(home: string, { read, ask }: MountDeps = SYSTEM) {
  const asked = new Map<string, Promise<unknown>>()

  async function answers(mount: string): Promise<boolean> {
    let question = asked.get(mount)
    if (question === undefined) {
      if (asked.size >= MOST_QUESTIONS) return false
      question = ask(mount).finally(() => asked.delete(mount))
      asked.set(mount, question)
    }
    try {
      return await within(question, ANSWERS_MS)
    } catch {
      // It answered, with an error.
      return true
    }
  }

  function mountedNow() {
    const mounts = mountsOf(read())
    return { mounts, served: mounts.filter(({ type }) => SERVED.test(type)).map(({ at }) => at) }
  }

  return {
    /** Whether a filesystem has been asked that has not answered. */
    waits: () => asked.size > 0,
    /**
     * The result of `work`, which asks of each path whether it may look at it; undefined where it may not, because a
     * filesystem did not answer. `work` is done anew for each filesystem that answers.
     */
    async looking<T>(work: (mayLook: (path: string) => boolean) => Promise<T>) {
      const known = new Set<string>()
      // Most lines name no file, and need no list of mounts.
      let there: ReturnType<typeof mountedNow> | undefined
      for (let tries = 0; tries <= MOST_MOUNTS; tries++) {
        const missed = new Set<string>()
        let mounting = false
        const result = await work((path) => {
          there ??= mountedNow()
          const { mounts, served } = there
          const unknown = served.filter(
            (mount) => !known.has(mount) && !holds(mount, home) && holds(mount, path),
          )
          for (const mount of unknown) missed.add(mount)
          const isAutomatic = mayMount(mounts, home, path)
          mounting ||= isAutomatic
          return unknown.length === 0 && !isAutomatic
        })
        if (mounting) return undefined
        const [mount] = missed
        if (mount === undefined) return result
        if (!(await answers(mount))) return undefined
        known.add(mount)
      }
      return undefined
    },
  }
}
