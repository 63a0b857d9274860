// Where this process is, as the guard has to know it: asked the same way by everything that has a command judged.
import { homedir } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import { KaroError } from '../base/errors.ts'
import type { CommandIo } from './command.ts'

/** Absolute; what is not known is left out. */
export interface Place {
  readonly cwd?: string
  readonly home?: string
  /** Of the node, whose key and database are guarded. */
  readonly karoHome: string
}

/** As shells have it: HOME, else that of the user database (POSIX.1-2017, XCU 2.6.1). */
export const homeOf = ({ env }: Pick<CommandIo, 'env'>): string => env.HOME || homedir()

export function placeOf(io: Pick<CommandIo, 'env' | 'home'>): Place {
  const home = homeOf(io)
  const cwd = workingDirectory()
  return {
    ...(home.startsWith('/') && { home: home.replace(/\/+$/, '') || '/' }),
    ...(cwd !== undefined && { cwd }),
    karoHome: io.home,
  }
}

/** Absolute. Throws KaroError bad_request, about `where`, when there is nothing that it could be relative to. */
export function absolutePath(path: string, where: string = path): string {
  const here = isAbsolute(path) ? '/' : workingDirectory()
  if (here !== undefined) return resolve(here, path)
  throw new KaroError('bad_request', 'the directory you are in was deleted', {
    where,
    hint: 'Name one by its whole path.',
  })
}

export function workingDirectory(): string | undefined {
  try {
    return process.cwd()
  } catch {
    // It was deleted: relative paths are then judged as they look.
    return undefined
  }
}
