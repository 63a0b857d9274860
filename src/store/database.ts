// The one Level database under all repositories, as bytes to bytes.
import { Level } from 'level'

export type Database = Level<Uint8Array, Uint8Array>

/** A change to be written with others in one atomic batch. */
export type Change =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

export function newDatabase(directory: string): Database {
  return new Level<Uint8Array, Uint8Array>(directory, { keyEncoding: 'view', valueEncoding: 'view' })
}
