// The enrolment file: what a machine needs to join with nobody present: the root, an invite, and where the inviter is.
import * as fs from 'node:fs'
import { basename, dirname } from 'node:path'
import * as z from 'zod'
import { isNodeId, keyOf, type NodeId } from '../../../../protocols/node-id.ts'
import { KaroError } from '../../../base/errors.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { readSmallFile, TOO_WIDE } from '../../identity/index.ts'

/** Beside config.toml. */
export const ENROLMENT_FILE = 'enrolment.json'

const schema = z.strictObject({
  karo_enrolment: z.literal(1),
  root: z.string().max(80).refine(isNodeId),
  code: z.string().max(256),
  peers: z.array(z.string().max(300)).max(16).default([]),
})

export interface Enrolment {
  readonly root: Uint8Array
  readonly code: string
  /** `host:port`. */
  readonly places: readonly string[]
}

export const formatEnrolment = (root: NodeId, code: string, places: readonly string[]): string =>
  `${JSON.stringify({ karo_enrolment: 1, root, code, peers: places }, null, 2)}\n`

/** Throws KaroError bad_file, which never holds anything of the file's content. */
export function parseEnrolment(text: string, where: string): Enrolment {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong('it is no JSON', where)
  }
  const read = schema.safeParse(value)
  if (!read.success)
    throw wrong(`'${read.error.issues[0]?.path.join('.') || 'it'}' is not as it should be`, where)
  const { root, code, peers } = read.data
  return { root: keyOf(root), code, places: peers }
}

/** Calls `changed` when the file at `path` comes, changes or goes, until what it gives back is called. */
export function watchEnrolment(path: string, changed: () => void): () => void {
  try {
    const watcher = fs.watch(dirname(path), { persistent: false }, (_, name) => {
      if (name === basename(path)) changed()
    })
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    return () => {}
  }
}

/**
 * Undefined if there is no such file. Throws KaroError bad_file if it cannot be read, others may read or change it, or it
 * is not an enrolment file.
 */
export function readEnrolment(path: string): Enrolment | undefined {
  // What cannot be looked at may be there.
  if (orElse(() => fs.statSync(path, { throwIfNoEntry: false }) === undefined, false)) return undefined
  return parseEnrolment(readSmallFile(path, { wide: TOO_WIDE, wrong }), path)
}

function wrong(why: string, where: string, hint?: string): KaroError {
  return new KaroError('bad_file', `the enrolment file cannot be used: ${why}`, {
    where,
    hint: hint ?? 'karo invite --file writes one.',
  })
}
