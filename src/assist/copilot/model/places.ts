// The configured endpoints of local models: read from the configuration, in the order in which they are asked.
import { readFileSync, statSync } from 'node:fs'
import { KaroError } from '../../../base/errors.ts'
import type { Config } from '../../../config/table.ts'

/** One endpoint of a model. */
export interface Place {
  readonly endpoint: string
  /** Empty: the server's own default. */
  readonly model: string
  /** Bearer token; undefined if there is none. */
  readonly key: string | undefined
}

/** Permissions of group and others, which the file with the key may not have. */
const TOO_WIDE = 0o077
const MOST_KEY = 4_096

/**
 * `ask.endpoint` and those of `ask.fallbacks`; none if nothing is configured. The key is for `ask.endpoint` alone. Throws
 * KaroError `bad_file` where the file of the key cannot be used.
 */
export function placesOf({ endpoint, model, key_file, fallbacks }: Config['ask']): readonly Place[] {
  const others = fallbacks.map(placeOf)
  if (endpoint === '') return others
  return [{ endpoint, model, key: key_file === '' ? undefined : keyIn(key_file) }, ...others]
}

/** The endpoint of a text `ADDRESS` or `ADDRESS MODEL`. */
export function placeOf(text: string): Place {
  const [endpoint = '', model = ''] = text.trim().split(/\s+/)
  return { endpoint, model, key: undefined }
}

/** How people and answers call an endpoint: host and port. */
export const nameOf = ({ endpoint }: Pick<Place, 'endpoint'>): string =>
  URL.canParse(endpoint) ? new URL(endpoint).host : endpoint

/** Reads the key. Throws KaroError `bad_file` if others may read the file, if it is empty, or not a file. */
function keyIn(path: string): string {
  const wrong = (message: string): KaroError => new KaroError('bad_file', message, { where: path })
  try {
    const { mode, size } = statSync(path)
    if ((mode & TOO_WIDE) !== 0) throw wrong(`others may read the model's key; run: chmod 600 ${path}`)
    if (size > MOST_KEY) throw wrong("the model's key is too long")
    const key = readFileSync(path, 'utf8').trim()
    if (!/^[\x21-\x7e]+$/.test(key)) throw wrong("the model's key is empty or has characters that no key has")
    return key
  } catch (error) {
    throw error instanceof KaroError ? error : wrong("the model's key cannot be read")
  }
}
