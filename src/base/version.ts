// The version of this program, from package.json, and of which commit it was built.
import manifest from '../../package.json' with { type: 'json' }

/** Written in its place by scripts/build.ts; not there where the sources run as they are, in tests and scripts. */
declare const KARO_COMMIT: string | undefined

export const VERSION: string = manifest.version

/**
 * Seven hex digits, `.dirty` behind them when the sources had been changed since; `unknown` of sources without git.
 * Undefined where the sources run as they are.
 */
export const COMMIT: string | undefined = typeof KARO_COMMIT === 'string' ? KARO_COMMIT : undefined

/** What tells two builds apart: `0.1.0+g1a2b3c4`, `0.1.0+g1a2b3c4.dirty`, `0.1.0+unknown`. */
export const BUILD: string = buildName(VERSION, COMMIT)

export function buildName(version: string, commit: string | undefined): string {
  if (commit === undefined) return version
  return /^[0-9a-f]/.test(commit) ? `${version}+g${commit}` : `${version}+${commit}`
}
