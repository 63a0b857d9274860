// The version of this program, from package.json, and the commit of its build.
import manifest from '../../package.json' with { type: 'json' }

/** Set by scripts/build.ts; missing when the sources run directly, as in tests and scripts. */
declare const KARO_COMMIT: string | undefined

export const VERSION: string = manifest.version

/**
 * Seven hex digits, with `.dirty` if the sources had changed since the commit; `unknown` if they were built without git.
 * Undefined if the sources run directly.
 */
export const COMMIT: string | undefined = typeof KARO_COMMIT === 'string' ? KARO_COMMIT : undefined

/** Name that tells two builds apart: `0.1.0+g1a2b3c4`, `0.1.0+g1a2b3c4.dirty`, `0.1.0+unknown`. */
export const BUILD: string = buildName(VERSION, COMMIT)

export function buildName(version: string, commit: string | undefined): string {
  if (commit === undefined) return version
  return /^[0-9a-f]/.test(commit) ? `${version}+g${commit}` : `${version}+${commit}`
}
