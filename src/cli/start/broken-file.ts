// A config.toml with a mistake, beside which a running node goes on with what it read before.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { KaroError } from '../../base/errors.ts'
import { type Env, recordingPaths } from '../../config/paths.ts'

/**
 * What is wrong in the file, and where; undefined: it can be used, or this person may not read it. A file that nobody has touched
 * since `since` (ms since the epoch) is what the node began with, and is not read: that takes ten milliseconds.
 */
export async function brokenFile(env: Env, since = 0): Promise<string | undefined> {
  const { configuration: home } = recordingPaths(env)
  const file = join(home, 'config.toml')
  try {
    if (statSync(file).ctimeMs >= since) (await import('../../config/load.ts')).loadConfig({ home, env: {} })
    return undefined
  } catch (error) {
    const { where = '', message } = error as KaroError
    return where.startsWith(`${file}:`) ? `${where}: ${message}; the file cannot be used` : undefined
  }
}
