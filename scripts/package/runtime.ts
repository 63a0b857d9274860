// The Node.js that goes into a package: its bytes, compared with the committed checksum of its version and platform.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }

const SUMS = join(import.meta.dirname, '../runtime.sha256')

/** Of `scripts/runtime.sha256`, as `<version> <platform>-<architecture>`. Throws an Error for a line that is none. */
export function knownSums(text = readFileSync(SUMS, 'utf8')): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const [, sum, version, platform] =
        /^([0-9a-f]{64}) (\d+\.\d+\.\d+) ([a-z0-9]+-[a-z0-9]+)$/.exec(line) ?? []
      if (sum === undefined) throw new Error(`scripts/runtime.sha256: not a checksum: ${line}`)
      return [`${version} ${platform}`, sum]
    }),
  )
}

/**
 * The bytes of the file, which are those that were compared. Throws an Error that says what differs, also for a platform
 * of which no checksum is known: a package is for other machines, so nobody is there to decide.
 */
export function checkedRuntime(
  path: string,
  platform = `${process.platform}-${process.arch}`,
  sums = knownSums(),
): Buffer {
  const wanted = `${manifest.devDependencies.node} ${platform}`
  const expected = sums.get(wanted)
  if (expected === undefined) {
    throw new Error(
      `no package is made: no checksum is known for Node.js ${wanted}; add it to scripts/runtime.sha256, which says how`,
    )
  }
  const bytes = readFileSync(path)
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found === expected) return bytes
  throw new Error(
    `no package is made: ${path} is not Node.js ${wanted} (sha256 ${found}, expected ${expected}); install it again: rm -rf node_modules && npm ci`,
  )
}
