// Reads the configured policy files and makes them one set that can be judged by; what is wrong is told with its place.
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { readGuarded, utf8Of } from '../../config/guarded.ts'
import { BUILT_IN_SET } from './policy.ts'
import type { PolicySet } from './types.ts'

/** Thousands of policies fit; a mistaken log file does not. */
const FILE_MAX = 1024 * 1024

/**
 * Without files the built-in role table; Cedar is loaded only when there are any. Throws KaroError `bad_config` with
 * `where` = `<file>:<line>:<column>`, or the file that cannot be read or that others may write.
 */
export async function loadPolicies(paths: readonly string[]): Promise<PolicySet> {
  if (paths.length === 0) return BUILT_IN_SET
  const read = readPolicyFiles(paths)
  const texts = read.map(({ path, bytes }) => ({ path, text: utf8Of(bytes, path) }))
  return compile(texts)
}

/** As `loadPolicies`, of one text that did not come from a file of this machine; `path` stands in places and rules. */
export const compilePolicies = (path: string, text: string): Promise<PolicySet> => compile([{ path, text }])

async function compile(
  texts: readonly { readonly path: string; readonly text: string }[],
): Promise<PolicySet> {
  const { createCedarEngine } = await import('./cedar/engine.ts')
  const { engine, counts, warnings } = createCedarEngine(texts)
  const files = texts.map(({ path, text }, i) => ({
    path,
    policies: counts[i] ?? 0,
    digest: digestOf(Buffer.from(text)),
  }))
  return { engine, files, warnings }
}

/** Errors as `loadPolicies`. */
export const readPolicyFiles = (paths: readonly string[]): readonly { path: string; bytes: Buffer }[] =>
  paths.map((path) => {
    const bytes = readGuarded(path, 'the policy file', FILE_MAX)
    if (bytes === undefined)
      throw new KaroError('bad_config', 'there is no such policy file', { where: path })
    return { path, bytes }
  })

/** BLAKE3, 64 hex digits. */
export const digestOf = (bytes: Uint8Array): string => toHex(blake3([bytes]))
