// A node for one person alone: it listens to nobody, and asks nobody whether they are there.
import { realpathSync } from 'node:fs'
import { systemRandom } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { replaceFile } from '../../base/files.ts'
import { loadConfig } from '../../config/load.ts'
import type { HomePaths } from '../../config/paths.ts'
import { setKey } from '../../config/rewrite.ts'
import { type Key, keyOf } from '../../config/table.ts'

/** The keys that keep a node to itself. */
const SOLO = { 'mesh.listen': [], 'discovery.mdns': false }

/**
 * Writes the two keys into config.toml; false if they say so already. Throws KaroError `refused` where a person has written
 * something else there.
 */
export function makeSolo(paths: HomePaths): boolean {
  const { config, sources, ...loaded } = loadConfig({ home: paths.home, env: {} })
  if (config.mesh.listen.length === 0 && config.discovery.mdns === false) return false
  let { text = '' } = loaded
  for (const [path, value] of Object.entries(SOLO)) {
    if (sources.get(path) !== 'default')
      throw new KaroError('refused', `the configuration sets ${path} itself`, {
        where: paths.config,
        hint: 'Write this there yourself:  listen = []  under [mesh], and  mdns = false  under [discovery]',
      })
    text = setKey(text, keyOf(path) as Key<unknown>, value, paths.config)
  }
  // A link into somebody's collection of settings stays one.
  replaceFile(realpathSync(paths.config), text, 0o600, systemRandom)
  return true
}
