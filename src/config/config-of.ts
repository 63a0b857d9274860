// Turns the values of all keys, by path, into the typed configuration that rooms are given.
import { KEYS, type Key } from './table.ts'
import type { Config } from './types.ts'

type Keys = typeof KEYS
/** `{ a: { b: T } }` for a key with the path `a.b` and values of type T. */
type Nested<Path extends string, T> = Path extends `${infer Section}.${infer Rest}`
  ? { readonly [K in Section]: Nested<Rest, T> }
  : { readonly [K in Path]: T }
type ValueOf<K> = K extends Key<infer T, string> ? T : never
type All<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer Whole) => void
  ? Whole
  : never
/** The configuration as the paths and kinds of the table give it. */
type FromTable = All<{ [K in keyof Keys]: Nested<Keys[K]['path'], ValueOf<Keys[K]>> }[keyof Keys]>

interface Table {
  [name: string]: unknown
}

/** `values` holds a checked value for every key of the table. */
export function configOf(values: ReadonlyMap<string, unknown>): Config {
  const config: Table = {}
  for (const { path } of Object.values(KEYS)) {
    const names = path.split('.')
    const last = names.pop() ?? path
    let table = config
    for (const name of names) {
      table[name] ??= {}
      table = table[name] as Table
    }
    table[last] = values.get(path)
  }
  return config as unknown as FromTable
}
