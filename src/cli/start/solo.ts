// A node for one person alone: it listens to nobody, and asks nobody whether they are there.
import { readFileSync, realpathSync } from 'node:fs'
import { systemRandom } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { replaceFile } from '../../base/files.ts'
import { loadConfig } from '../../config/load.ts'
import { spansOf } from '../../config/locate.ts'
import type { HomePaths } from '../../config/paths.ts'

/** The keys that keep a node to itself, with their values in TOML. */
const SOLO = [
  { section: 'mesh', name: 'listen', value: '[]' },
  { section: 'discovery', name: 'mdns', value: 'false' },
] as const

/**
 * Writes the two keys into config.toml; false if they say so already. Throws KaroError `refused` where a person has written
 * something else there.
 */
export function makeSolo(paths: HomePaths): boolean {
  const { config, sources } = loadConfig({ home: paths.home, env: {} })
  if (config.mesh.listen.length === 0 && config.discovery.mdns === false) return false
  let text = readFileSync(paths.config, 'utf8')
  for (const { section, name, value } of SOLO) {
    if (sources.get(`${section}.${name}`) !== 'default')
      throw new KaroError('refused', `the configuration sets ${section}.${name} itself`, {
        where: paths.config,
        hint: 'Write this there yourself:  listen = []  under [mesh], and  mdns = false  under [discovery]',
      })
    text = withKey(text, section, `${name} = ${value}\n`)
  }
  // A link into somebody's collection of settings stays one.
  replaceFile(realpathSync(paths.config), text, 0o600, systemRandom)
  return true
}

/** The line goes below the header of its section, or with a header to the end. */
function withKey(text: string, section: string, line: string): string {
  const header = spansOf(text).find(
    ({ path, from }) => text[from] === '[' && path.length === 1 && path[0] === section,
  )
  if (header === undefined)
    return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}\n[${section}]\n${line}`
  const end = text.indexOf('\n', header.to)
  return end < 0 ? `${text}\n${line}` : text.slice(0, end + 1) + line + text.slice(end + 1)
}
