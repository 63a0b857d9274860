// Tells the guard where this process is; every command that judges command lines asks here.
import { neededHome, personHome } from '../base/run/person-home.ts'
import type { CommandIo } from './command.ts'

/** Absolute paths; an unknown one is left out. */
export interface Place {
  readonly cwd?: string
  readonly home?: string
  /** The node's directory, whose key and database the guard protects. */
  readonly karoHome: string
}

/** The person's home directory. Throws KaroError `bad_request` if there is none. */
export const homeOf = ({ env }: Pick<CommandIo, 'env'>): string => neededHome(env)

export function placeOf(io: CommandIo): Place {
  const home = personHome(io.env)
  const cwd = workingDirectory()
  return {
    ...(home !== undefined && { home: home.replace(/\/+$/, '') || '/' }),
    ...(cwd !== undefined && { cwd }),
    karoHome: io.home,
  }
}

export function workingDirectory(): string | undefined {
  try {
    return process.cwd()
  } catch {
    // The current directory was deleted, so relative paths are judged as they stand.
    return undefined
  }
}
