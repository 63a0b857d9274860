// A config.toml with a mistake, beside which a running node goes on with what it read before.
import type { KaroError } from '../../base/errors.ts'
import { loadConfig } from '../../config/load.ts'
import { type Env, recordingPaths } from '../../config/paths.ts'

/** What is wrong with the file, and where; undefined: it can be used. */
export function brokenFile(env: Env): string | undefined {
  try {
    loadConfig({ home: recordingPaths(env).configuration, env: {} })
    return undefined
  } catch (error) {
    const { where, message } = error as KaroError
    return `${where}: ${message}; the file cannot be used`
  }
}
