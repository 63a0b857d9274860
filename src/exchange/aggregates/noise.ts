// Noise in the values of totals: how large it is, and who draws it.
//
// Each of the two aggregators adds a draw to its sums of the values before it tells them, so the other one, and a reader, see no
// value without the noise of one of them. All draws follow from secrets and from what was agreed to, so a bucket that is told
// again, after a crash or a restored backup, has the same noise, and nothing is had from the mean.
import { type Bucket, slotOfBucket } from '../../../protocols/buckets.ts'
import { blake3 } from '../../base/hash.ts'
import type { Identity } from '../../trust/identity/index.ts'
import { startsOf } from './layout.ts'
import type { Split } from './parts/apart.ts'
import { isSent, type Opening } from './suppress.ts'
import type { Layout } from './types.ts'

/** The scale of noise where a policy bundle does not say one: so many of each number of one machine are hidden. */
export const NOISE_DEFAULT = 10
/** Where the bundle does not say, totals of so many machines have noise: then it is small beside them. */
const NOISY_FROM = 200
/** Draws are at most so many times their scale; a larger one would come once in 10^13. */
const WIDEST = 30
/**
 * The scale of the noise of a group's values: that of two-sided geometric draws, by which the chances of any outcome with and
 * without `scale` of a number differ by a factor of e at most. `asked`: of the bundle; undefined: it leaves that to the size of
 * the group, `n`.
 */
export const scaleOf = (asked: number | undefined, n: number): number =>
  asked ?? (n >= NOISY_FROM ? NOISE_DEFAULT : 0)

/** The widest that the draws of both are together, added to one number. */
export const widestOf = (scale: number): number => 2 * WIDEST * scale

const SECRET_DOMAIN = 'karo-noise-secret-v1'

/**
 * What an aggregator's noise of a bucket follows from, 32 bytes: the hash of an Ed25519 signature that it never shows, so the
 * same after a restart and from a restored backup, and known to nobody else.
 */
export const secretOf = ({ sign }: Pick<Identity, 'sign'>, mesh: Uint8Array, bucket: Bucket): Uint8Array =>
  blake3([
    SECRET_DOMAIN,
    sign(Buffer.concat([Buffer.from(SECRET_DOMAIN), mesh, Buffer.from(slotOfBucket(bucket))])),
  ])

/** A draw of the two-sided geometric distribution: P(x) is proportional to e^(-|x| / scale). Of scale 0: 0. */
export type Draws = (scale: number) => number

/**
 * Draws that follow from a seed. Exact, with whole numbers only, so that nothing shows in rounding: algorithms 1 and 2 of
 * Canonne, Kamath and Steinke, The Discrete Gaussian for Differential Privacy (2020).
 */
export function drawsOf(seed: Uint8Array): Draws {
  let [block, at, count] = [Buffer.alloc(0), 0, 0]
  const word = (): number => {
    if (at === block.length) [block, at] = [Buffer.from(blake3([seed, String(count++)], 1024)), 0]
    at += 4
    return block.readUInt32BE(at - 4)
  }
  /** 0 to n - 1, each as likely. */
  const below = (n: number): number => {
    const whole = 2 ** 32 - (2 ** 32 % n)
    for (;;) {
      const drawn = word()
      if (drawn < whole) return drawn % n
    }
  }
  /** True with the chance e^(-a / b), for a at most b. */
  const decays = (a: number, b: number): boolean => {
    let k = 1
    while (below(b * k) < a) k++
    return k % 2 === 1
  }
  return (scale) => {
    if (scale === 0) return 0
    for (;;) {
      const rest = below(scale)
      if (!decays(rest, scale)) continue
      let wholes = 0
      while (decays(1, 1)) wholes++
      const size = rest + scale * wholes
      const isNegative = below(2) === 1
      // Else 0 would be twice as likely.
      if (size > WIDEST * scale || (isNegative && size === 0)) continue
      return isNegative ? -size : size
    }
  }
}

/** By type, sums of all cells of a layout: of a group, and of each of its cells. */
interface Sums {
  readonly whole: readonly BigUint64Array[]
  readonly cells: readonly (readonly BigUint64Array[])[]
}

/**
 * One aggregator's sums with a draw of its own in each value that it tells. What is told apart has a draw for each cell, of
 * which the whole has the sum, so that cells add up to the whole and no number has the draw of another.
 */
export function withNoise(
  layouts: readonly Layout[],
  sums: Sums,
  { opened, split }: { readonly opened: readonly (Opening | undefined)[]; readonly split: Split | undefined },
  scale: number,
  seed: Uint8Array,
): Sums {
  if (scale === 0) return sums
  const draw = drawsOf(seed)
  const whole = sums.whole.map((of) => of.slice())
  const cells = sums.cells.map((of) => of.map((one) => one.slice()))
  for (const [type, layout] of layouts.entries()) {
    const opening = opened[type]
    if (opening === undefined) continue
    const starts = startsOf(layout)
    for (const [row, sent] of isSent(opening).entries()) {
      if (!sent) continue
      // Enough machines of each cell have what is told apart.
      const parts = split?.isTold[type]?.[row] === true ? cells : [undefined]
      const start = starts[row]!
      for (let at = start; at < start + layout.rows[row]!.values.length; at++) {
        for (const sums of parts) {
          const drawn = BigInt(draw(scale))
          whole[type]![at]! += drawn
          if (sums !== undefined) sums[type]![at]! += drawn
        }
      }
    }
  }
  return { whole, cells }
}
