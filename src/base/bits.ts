// Sets of small numbers as bits: number n is bit n % 8 of byte n / 8, the lowest bit first.

/** The numbers whose bit is set, ascending. */
export function placesIn(bits: Uint8Array): readonly number[] {
  const places: number[] = []
  for (let at = 0; at < bits.length * 8; at++) if (hasBit(bits, at)) places.push(at)
  return places
}

/** A bit for each number below `count`; numbers from `count` on are left out. */
export function bitsOf(places: Iterable<number>, count: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8))
  for (const at of places) setBit(bits, at)
  return bits
}

export const hasBit = (bits: Uint8Array, at: number): boolean =>
  ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0

/** Does nothing for a number that the bits have no place for. */
export function setBit(bits: Uint8Array, at: number): void {
  bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7))
}
