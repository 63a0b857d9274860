// The configuration of a running daemon: a reload replaces some sections, the others stay until a restart.
import { isDeepStrictEqual } from 'node:util'
import type { LoadedConfig } from './load.ts'
import type { Config } from './table.ts'
import { isLive, KEY_LIST } from './table.ts'

/** Paths of the keys whose value in the file, or in the environment, has changed. */
export interface Replaced {
  readonly applied: readonly string[]
  /** Keys of these sections change only with a restart. */
  readonly waiting: readonly string[]
}

export function createLiveConfig(first: LoadedConfig) {
  let current = first
  const config = {} as Config
  for (const section of Object.keys(first.config) as (keyof Config)[]) {
    const get = () => (isLive({ path: section }) ? current : first).config[section]
    Object.defineProperty(config, section, { enumerable: true, get })
  }
  return {
    /** `replace` exchanges sections of this object: a room that wants the new values keeps the object, not a section. */
    config,
    replace(next: LoadedConfig): Replaced {
      const replaced = compare(next)
      current = next
      return replaced
    },
    /** Returns what a `replace` would change, and changes nothing. */
    compare,
    /** The fleet's settings in it. */
    fleet: () => current.fleet,
    /** Keys that the fleet sets and that are in force from the next start on. */
    fleetWaiting: () => compare(current).waiting.filter((path) => path in (current.fleet?.settings ?? {})),
  }

  function compare(next: LoadedConfig): Replaced {
    const differs = (from: LoadedConfig, path: string) =>
      !isDeepStrictEqual(from.values.get(path), next.values.get(path))
    const paths = (live: boolean) => KEY_LIST.filter((key) => isLive(key) === live).map(({ path }) => path)
    const applied = paths(true).filter((path) => differs(current, path))
    // Compared with the value in force since the start: a key that was set back to it waits for nothing.
    const waiting = paths(false).filter((path) => differs(first, path))
    return { applied, waiting }
  }
}
