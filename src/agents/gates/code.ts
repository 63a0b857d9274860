// What an action runs as code, and the directories it works in: read for the judgement, and bound to the yes by their hashes.
import { readdirSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Machine } from '../../assist/risk/index.ts'
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import { orElse } from '../../base/run/or-else.ts'
import { CLOSED, contentAt, MISSING } from '../../muscle/contract/content.ts'
import type { Code } from '../../muscle/contract/messages.ts'
import { type FileChange, type Present, targetOf, textsCompared } from '../approvals/changes.ts'
import { isBuiltIn } from '../builtins/words.ts'
import type { Action, BoundFile, Pin } from '../types.ts'
import type { RiskFindings } from './risk.ts'

/** Files and directories of one action; one with more is denied. */
const MOST_FILES = 128
/** Texts that are remembered to be compared with what takes their place; each has at most 16 KiB. */
const MOST_TEXTS = 64
/** Directories above a script in which its package is looked for. */
const MOST_LEVELS = 8
/** Where a jail looks for a program that is named without its path. */
const PROGRAMS = ['/usr/local/bin', '/usr/bin', '/bin']
/** Programs that the packages of the system bring, and replace in each update. */
const OF_SYSTEM = /^\/(?:usr\/)?s?bin\//

/** Bytes of a file that a card shows as it is. */
const SHOWN_BYTES = 128 * 1024

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

/** A program of a person that works outside of any jail and only asks: its shells are theirs, and nothing is granted by it. */
export const isForeign = ({ agent }: Pick<Action, 'agent'>): boolean =>
  /^kBridge:/.test(agent) && !isBuiltIn(agent)

interface Seen {
  readonly risk: RiskFindings
  readonly code: readonly BoundFile[]
}

interface Called {
  readonly code: readonly BoundFile[]
  /** The file that the call would change, as `targetOf` has it. */
  readonly target: string | undefined
}

export function createCode({ looking, machine }: CodeDeps) {
  /** By their hashes. */
  const texts = createRecent<string, string>(MOST_TEXTS)

  /** `judge` reads the files. Rejects where a filesystem does not answer, and where there are too many files. */
  async function look(action: Action, judge: (machine: Machine) => RiskFindings): Promise<Seen> {
    const seen = await looking(async (mayLook) => {
      const found = new Map<string, string | undefined | null>()
      const names = new Set<string>()
      const risk = judge(
        machine(action, mayLook, (path, text) => {
          if (path.includes('/')) found.set(path, text)
          else names.add(path)
        }),
      )
      const more = await Promise.all([
        // Where an AI tool finds a program, outside of jails, its own PATH says.
        ...(isForeign(action) ? [] : [...names].map((name) => firstOf(PROGRAMS, name, mayLook))),
        ...[...found.keys()]
          .filter((path) => /\.[cm]?[jt]s$/.test(path))
          .map((path) => packageOf(path, mayLook)),
      ])
      const places = [action.cwd, ...action.binds.map(({ path }) => path)]
      const paths = [...new Set([...places, ...found.keys(), ...more.filter((path) => path !== undefined)])]
      if (paths.length > MOST_FILES) throw new Error(`it runs or sees more than ${MOST_FILES} files`)
      const code = await Promise.all(paths.filter(mayLook).map(boundFile))
      const closed = code.find((one) => found.has(one.path) && !isVisible(one))
      if (closed && !isForeign(action))
        throw new KaroError('refused', `this node may not see ${closed.path}: put what runs there into /srv`)
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

  /** Of a call: what the server was started from, which is not looked at again, and the file that it would change. */
  async function calledOf(action: Action, pin: Pin | undefined): Promise<Called> {
    const seen = await looking(async (mayLook) => {
      const target = targetOf(action, mayLook)
      const isSeen = target !== undefined && mayLook(target)
      return { target, changes: isSeen ? [await boundFile(target)] : [] }
    })
    if (seen === undefined) throw new Error('a filesystem that it needs does not answer')
    const { target, changes } = seen
    const started = (pin?.code ?? []).map((file) => ({ ...file, bytes: null }))
    return {
      target,
      code: [...(pin === undefined ? [] : await programOf(action.argv)), ...started, ...changes],
    }
  }

  /** What is not as it was, with both: their texts where they are short, else their sizes and hashes. */
  const changed = (
    before: readonly (Code & Partial<BoundFile>)[],
    now: typeof before,
  ): Promise<readonly FileChange[]> =>
    Promise.all(
      [...new Set([...before, ...now].map(({ path }) => path))].flatMap((path) => {
        const [was, is] = [before, now].map((all) => all.find((one) => one.path === path))
        if (was?.hash === is?.hash) return []
        const note = `It was ${told(was)} when it was approved, and is ${told(is)} now.`
        return [textsCompared(path, texts.get(was?.hash ?? ''), texts.get(is?.hash ?? ''), note)]
      }),
    )

  return { look, changed, calledOf }
}

/** The node may read it, or the entries of a directory. */
const isVisible = ({ path, hash }: BoundFile): boolean =>
  hash.startsWith('directory ') ? orElse(() => readdirSync(path).length >= 0, false) : hash !== CLOSED

/** What has not been read is not known to be safe, which no other risk may push off the card. */
const withUnread = (risk: RiskFindings, [first, ...more]: readonly BoundFile[]): RiskFindings => ({
  ...risk,
  risk: risk.risk === 'safe' ? 'moderate' : risk.risk,
  risks: [
    `Nobody has read what ${first?.path.slice(-400)}${more.length === 0 ? ' does' : ` and ${more.length} more do`}.`,
    ...risk.risks,
  ].slice(0, 8),
})

/** Of a program of the system, which its user cannot change; reading one takes as long as a call may. */
const systemPrograms = createRecent<string, BoundFile>(MOST_TEXTS)

async function programOf([name = '']: readonly string[]): Promise<readonly BoundFile[]> {
  const path = name.includes('/') ? undefined : await firstOf(PROGRAMS, name)
  if (path === undefined || !OF_SYSTEM.test(path)) return []
  const { ino, ctimeNs } = await stat(path, { bigint: true })
  const key = `${path} ${ino} ${ctimeNs}`
  const known = systemPrograms.get(key) ?? (await boundFile(path))
  systemPrograms.set(key, known)
  return [known]
}

/** The real path of the first that is there. */
async function firstOf(
  directories: readonly string[],
  name: string,
  mayLook: (path: string) => boolean = () => true,
): Promise<string | undefined> {
  for (const at of directories.map((directory) => join(directory, name)).filter(mayLook)) {
    const real = await realpath(at).catch(() => undefined)
    if (real !== undefined) return real
  }
  return undefined
}

/** Which version of which package the script is of. */
const packageOf = (path: string, mayLook: (path: string) => boolean): Promise<string | undefined> => {
  const directories: string[] = []
  for (let at = dirname(path); at !== '/' && directories.length < MOST_LEVELS; at = dirname(at))
    directories.push(at)
  return firstOf(directories, 'package.json', mayLook)
}

/** What a lasting grant is for: directories are in its words, and programs of the system are updated without a question. */
export const pinnedOf = (code: readonly BoundFile[]): readonly BoundFile[] =>
  code.filter(({ path, bytes }) => bytes !== null && !OF_SYSTEM.test(path))

export const isSameCode = (a: readonly Code[], b: typeof a): boolean =>
  a.length === b.length &&
  a.every(({ path, hash }) => b.some((one) => one.path === path && one.hash === hash))

const told = (file: (Code & Partial<BoundFile>) | undefined): string => {
  if (file === undefined) return 'none of what it runs'
  if (file.hash === MISSING) return 'not there'
  const size = file.bytes == null ? '' : `${file.bytes} bytes with the hash `
  return `${size}${file.hash.slice(0, size === '' ? 64 : 16)}`
}

async function boundFile(path: string): Promise<BoundFile> {
  const { bytes, hash } = await contentAt(path)
  return { path, bytes, hash }
}

/** The file at a real path; `mayShow`: whether a file, or one that would be made in a directory, may be shown. */
export async function asItIs(at: string, mayShow: (path: string) => boolean): ReturnType<Present> {
  const is = await stat(at).catch(() => undefined)
  if (!mayShow(is === undefined ? dirname(at) : at)) return undefined
  if (is !== undefined && (!is.isFile() || is.size > SHOWN_BYTES)) return undefined
  const { hash, data } = await contentAt(at)
  return hash === MISSING || data !== undefined ? { at, hash, text: data?.toString() ?? null } : undefined
}
