// Tries in a jail whether its user can use the places that an agent is to be given, so that `agent add` says what cannot work.
import { KaroError } from '../../base/errors.ts'
import type { Bind } from '../../muscle/contract/messages.ts'
import { executor, type OutwardDeps } from '../builtins/outward.ts'

/** Words: `-w` or `-r` and a path, again and again; each that is not so is told. */
const TRY = 'while [ $# -gt 1 ]; do [ "$1" "$2" ] || printf "%s\\n" "$1$2"; shift 2; done'

/**
 * Rejects with KaroError `refused` for the first place that cannot be given, or that the user of jails cannot read or write. Without a
 * Muscle nothing is tried.
 */
export async function tryPlaces(
  deps: Omit<OutwardDeps, 'models'>,
  binds: readonly Bind[],
  traceId: string,
): Promise<void> {
  const [exec] = executor(deps).tools
  if (binds.length === 0 || exec === undefined) return
  const words = binds.flatMap(({ path, write }) => [write ? '-w' : '-r', path])
  const [read, write] = [false, true].map((is) =>
    binds.filter((one) => one.write === is).map(({ path }) => path),
  )
  const input = { argv: ['sh', '-c', TRY, 'sh', ...words], cwd: '/usr', read, write }
  const { signal } = new AbortController()
  const done = await exec
    .run(input, { person: 0, signal, traceId } as Parameters<typeof exec.run>[1])
    .catch((error: unknown) => {
      if (error instanceof KaroError && error.code === 'unavailable') return { stdout: '' }
      throw error
    })
  const [bad] = (done as { readonly stdout: string }).stdout.split('\n')
  if (!bad) return
  const path = bad.slice(2)
  const isWrite = bad.startsWith('-w')
  const root = process.getuid?.() === 0
  throw new KaroError(
    'refused',
    `the agent could not ${isWrite ? 'write' : 'read'} ${path}: jails run here as ${root ? 'the user nobody (65534)' : 'a user'}, who may not`,
    {
      where: isWrite ? '--write' : '--read',
      hint: `Let that user in, as by  setfacl -R -m u:${root ? '65534' : 'USER'}:${isWrite ? 'rwX' : 'rX'} ${path}  (and x on the directories above), or run Karo as your own user.`,
    },
  )
}
