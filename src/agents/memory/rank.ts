// Vectors of notes, and how two orders of the same notes become one. Pure.

/** Of reciprocal rank fusion (Cormack et al. 2009): how little the first places count more than those behind them. */
const FUSION = 60

/** 32-bit floats, little-endian. */
export function vectorBytes(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, number] of numbers.entries()) view.setFloat32(i * 4, number, true)
  return bytes
}

export function numbersOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(i * 4, true))
}

/** From -1 to 1; 0 for vectors of different lengths or without a direction. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return 0
  let [dot, ofA, ofB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x = 0, y = 0] = [a[i], b[i]]
    dot += x * y
    ofA += x * x
    ofB += y * y
  }
  const length = Math.sqrt(ofA) * Math.sqrt(ofB)
  return length > 0 && Number.isFinite(length) ? dot / length : 0
}

/** One order of the ids of several, the best first; its score is 1, and others are a part of that. */
export function fused<By extends string>(
  orders: Readonly<Record<By, readonly string[]>>,
): readonly { readonly id: string; readonly score: number; readonly by: readonly By[] }[] {
  const found = new Map<string, { sum: number; by: By[] }>()
  for (const [by, ids] of Object.entries(orders) as [By, readonly string[]][]) {
    for (const [i, id] of ids.entries()) {
      const one = found.get(id) ?? { sum: 0, by: [] }
      one.sum += 1 / (FUSION + i + 1)
      one.by.push(by)
      found.set(id, one)
    }
  }
  const sorted = [...found].sort(([a, x], [b, y]) => y.sum - x.sum || (a < b ? -1 : 1))
  const best = sorted[0]?.[1].sum ?? 1
  return sorted.map(([id, { sum, by }]) => ({ id, score: sum / best, by }))
}
