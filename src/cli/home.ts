// Prepares a node's directory: private, with a key and a configuration that sets nothing. Overwrites nothing.
import { lstatSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { sealAtStart } from '../assist/guard/index.ts'
import { systemRandom } from '../base/clock.ts'
import { homeTrouble } from '../base/disk-trouble.ts'
import { createFile } from '../base/files.ts'
import { refuseForeign } from '../config/guarded.ts'
import { type Env, type HomePaths, homePaths, isKeyLost, servicePaths } from '../config/paths.ts'
import { sampleConfig } from '../config/sample.ts'
import { createIdentityFile, type PublicIdentity, readPublicIdentity } from '../trust/identity/index.ts'
import { KaroError, usage } from './kit.ts'
import { refuseOthersHome } from './shells/own-home.ts'

export interface ReadyHome {
  readonly identity: Omit<PublicIdentity, 'isProtected'>
  /** Paths that were not there before. */
  readonly created: readonly string[]
  /** Paths that existed before. */
  readonly existed: readonly string[]
}

export interface HomeOptions {
  /** Name of the node for a new configuration. */
  readonly name?: string | undefined
  /** The machine's service: an administrator writes its configuration, and users write to its spool. */
  readonly service?: boolean
}

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

function makeDirectory(path: string): boolean {
  if (exists(path)) {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!stat?.isDirectory()) throw new KaroError('bad_file', 'this is not a directory', { where: path })
    refuseForeign(path, stat, 'this directory', 'bad_file')
    return false
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // If two nodes start at once in one directory, the other one may have been faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
  return true
}

/**
 * Refuses to start in the home of a node whose key is lost. A new key would make another node, which nobody trusts, so
 * only a person may decide that. Throws KaroError `refused`; a service manager does not restart the daemon after it.
 */
export function refuseLostKey(paths: HomePaths): void {
  if (!isKeyLost(paths)) return
  throw new KaroError('refused', "a node's history is here, and its key is gone", {
    where: paths.key,
    hint: `Put identity.key back from a backup: karo restore <backup> --home <an empty directory> extracts it.
Without a backup: karo identity new --home ${paths.home} makes this home another node. It keeps the history, but others have to trust it again.`,
  })
}

function makeKey(path: string): { identity: ReadyHome['identity']; made: boolean } {
  if (!exists(path)) {
    try {
      return { identity: createIdentityFile(path, systemRandom), made: true }
    } catch (error) {
      if (!(error instanceof KaroError && error.code === 'conflict')) throw error
    }
  }
  return { identity: readPublicIdentity(path), made: false }
}

/**
 * Directory 0700 (with `db` and `spool` below it, 0700 too), key 0600 and config.toml 0600, each only if it is not
 * there. Of a service neither spool nor configuration are made. May run twice at once. Throws KaroError
 * bad_file, also when others may write a directory or own it; refused, as `refuseLostKey`, with nothing made.
 */
export function ensureHome(paths: HomePaths, options: HomeOptions = {}): ReadyHome {
  refuseLostKey(paths)
  if (!options.service) refuseOthersHome(paths.home)
  const made = new Map<string, boolean>()
  try {
    made.set(paths.home, makeDirectory(paths.home))
    // From its beginning on, what lets more through is known to come from the person.
    if (!options.service) sealAtStart(paths.home, systemRandom)
    made.set(paths.db, makeDirectory(paths.db))
    if (!options.service) made.set(paths.spool, makeDirectory(paths.spool))
    const key = makeKey(paths.key)
    made.set(paths.key, key.made)
    if (!options.service)
      // Nothing is written where the file exists, because a complete directory may be read-only.
      made.set(
        paths.config,
        !exists(paths.config) && createFile(paths.config, sampleConfig(options), 0o600, systemRandom),
      )
    const pick = (wanted: boolean): string[] => [...made].filter(([, is]) => is === wanted).map(([p]) => p)
    return { identity: key.identity, created: pick(true), existed: pick(false) }
  } catch (cause) {
    throw homeTrouble(paths.home, cause)
  }
}

/** Files of the node that a command with or without `--service` is about. Throws KaroError where a home is named for the service. */
export function pathsFor(env: Env, service: boolean): HomePaths {
  if (!service) return homePaths(env)
  if (env.KARO_HOME)
    throw usage('a service has its own directories', '--service', 'Leave out --home and KARO_HOME.')
  return servicePaths(env)
}
