// Of which commit a build is: asked of git, or read from a package's version.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const DIGITS = 7
/** What goes into the bundle; other files may change without making it another one. */
const BUILT_FROM = [
  'src',
  'protocols',
  'package.json',
  'package-lock.json',
  'scripts/build.ts',
  'scripts/fig',
  'scripts/knowledge.ts',
  'scripts/window.ts',
]

/** Undefined without git, outside of it, or when git knows only a directory above. The checkout may be another user's. */
export function headCommit(root = ROOT): string | undefined {
  const [above, commit] = git(root, 'rev-parse', '--show-prefix', 'HEAD')?.split('\n') ?? []
  return above === '' ? commit?.slice(0, DIGITS) : undefined
}

/** For `KARO_COMMIT` (src/base/version.ts). */
export function commitOfSources(root = ROOT): string {
  const commit = headCommit(root)
  if (commit === undefined) return 'unknown'
  const changes = git(root, '--no-optional-locks', 'status', '--porcelain', '--', ...BUILT_FROM)
  return changes === '' ? commit : `${commit}.dirty`
}

/** `0.1.0~20261121024435.1a2b3c4d5e` names its commit, so that the same package is made where there is no git. */
export function commitOfVersion(version: string): string | undefined {
  const [, commit, changed] = /~\d{14}\.([0-9a-f]{10})(\.changed)?$/.exec(version) ?? []
  return commit === undefined
    ? undefined
    : `${commit.slice(0, DIGITS)}${changed === undefined ? '' : '.dirty'}`
}

function git(root: string, ...args: readonly string[]): string | undefined {
  const ran = spawnSync('git', ['-c', `safe.directory=${root}`, '-C', root, ...args], { encoding: 'utf8' })
  return ran.status === 0 ? ran.stdout.replace(/\n$/, '') : undefined
}
