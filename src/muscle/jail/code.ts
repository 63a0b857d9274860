// What a jail runs as code: read and compared before it is built, so that it gets those bytes whatever lies at the path by then.
import { readlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { CLOSED, contentAt, MISSING } from '../contract/content.ts'
import type { Code } from '../contract/messages.ts'
import type { Machine } from '../seccomp/syscalls.ts'
import { heldFile, type Name } from './hold.ts'
import { isIn, type Places } from './places.ts'
import { JailError, type JailSpec } from './provider.ts'

/** Bytes of code of one jail. */
const MOST_BYTES = 64 * 1024 * 1024
/** As the kernel follows. */
const MOST_LINKS = 40

interface Ways {
  /** There is what HOLD needs; default: there is. */
  readonly isPossible?: boolean
  /** The jail is in a guest, where files have other numbers. */
  readonly isGuest?: boolean
}

/**
 * The file from which HOLD takes what it holds; none where nothing is run but programs of the system, which its user cannot change. Rejects with JailError
 * `changed` for code that is not what it was, and `bad_path` where that takes too much.
 */
export async function heldOf(
  { code = [], cwd }: Pick<JailSpec, 'code' | 'cwd'>,
  { binds, hidden }: Places,
  machine: string,
  { isPossible = true, isGuest = false }: Ways = {},
): Promise<readonly Buffer[]> {
  const names = new Map<string, Name>()
  let bytes = 0
  /** With the directories on the way, as far as they are given. */
  const add = (path: string, is: Pick<Name, 'kind' | 'data'>): void => {
    const around = binds.filter((bind) => isIn(path, bind.path))
    const [top] = around
    if (top === undefined) return
    const target = linkAt(path)
    names.set(path, {
      ...is,
      path,
      free: around.at(-1)?.write === true,
      ...(target !== undefined && { target }),
    })
    const above = dirname(path)
    if (path !== top.path && !names.has(above)) add(above, { kind: 'place' })
  }
  for (const one of code) {
    const isSeen = binds.some(({ path }) => isIn(one.path, path))
    if (!isSeen || hidden.some(({ path }) => isIn(one.path, path))) continue
    const { data, hash } = await contentAt(one.path)
    check(one, hash)
    if (isIn(one.path, '/usr') || hash.startsWith('directory ')) continue
    bytes += data?.length ?? 0
    if (bytes > MOST_BYTES) throw new JailError('bad_path', 'it runs more than 64 MiB of code')
    const place = isGuest ? '' : (hash.split(' ')[1] ?? '')
    const kind = hash === MISSING ? 'missing' : data === undefined ? 'place' : 'content'
    for (const way of waysOf(one.path)) add(way, { kind, data: data ?? place })
  }
  if (names.size === 0 || !isPossible) return []
  if (!names.has(cwd)) add(cwd, { kind: 'place' })
  return [heldFile([...names.values()], machine as Machine)]
}

const linkAt = (path: string): string | undefined => orElse(() => readlinkSync(path), undefined)

function check({ path, hash }: Code, is: string): void {
  // The daemon starts nothing that lies where it may not see.
  if (is === hash || hash === CLOSED) return
  if (is.startsWith('file ') && /^[0-9a-f]+$/.test(hash))
    throw new JailError('bad_path', `${path} cannot be read by karo-exec, or is larger than 16 MiB`)
  throw new JailError('changed', `${path} has changed since it was let through`)
}

/** The path, and what each link on it makes of it, one after the other. */
function waysOf(path: string, most = MOST_LINKS): string[] {
  for (let end = 0; end < path.length; ) {
    const next = path.indexOf('/', end + 1)
    end = next < 0 ? path.length : next
    const here = path.slice(0, end)
    const target = linkAt(here)
    if (target === undefined || most === 0) continue
    return [path, ...waysOf(join(resolve(dirname(here), target), path.slice(end)), most - 1)]
  }
  return [path]
}
