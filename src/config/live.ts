// The configuration of a running daemon: some of it can be replaced, the rest stays as it was until a restart.
import { isDeepStrictEqual } from 'node:util'
import type { LoadedConfig } from './load.ts'
import { isLive, KEY_LIST } from './table.ts'
import type { Config } from './types.ts'

export interface LiveConfig {
  /** Its sections change with `replace`, so whoever wants to notice keeps this object and not a section. */
  readonly config: Config
  replace(next: LoadedConfig): Replaced
  /** What a `replace` would change; changes nothing. */
  compare(next: LoadedConfig): Replaced
}

/** Paths of the keys whose value in the file, or the environment, is another one now. */
interface Replaced {
  readonly applied: readonly string[]
  /** In force after a restart. */
  readonly waiting: readonly string[]
}

export function createLiveConfig(first: LoadedConfig): LiveConfig {
  let current = first
  return {
    config: {
      node: first.config.node,
      identity: first.config.identity,
      mesh: first.config.mesh,
      overlay: first.config.overlay,
      http: first.config.http,
      discovery: first.config.discovery,
      get access() {
        return current.config.access
      },
      get peers() {
        return current.config.peers
      },
      get sharing() {
        return current.config.sharing
      },
      get guard() {
        return current.config.guard
      },
      get history() {
        return current.config.history
      },
      get ask() {
        return current.config.ask
      },
      get mcp() {
        return current.config.mcp
      },
      get processes() {
        return current.config.processes
      },
      get anomalies() {
        return current.config.anomalies
      },
      get retention() {
        return current.config.retention
      },
      get policy() {
        return current.config.policy
      },
      get query() {
        return current.config.query
      },
      get log() {
        return current.config.log
      },
    },
    replace(next) {
      const replaced = compare(next)
      current = next
      return replaced
    },
    compare,
  }

  function compare(next: LoadedConfig): Replaced {
    const differs = (from: LoadedConfig, path: string): boolean =>
      !isDeepStrictEqual(from.values.get(path), next.values.get(path))
    const paths = (live: boolean): string[] =>
      KEY_LIST.filter((key) => isLive(key) === live).map(({ path }) => path)
    const applied = paths(true).filter((path) => differs(current, path))
    // Against what is in force: a key set back to it waits for nothing.
    const waiting = paths(false).filter((path) => differs(first, path))
    return { applied, waiting }
  }
}
