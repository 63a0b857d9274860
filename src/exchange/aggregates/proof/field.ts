// The prime field of proofs, GF(2^64 - 2^32 + 1): Field64 of draft-irtf-cfrg-vdaf-20, and polynomials by their values at roots of unity.
import { LOW, WORD } from '../shares.ts'

export const MODULUS = 0xffff_ffff_0000_0001n
export const ELEMENT_BYTES = 8

/** Whether a number of 0 or more is an element, and is written in one way only. */
export const isElement = (value: bigint): boolean => value < MODULUS

export const areElements = (values: BigUint64Array): boolean => values.every(isElement)

export const add = (a: bigint, b: bigint): bigint => {
  const sum = a + b
  return sum < MODULUS ? sum : sum - MODULUS
}

/** `add` for each of two vectors of one length. In words of 32 bits, because BigInts take three times as long. */
export function addEach(a: BigUint64Array, b: BigUint64Array): BigUint64Array {
  const sums = new BigUint64Array(a.length)
  const words = new Uint32Array(sums.buffer)
  const left = new Uint32Array(a.buffer, a.byteOffset, words.length)
  const right = new Uint32Array(b.buffer, b.byteOffset, words.length)
  for (let at = LOW; at < words.length; at += 2) {
    const upper = at + 1 - 2 * LOW
    let low = left[at]! + right[at]!
    let high = left[upper]! + right[upper]!
    if (low >= WORD) {
      low -= WORD
      high++
    }
    // To take the modulus away is to add 2^32 - 1, mod 2^64.
    if (high >= WORD || (high === WORD - 1 && low > 0)) {
      low += WORD - 1
      if (low >= WORD) high++
    }
    words[at] = low
    words[upper] = high
  }
  return sums
}

export const subtract = (a: bigint, b: bigint): bigint => (a < b ? a - b + MODULUS : a - b)

export const multiply = (a: bigint, b: bigint): bigint => (a * b) % MODULUS

function power(base: bigint, exponent: bigint): bigint {
  let [result, factor] = [1n, base]
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = multiply(result, factor)
    factor = multiply(factor, factor)
  }
  return result
}

/** Of what is not 0. */
export const inverse = (value: bigint): bigint => power(value, MODULUS - 2n)

/** Of elements of which none is 0, for the cost of one. */
function inverses(values: readonly bigint[]): bigint[] {
  const before: bigint[] = []
  let all = 1n
  for (const value of values) {
    before.push(all)
    all = multiply(all, value)
  }
  let rest = inverse(all)
  const found = new Array<bigint>(values.length)
  for (let at = values.length - 1; at >= 0; at--) {
    found[at] = multiply(rest, before[at] as bigint)
    rest = multiply(rest, values[at] as bigint)
  }
  return found
}

/** Generates the roots of unity, 2^32 of them. */
const GENERATOR = power(7n, 2n ** 32n - 1n)
const known = new Map<number, readonly bigint[]>()

/** The roots of unity of order `count`, a power of two, in the order of their exponents. */
export function roots(count: number): readonly bigint[] {
  const before = known.get(count)
  if (before !== undefined) return before
  const root = power(GENERATOR, 2n ** 32n / BigInt(count))
  const found = [1n]
  while (found.length < count) found.push(multiply(found.at(-1) as bigint, root))
  known.set(count, found)
  return found
}

/** The values at all roots of unity of a polynomial with these coefficients; of as many, a power of two. */
function valuesOf(coefficients: readonly bigint[]): bigint[] {
  const count = coefficients.length
  const values = reversed(coefficients)
  for (let half = 1; half < count; half *= 2) {
    const powers = roots(2 * half)
    for (let from = 0; from < count; from += 2 * half) {
      for (let at = from; at < from + half; at++) {
        const [u, v] = [values[at]!, multiply(powers[at - from]!, values[at + half]!)]
        values[at] = add(u, v)
        values[at + half] = subtract(u, v)
      }
    }
  }
  return values
}

/** In the order of their places with the bits reversed. */
function reversed(values: readonly bigint[]): bigint[] {
  const found = [...values]
  for (let at = 1, other = 0; at < values.length; at++) {
    let bit = values.length >> 1
    for (; (other & bit) !== 0; bit >>= 1) other ^= bit
    other ^= bit
    if (at < other) [found[at], found[other]] = [found[other]!, found[at]!]
  }
  return found
}

const knownScaled = new Map<number, readonly bigint[]>()

/** The first half of the roots of order `2 * count`, each divided by `count`: an inverse costs as much as the rest of a proof. */
function scaledRoots(count: number): readonly bigint[] {
  const before = knownScaled.get(count)
  if (before !== undefined) return before
  const scale = inverse(BigInt(count))
  const found = roots(2 * count)
    .slice(0, count)
    .map((root) => multiply(root, scale))
  knownScaled.set(count, found)
  return found
}

/** From values at the roots of unity of order n those at the other roots of order 2n, in their order: at its odd powers. */
export function valuesBetween(values: readonly bigint[]): bigint[] {
  const count = values.length
  const scaled = valuesOf(values)
  const factors = scaledRoots(count)
  return valuesOf(factors.map((factor, at) => multiply(scaled[(count - at) % count]!, factor)))
}

/**
 * What the values at the roots of order `count`, and at those of half that order, are multiplied by to get a polynomial's
 * value at a point, which is their sum. Undefined where the point is one of these roots: the value there is told as it is.
 */
export function weightsAt(
  point: bigint,
  count: number,
): { readonly all: readonly bigint[]; readonly half: readonly bigint[] } | undefined {
  const nodes = roots(count)
  const half = power(point, BigInt(count / 2))
  const whole = multiply(half, half)
  if (whole === 1n) return undefined
  const distances = inverses(nodes.map((node) => subtract(point, node)))
  const weights = (of: bigint, order: number): bigint[] => {
    const factor = multiply(subtract(of, 1n), scaledRoots(order)[0]!)
    const step = count / order
    return Array.from({ length: order }, (_, at) =>
      multiply(multiply(nodes[at * step]!, distances[at * step]!), factor),
    )
  }
  return { all: weights(whole, count), half: weights(half, count / 2) }
}
