// A node for one person alone: it listens to nobody, and asks nobody whether they are there.
import { existsSync, readFileSync } from 'node:fs'
import { systemRandom } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { replaceFile } from '../../base/files.ts'
import { loadConfig } from '../../config/load.ts'
import type { HomePaths } from '../../config/paths.ts'
import { sampleLine } from '../../config/sample.ts'

/** The keys that keep a node to itself, with their values in TOML. */
const SOLO = { 'mesh.listen': '[]', 'discovery.mdns': 'false' } as const

/**
 * Writes the two keys into config.toml, in place of the commented lines that `karo init` made; false if they say so
 * already. Throws KaroError `refused` where a person has written something else there.
 */
export function makeSolo(paths: Pick<HomePaths, 'home' | 'config'>): boolean {
  const { config } = loadConfig({ home: paths.home, env: {} })
  if (config.mesh.listen.length === 0 && config.discovery.mdns === false) return false
  let text = existsSync(paths.config) ? readFileSync(paths.config, 'utf8') : ''
  for (const [key, value] of Object.entries(SOLO)) {
    const line = sampleLine(key)
    if (!text.includes(`\n#${line.text}\n`))
      throw new KaroError('refused', `the configuration sets ${key} itself`, {
        where: paths.config,
        hint: 'Write this there yourself:  listen = []  under [mesh], and  mdns = false  under [discovery]',
      })
    text = text.replace(`\n#${line.text}\n`, () => `\n${line.name} = ${value}\n`)
  }
  replaceFile(paths.config, text, 0o600, systemRandom)
  return true
}
