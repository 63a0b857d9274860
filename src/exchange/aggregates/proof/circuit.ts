// The proof that every element of a vector is 0 or 1: the circuit SumVec of draft-irtf-cfrg-vdaf-20 with its proof system, for two verifiers.
import { add, inverse, MODULUS, multiply, roots, subtract, valuesBetween, weightsAt } from './field.ts'

export interface Circuit {
  /** Elements of the vector. */
  readonly length: number
  /** How many of them are multiplied in one call of the gadget. */
  readonly chunk: number
}

const HALF = inverse(2n)

export const callsOf = ({ length, chunk }: Circuit): number => Math.ceil(length / chunk)

/** Values by which the polynomial of one wire is given: one for each call and a random one, up to a power of two. */
const pointsOf = (circuit: Circuit): number => 2 ** Math.ceil(Math.log2(1 + callsOf(circuit)))

/** Random elements of a proof. */
export const seedsOf = ({ chunk }: Circuit): number => 2 * chunk

export const proofLength = (circuit: Circuit): number => seedsOf(circuit) + 2 * pointsOf(circuit) - 1

export const verifierLength = ({ chunk }: Circuit): number => 2 * chunk + 2

/**
 * What goes into the gadget: the values of each wire, of which the first is its seed. For each element x and a random r one
 * wire has a power of r times x and the next one x - 1, so that the sum of their products is 0 where each x is 0 or 1. `one`
 * is 1, or what is one of its two shares.
 */
function wiresOf(
  circuit: Circuit,
  vector: ArrayLike<bigint>,
  seeds: readonly bigint[],
  joint: readonly bigint[],
  one: bigint,
): bigint[][] {
  const { length, chunk } = circuit
  const points = pointsOf(circuit)
  const wires = Array.from({ length: 2 * chunk }, (_, at) => {
    const wire = new Array<bigint>(points).fill(0n)
    wire[0] = seeds[at]!
    return wire
  })
  for (const [call, r] of joint.entries()) {
    let power = r
    for (let at = 0; at < chunk; at++) {
      const place = call * chunk + at
      const element = place < length ? vector[place]! : 0n
      wires[2 * at]![call + 1] = multiply(power, element)
      wires[2 * at + 1]![call + 1] = subtract(element, one)
      power = multiply(power, r)
    }
  }
  return wires
}

/** A proof about a whole vector: the seeds of the wires, and the gadget's polynomial by its values but the last one. */
export function prove(
  circuit: Circuit,
  vector: readonly bigint[],
  seeds: readonly bigint[],
  joint: readonly bigint[],
): bigint[] {
  const wires = wiresOf(circuit, vector, seeds, joint, 1n)
  const points = pointsOf(circuit)
  const sums = new Array<bigint>(2 * points).fill(0n)
  for (let at = 0; at < wires.length; at += 2) {
    const [a, b] = [wires[at]!, wires[at + 1]!]
    const [between, other] = [valuesBetween(a), valuesBetween(b)]
    for (let point = 0; point < points; point++) {
      sums[2 * point] = sums[2 * point]! + a[point]! * b[point]!
      sums[2 * point + 1] = sums[2 * point + 1]! + between[point]! * other[point]!
    }
  }
  return [...seeds, ...sums.slice(0, -1).map((sum) => sum % MODULUS)]
}

/**
 * What one of the two, with its shares of a vector and of a proof, tells the other: its share of the circuit's output and of
 * all polynomials at a random point. Undefined where the point is no point to look at, which is one of 2^57.
 */
export function query(
  circuit: Circuit,
  vector: ArrayLike<bigint>,
  proof: readonly bigint[],
  point: bigint,
  joint: readonly bigint[],
): bigint[] | undefined {
  const seeds = proof.slice(0, seedsOf(circuit))
  const gadget = proof.slice(seeds.length)
  const weights = weightsAt(point, gadget.length + 1)
  if (weights === undefined) return undefined
  // Its degree is 2 less than the number of points, which says what the last value is.
  const nodes = roots(gadget.length + 1)
  const last = gadget.reduce((sum, value, at) => sum + value * nodes[at]!, 0n) % MODULUS
  gadget.push(subtract(0n, multiply(last, nodes[1]!)))
  const output = joint.reduce((sum, _, call) => add(sum, gadget[2 * (call + 1)]!), 0n)
  const at = (values: readonly bigint[], by: readonly bigint[]): bigint => {
    let sum = 0n
    for (const [place, value] of values.entries()) sum += value * by[place]!
    return sum % MODULUS
  }
  const wires = wiresOf(circuit, vector, seeds, joint, HALF)
  return [output, ...wires.map((wire) => at(wire, weights.half)), at(gadget, weights.all)]
}

/** Whether both shares of what is told, added up, say that the vector is as it should be. */
export function decide(verifier: BigUint64Array): boolean {
  // Between the circuit's output and the gadget's value are the wires.
  const last = verifier.length - 1
  let sum = 0n
  for (let at = 1; at < last; at += 2) sum += verifier[at]! * verifier[at + 1]!
  return verifier[0] === 0n && sum % MODULUS === verifier[last]
}
