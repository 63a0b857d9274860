// Whether dist/ is of the sources as they are now; without the bundler, which takes longer to load than a short command runs.
import { createHash } from 'node:crypto'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { headCommit } from './commit.ts'

const ROOT = join(import.meta.dirname, '..')
export const DIST = join(ROOT, 'dist')
export const ENTRY = join(DIST, 'karo.js')
export const STAMP = join(DIST, '.stamp')

/** True when dist/ was built from the sources as they are now. */
export function isFresh(): boolean {
  try {
    return statSync(ENTRY).isFile() && readFileSync(STAMP, 'utf8') === sourcesStamp()
  } catch {
    return false
  }
}

/** Changes with every file that goes into the bundle: names, sizes and times of change; and with the commit it is of. */
export function sourcesStamp(): string {
  const hash = createHash('sha256').update(`${headCommit()}\n`)
  const files = globSync(
    [
      'src/**/*.{ts,tsx,css,html,svg,json,txt,bash,zsh,fish,sh}',
      'protocols/**/*.ts',
      'package.json',
      'package-lock.json',
      'scripts/{build,keep-code,knowledge,window,package/man}.ts',
      'scripts/fig/*',
    ],
    { cwd: ROOT },
  )
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(join(ROOT, file))
    hash.update(`${file}\0${size}\0${mtimeMs}\n`)
  }
  return hash.digest('hex')
}
