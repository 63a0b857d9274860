// What an action runs as code, and the directories it works in: read for the judgement, and bound to the yes by their hashes.
import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Machine } from '../../assist/risk/index.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import { type FileChange, textsCompared } from '../approvals/changes.ts'
import type { BoundFile } from '../approvals/types.ts'
import type { Action } from '../types.ts'
import type { RiskFindings } from './risk.ts'

/** Bytes of a file that is hashed; a larger one is known by its place on the disk and the moment of its last change. */
const MOST_BYTES = 16 * 1024 * 1024
/** Files and directories of one action; one with more is denied. */
const MOST_FILES = 128
/** Texts that are remembered to be compared with what takes their place; each has at most 16 KiB. */
const MOST_TEXTS = 64

export interface CodeDeps {
  /** Asks `work` again for each filesystem of a server that answers; undefined: one does not. */
  readonly looking: <T>(work: (mayLook: (path: string) => boolean) => Promise<T>) => Promise<T | undefined>
  /** What may be known of this machine for the person who asks; `runs` hears of each file that runs as code. */
  readonly machine: (
    action: Action,
    mayLook: (path: string) => boolean,
    runs: NonNullable<Machine['runs']>,
  ) => Machine
}

interface Seen {
  readonly risk: RiskFindings
  readonly code: readonly BoundFile[]
}

export function createCode({ looking, machine }: CodeDeps) {
  /** By their hashes. */
  const texts = createRecent<string, string>(MOST_TEXTS)

  /** `judge` reads the files. Rejects where a filesystem does not answer, and where there are too many files. */
  async function look(action: Action, judge: (machine: Machine) => RiskFindings): Promise<Seen> {
    const seen = await looking(async (mayLook) => {
      const found = new Map<string, string | undefined | null>()
      const risk = judge(machine(action, mayLook, (path, text) => void found.set(path, text)))
      const paths = [...new Set([action.cwd, ...action.binds.map(({ path }) => path), ...found.keys()])]
      if (paths.length > MOST_FILES) throw new Error(`it runs or sees more than ${MOST_FILES} files`)
      const code = await Promise.all(paths.filter(mayLook).map(boundFile))
      const unread = code.filter(({ path, hash }) => {
        const text = found.get(path)
        if (!found.has(path) || text === null || hash === MISSING) return false
        if (text === undefined || toHex(blake3([Buffer.from(text)])) !== hash) return true
        texts.set(hash, text)
        return false
      })
      return { risk: unread.length === 0 ? risk : withUnread(risk, unread), code }
    })
    if (seen === undefined) throw new Error('a filesystem that it needs does not answer')
    return seen
  }

  /** What is not as it was, with both: their texts where they are short, else their sizes and hashes. */
  const changed = (before: readonly BoundFile[], now: readonly BoundFile[]): Promise<readonly FileChange[]> =>
    Promise.all(
      [...new Set([...before, ...now].map(({ path }) => path))].flatMap((path) => {
        const [was, is] = [before, now].map((all) => all.find((one) => one.path === path))
        if (was?.hash === is?.hash) return []
        const note = `It was ${told(was)} when it was approved, and is ${told(is)} now.`
        return [textsCompared(path, texts.get(was?.hash ?? ''), texts.get(is?.hash ?? ''), note)]
      }),
    )

  return { look, changed }
}

/** What has not been read is not known to be safe. */
const withUnread = (risk: RiskFindings, unread: readonly BoundFile[]): RiskFindings => ({
  ...risk,
  risk: risk.risk === 'safe' ? 'moderate' : risk.risk,
  risks: [
    ...unread.slice(0, 2).map(({ path }) => `Nobody has read what ${path.slice(-400)} does.`),
    ...(unread.length > 2 ? [`The same is true of ${unread.length - 2} more files.`] : []),
    ...risk.risks,
  ].slice(0, 8),
})

const MISSING = 'missing'
const told = (file: BoundFile | undefined): string => {
  if (file === undefined || file.hash === MISSING) return 'not there'
  return file.bytes === null ? file.hash : `${file.bytes} bytes with the hash ${file.hash.slice(0, 16)}`
}

async function boundFile(path: string): Promise<BoundFile> {
  // Opening a pipe would wait for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
  try {
    const is = await (file?.stat({ bigint: true }) ?? stat(path, { bigint: true }))
    if (is.isDirectory()) return { path, bytes: null, hash: `directory ${is.dev}:${is.ino}` }
    const bytes = Number(is.size)
    if (file === undefined || !is.isFile() || bytes > MOST_BYTES)
      return { path, bytes, hash: `file ${is.dev}:${is.ino} of ${is.ctimeNs}` }
    const content = await file.readFile()
    return { path, bytes: content.length, hash: toHex(blake3([content])) }
  } catch {
    return { path, bytes: null, hash: MISSING }
  } finally {
    await file?.close()
  }
}
