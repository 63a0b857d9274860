// The lint of `npm run check`: looks at the files that changed since they were found right; `npm run lint` looks at all.
// A rule that reads the types of other files (a promise that nobody awaits) sees these as they are now, but a file that did
// not change itself is not looked at again. `npm test` lints everything.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const BIOME = join(ROOT, 'node_modules/.bin/biome')
/** Names of files, each with its digest when it was found right. */
const KEPT = join(ROOT, 'node_modules/.cache/karo-lint.json')
/** What each verdict depends on besides the file. */
const RULES = ['biome.json', 'node_modules/@biomejs/biome/package.json', 'scripts/lint-changed.ts']
/** More are looked at as a whole tree: names of so many files are no arguments of a program. */
const MOST_NAMES = 500

const digestOf = (path: string): string =>
  createHash('sha256')
    .update(readFileSync(join(ROOT, path)))
    .digest('base64')

/** Every file of the working tree that git does not ignore; undefined where git or its repository is missing. */
function filesOf(): string[] | undefined {
  try {
    const listed = execFileSync(
      'git',
      ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--deduplicate'],
      { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] },
    )
    return listed.split('\0').filter((path) => path !== '')
  } catch {
    return undefined
  }
}

function stateOf(paths: readonly string[]): Map<string, string> {
  const state = new Map<string, string>()
  for (const path of paths) {
    try {
      state.set(path, digestOf(path))
    } catch {
      // Deleted, and not yet so in git; or a link to a folder.
    }
  }
  return state
}

function readKept(rules: string): ReadonlyMap<string, string> {
  try {
    const kept = JSON.parse(readFileSync(KEPT, 'utf8')) as { rules: string; files: Record<string, string> }
    return new Map(kept.rules === rules ? Object.entries(kept.files) : [])
  } catch {
    return new Map()
  }
}

const rules = RULES.map(digestOf).join(' ')
const state = stateOf(filesOf() ?? [])
const kept = readKept(rules)
const changed = [...state].filter(([path, digest]) => kept.get(path) !== digest).map(([path]) => path)
if (state.size > 0 && changed.length === 0) process.exit(0)
const names = state.size === 0 || changed.length > MOST_NAMES ? ['.'] : changed
const { status } = spawnSync(BIOME, ['check', '--error-on-warnings', '--no-errors-on-unmatched', ...names], {
  cwd: ROOT,
  stdio: 'inherit',
})
if (status === 0) {
  mkdirSync(dirname(KEPT), { recursive: true })
  writeFileSync(KEPT, JSON.stringify({ rules, files: Object.fromEntries(state) }))
}
process.exit(status ?? 1)
