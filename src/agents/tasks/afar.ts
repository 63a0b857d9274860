// Tasks of people of other machines: under which number and ids they are kept, so that each of them has a share of their own.
import { ERROR_CODES, KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import type { Afar } from './types.ts'

/** The number that tasks of other machines are kept under; no person of this machine ever has it. */
export const AFAR = 0xffff_ffff

const HASH_BYTES = 10
const PREFIX = /^[0-9a-f]{20}\./

/** What all ids of their tasks begin with, 20 hex digits and a dot: of the operator, wherever they are, or the node that asks for itself. */
export const shareOf = ({ operator, node }: Afar): string =>
  `${toHex(blake3([`karo-afar ${operator ?? node}`], HASH_BYTES))}.`

/** The id that this node keeps the task under; `id` is what who gave it calls it, and is no id of anybody else's task. */
export const afarId = (by: Afar, id: string): string => `${shareOf(by)}${id}`

/** What who gave the task calls it. */
export const ownId = (id: string): string => id.replace(PREFIX, '')

/** What another machine is told of an error: its message where that names nothing of this one, and `otherwise` in all other cases. */
export const wordsAfar = (error: unknown, otherwise: string): string =>
  error instanceof KaroError && ERROR_CODES[error.code].toldAfar === true ? error.message : otherwise

/** Why an agent that holds secrets does nothing for other machines: it may tell them in each answer, and in each line that it writes. */
export const holdsSecrets = (agent: string): string =>
  `${agent} holds secrets of a person of that machine, and is used there alone`

/** Whose share of the bounds a task counts in. */
export const holderOf = (person: number, id: string): string =>
  person === AFAR ? (PREFIX.exec(id)?.[0] ?? 'afar') : String(person)
