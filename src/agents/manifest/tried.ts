// Tries in a jail whether its user can use the places that an agent is to be given, so that `agent add` says what cannot work.
import { dirname } from 'node:path'
import { KaroError } from '../../base/errors.ts'
import type { Bind } from '../../muscle/contract/messages.ts'
import { type JailDeps, runInJail } from '../builtins/outward.ts'
import type { Action } from '../types.ts'

/**
 * Words: a test such as `-w` and a path, again and again; each that is not so is told. Behind -d, which needs a directory, also tells with -c what lies in
 * it and cannot be changed, but for what begins with a dot there.
 *
 * Behind -f, which needs a file, also tells with -o which file, or which files of a directory, a small virtual machine may write and cannot empty, because
 * they are not its user's own. A chmod that changes nothing finds them, as it fails for the same files. Their owners do not tell: inside, all users that
 * the namespace of the jail does not have look like nobody.
 */
const TRY = String.raw`export LC_ALL=C
while [ $# -gt 1 ]; do [ "$1" "$2" ] || printf "%s\n" "$1$2"
case $1$(grep -om1 '^shared [^ ]* 9p' /proc/mounts) in
-d*) timeout 10 find "$2" -xdev -mindepth 1 -path "$2/.*" -prune -o ! -type l ! -writable -printf '-c%p\n' ;;
-f?*) timeout 10 find "$2" -xdev -path "$2/.*" -prune -o -type f -writable -exec chmod -- u+w {} + 2>&1 |
sed -n "s/^chmod: changing permissions of '\(.*\)': .*/-o\1/p" ;;
esac; shift 2; done`
/** Files that are named. */
const MOST_NAMED = 8
/** Jails of root run as this user. */
const NOBODY = 65_534

const NOTHING_SAID = { user: NOBODY, lines: [] as readonly string[] }

/** The uid that jails run as, and the lines; nothing without a Muscle. */
async function said(deps: JailDeps, binds: readonly Bind[], words: readonly string[], traceId: string) {
  const [read, write] = [false, true].map((is) =>
    binds.filter((one) => one.write === is).map(({ path }) => path),
  )
  const input = { argv: ['sh', '-c', TRY, 'sh', ...words], cwd: '/usr', read, write }
  try {
    const { owner } = await deps.muscle.client()
    const { stdout } = await runInJail(deps, input, {
      signal: new AbortController().signal,
      traceId,
      code: [],
    })
    return { user: owner === 0 ? NOBODY : owner, lines: stdout.split('\n').slice(0, -1) }
  } catch (error) {
    if (error instanceof KaroError && error.code === 'unavailable') return NOTHING_SAID
    throw error
  }
}

const letIn = (user: number, rights: string, path: string): string =>
  `setfacl -R -m u:${user}:${rights} ${path}`

/**
 * What lies in the places to be written and the user of jails cannot change, some of it. Rejects with KaroError `refused` for the first place that cannot be
 * given, or that the user of jails cannot read or write. Without a Muscle nothing is tried.
 */
export async function tryPlaces(
  deps: JailDeps,
  binds: readonly Bind[],
  traceId: string,
): Promise<readonly string[]> {
  if (binds.length === 0) return []
  const words = binds.flatMap(({ path, write }) =>
    write ? ['-w', path, '-d', path, '-f', path] : ['-r', path],
  )
  const { user, lines } = await said(deps, binds, words, traceId)
  const bad = lines.find((line) => /^-[rw]/.test(line))
  if (bad === undefined)
    return lines.flatMap((line) => /^-[co](.+)/.exec(line)?.[1] ?? []).slice(0, MOST_NAMED)
  const path = bad.slice(2)
  const isWrite = bad.startsWith('-w')
  const ofService =
    isWrite && user !== NOBODY && user !== process.getuid?.()
      ? `; if it is let in already, ReadWritePaths=${path} under [Service]: systemctl edit karo-exec`
      : ''
  throw new KaroError(
    'refused',
    `the agent could not ${isWrite ? 'write' : 'read'} ${path}: jails run as user ${user}, who may not`,
    {
      where: isWrite ? '--write' : '--read',
      hint: `Let that user in:  ${letIn(user, isWrite ? 'rwX' : 'rX', path)}  (and x on the directories above)${ofService}`,
    },
  )
}

/** Says on a card that what a call would change cannot be changed by the user of its jail; undefined where it can, or nobody knows. */
export async function tryChange(
  deps: JailDeps,
  { binds, traceId }: Pick<Action, 'binds' | 'traceId'>,
  target: string,
): Promise<string | undefined> {
  if (!binds.some(({ path, write }) => write && (target === path || target.startsWith(`${path}/`))))
    return undefined
  const words = ['-e', target, '-w', target, '-w', dirname(target), '-f', target]
  const { user, lines } = await said(deps, binds, words, traceId).catch(() => NOTHING_SAID)
  const at = lines.includes(`-e${target}`) ? dirname(target) : target
  // A longer path does not fit on a card, and a command with a shortened path would be about another file.
  if (at.length > 400) return undefined
  if (lines.includes(`-o${at}`))
    return `It will fail: in a small virtual machine a file that is written over has to belong to the user of the jail: chown ${user} ${at}`
  if (lines.includes(`-w${at}`))
    return `It will fail: the user of its jail may not write ${at}. This lets that user: ${letIn(user, 'rwX', at)}`
  return undefined
}
