// Checks of what the other end of the socket sent: each shape returns the value with its type, or says what is wrong where.

/** What the other end sent is none of the messages of the contract; the connection ends. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}

/** Returns `value` if it has the shape; otherwise throws Malformed, which names the place `at` and never the value. */
export type Shape<T> = (value: unknown, at: string) => T
export type Of<S> = S extends Shape<infer T> ? T : never

function wrong(at: string, wanted: string): never {
  throw new Malformed(`${at} is not ${wanted}`)
}

/** A whole number from `least` to `most`. */
export const integer =
  (least: number, most: number): Shape<number> =>
  (value, at) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : wrong(at, `a whole number from ${least} to ${most}`)

/** Text of at most `most` UTF-16 units, without NUL, that `pattern` accepts. */
export const text =
  (most: number, pattern: RegExp = /^[^\0]*$/s): Shape<string> =>
  (value, at) =>
    typeof value === 'string' && value.length <= most && !value.includes('\0') && pattern.test(value)
      ? value
      : wrong(at, `text of at most ${most} characters in its form`)

export const boolean: Shape<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : wrong(at, 'true or false')

export const one =
  <const T extends readonly string[]>(...values: T): Shape<T[number]> =>
  (value, at) =>
    values.includes(value as string) ? (value as T[number]) : wrong(at, `one of ${values.join(', ')}`)

export const nullable =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value, at) =>
    value === null ? null : shape(value, at)

export const list =
  <T>(shape: Shape<T>, most: number, least = 0): Shape<readonly T[]> =>
  (value, at) =>
    Array.isArray(value) && value.length <= most && value.length >= least
      ? value.map((item, index) => shape(item, `${at}[${index}]`))
      : wrong(at, `a list of ${least} to ${most}`)

/** Exactly these members: a missing one and an unknown one are refused. */
export const object =
  <const M extends Readonly<Record<string, Shape<unknown>>>>(
    members: M,
  ): Shape<{ readonly [K in keyof M]: Of<M[K]> }> =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(at, 'an object')
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(members, name)) return wrong(at, 'an object of known members only')
    }
    const read = Object.entries(members).map(([name, shape]) => [
      name,
      Object.hasOwn(value, name)
        ? shape((value as Record<string, unknown>)[name], `${at}.${name}`)
        : wrong(`${at}.${name}`, 'there'),
    ])
    return Object.fromEntries(read) as { readonly [K in keyof M]: Of<M[K]> }
  }

/** Names and texts, for example an environment. The result has no prototype, so that no name means anything else. */
export const record =
  (name: RegExp, shape: Shape<string>, most: number): Shape<Readonly<Record<string, string>>> =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(at, 'an object')
    const entries = Object.entries(value)
    if (entries.length > most) return wrong(at, `an object of at most ${most} members`)
    const result: Record<string, string> = Object.create(null)
    for (const [key, item] of entries) {
      if (!name.test(key)) return wrong(at, 'an object whose names have their form')
      result[key] = shape(item, `${at}.${key}`)
    }
    return result
  }
