// What a stored value has to be, said once: the type of a row, and the check that a row on the disk still is one, come from it.

/** True for a value that this program writes. */
export type Is<T> = (value: unknown) => value is T
/** The type of what such a check lets through. */
export type Checked<Check> = Check extends Is<infer T> ? T : never

type Fields = Readonly<Record<string, Is<unknown>>>
type Leavable<F extends Fields> = {
  [K in keyof F]: undefined extends Checked<F[K]> ? K : never
}[keyof F]
type Shape<F extends Fields> = { readonly [K in Exclude<keyof F, Leavable<F>>]: Checked<F[K]> } & {
  readonly [K in Leavable<F>]?: Checked<F[K]>
}

export const text = (value: unknown): value is string => typeof value === 'string'
/** A whole number; times are milliseconds since the epoch. */
export const whole = (value: unknown): value is number => Number.isSafeInteger(value)
/** A whole number from 0 on. */
export const natural = (value: unknown): value is number => whole(value) && value >= 0
export const number = (value: unknown): value is number => typeof value === 'number'
export const flag = (value: unknown): value is boolean => typeof value === 'boolean'
export const bytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

/** 32 bytes. */
export const bytes32 = (value: unknown): value is Uint8Array => bytes(value) && value.length === 32

export const orNull =
  <T>(is: Is<T>) =>
  (value: unknown): value is T | null =>
    value === null || is(value)

/** A member that may be absent; one that was undefined when it was written is null on the disk. */
export const maybe =
  <T>(is: Is<T>) =>
  (value: unknown): value is T | undefined =>
    value === undefined || value === null || is(value)

export const oneOf =
  <const T extends string>(...words: readonly T[]) =>
  (value: unknown): value is T =>
    words.includes(value as T)

export const listOf =
  <T>(is: Is<T>) =>
  (value: unknown): value is readonly T[] =>
    Array.isArray(value) && value.every(is)

/** A list whose members each have their own place. */
export const tuple =
  <T extends readonly unknown[]>(...each: { readonly [K in keyof T]: Is<T[K]> }) =>
  (value: unknown): value is Readonly<T> =>
    Array.isArray(value) && each.every((is, i) => is(value[i]))

export const mapOf =
  <T>(is: Is<T>) =>
  (value: unknown): value is Readonly<Record<string, T>> =>
    typeof value === 'object' && value !== null && Object.values(value).every(is)

/** An object with these members; others may be there. */
export const shape =
  <F extends Fields>(fields: F) =>
  (value: unknown): value is Shape<F> =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, is]) => is((value as Record<string, unknown>)[name]))
