// Tries in a jail whether its user can use the places that an agent is to be given, so that `agent add` says what cannot work.
import { dirname } from 'node:path'
import { KaroError } from '../../base/errors.ts'
import type { Bind } from '../../muscle/contract/messages.ts'
import { executor, type OutwardDeps } from '../builtins/outward.ts'
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

type Deps = Omit<OutwardDeps, 'models'>

/** Undefined without a Muscle. */
async function said(
  deps: Deps,
  binds: readonly Bind[],
  words: readonly string[],
  traceId: string,
): Promise<readonly string[] | undefined> {
  const [exec] = executor(deps).tools
  if (exec === undefined) return undefined
  const [read, write] = [false, true].map((is) =>
    binds.filter((one) => one.write === is).map(({ path }) => path),
  )
  const input = { argv: ['sh', '-c', TRY, 'sh', ...words], cwd: '/usr', read, write }
  const { signal } = new AbortController()
  const done = await exec
    .run(input, { person: 0, signal, traceId } as Parameters<typeof exec.run>[1])
    .catch((error: unknown) => {
      if (error instanceof KaroError && error.code === 'unavailable') return undefined
      throw error
    })
  return (done as { readonly stdout: string } | undefined)?.stdout.split('\n').slice(0, -1)
}

const isRoot = (): boolean => process.getuid?.() === 0
const letIn = (rights: string, path: string): string =>
  `setfacl -R -m u:${isRoot() ? '65534' : 'USER'}:${rights} ${path}`

/**
 * What lies in the places to be written and the user of jails cannot change, some of it. Rejects with KaroError `refused` for the first place that cannot be
 * given, or that the user of jails cannot read or write. Without a Muscle nothing is tried.
 */
export async function tryPlaces(
  deps: Deps,
  binds: readonly Bind[],
  traceId: string,
): Promise<readonly string[]> {
  if (binds.length === 0) return []
  const words = binds.flatMap(({ path, write }) =>
    write ? ['-w', path, '-d', path, '-f', path] : ['-r', path],
  )
  const lines = (await said(deps, binds, words, traceId)) ?? []
  const bad = lines.find((line) => /^-[rw]/.test(line))
  if (bad === undefined)
    return lines.flatMap((line) => (/^-[co]/.test(line) ? [line.slice(2)] : [])).slice(0, MOST_NAMED)
  const path = bad.slice(2)
  const isWrite = bad.startsWith('-w')
  throw new KaroError(
    'refused',
    `the agent could not ${isWrite ? 'write' : 'read'} ${path}: jails run here as ${isRoot() ? 'user nobody (65534)' : 'a user'}, who may not`,
    {
      where: isWrite ? '--write' : '--read',
      hint: `Let that user in (under the service: karo-exec):  ${letIn(isWrite ? 'rwX' : 'rX', path)}  (and x on the directories above); to write under the service: systemctl edit karo-exec: ReadWritePaths=${path}`,
    },
  )
}

/** Says on a card that what a call would change cannot be changed by the user of its jail; undefined where it can, or nobody knows. */
export async function tryChange(
  deps: Deps,
  { binds, traceId }: Pick<Action, 'binds' | 'traceId'>,
  target: string,
): Promise<string | undefined> {
  if (!binds.some(({ path, write }) => write && (target === path || target.startsWith(`${path}/`))))
    return undefined
  const words = ['-e', target, '-w', target, '-w', dirname(target), '-f', target]
  const lines = (await said(deps, binds, words, traceId).catch(() => undefined)) ?? []
  if (lines.includes(`-o${target}`))
    return `It will fail: in a small virtual machine a file that is written over has to belong to the user of the jail. Give it to that user: chown ${isRoot() ? '65534' : 'USER'} ${target.slice(0, 400)}`
  const at = lines.includes(`-e${target}`) ? dirname(target) : target
  if (!lines.includes(`-w${at}`)) return undefined
  return `It will fail: the user of its jail may not write ${at.slice(0, 400)}. This lets that user: ${letIn('rwX', at)}`.slice(
    0,
    1_000,
  )
}
