// Adds rollups up from their bytes: nothing is made of a row but its numbers, which a year of days is worth.
import type { Rollup } from './types.ts'

interface DayCounts {
  readonly count: number
  /** Commands by local hour of the day, 24 numbers. */
  readonly hourly: readonly number[]
}

export interface RollupSum {
  /** Adds one value as `encodeRollup` makes them. Throws RangeError for any other, and has then added nothing. */
  add(value: Uint8Array, version: number): DayCounts
  sum(): Rollup
}

interface ToolSum {
  readonly category: string
  count: number
  failures: number
  unknown: number
}
interface CategorySum extends Omit<ToolSum, 'category'> {
  duration_ms: number
  privileged?: number
}

export function createRollupSum(): RollupSum {
  const total = {
    count: 0,
    failures: 0,
    unknown: 0,
    duration_ms: 0,
    generated: 0,
    guard_active: 0,
    answered: 0,
  }
  const categories = new Map<string, CategorySum>()
  const tools = new Map<string, ToolSum>()
  const rules = new Map<string, number>()
  const risk = { safe: 0, moderate: 0, high: 0, critical: 0 }
  const guard = { blocked: 0, confirmed: 0, declined: 0, unjudged: 0 }
  const hours = new Array<number>(24).fill(0)
  const reader = createReader()
  /** Numbers of the row, in its order; they are added when all of it was read. What is behind them is of an earlier row. */
  const read: number[] = []
  const called: string[] = []
  let [many, words] = [0, 0]

  function numbers(count: number): void {
    for (let left = count; left > 0; left--) read[many++] = reader.number()
  }

  /** So many numbers, behind a second name where there is one, and then up to `more` numbers, which are left out while they are 0. */
  function tally(least: number, more: number, isNamedTwice: boolean): void {
    called[words++] = reader.text()
    const parts = reader.list()
    if (isNamedTwice) called[words++] = reader.text()
    const given = isNamedTwice ? parts - 1 : parts
    if (given < least || given > least + more) throw new RangeError('a tally of other parts')
    numbers(given)
    for (let left = least + more - given; left > 0; left--) read[many++] = 0
  }

  /** The row's numbers and names in their order, and how many categories, tools and rules it has. */
  function scan(value: Uint8Array): {
    readonly parts: number
    readonly categories: number
    readonly tools: number
    /** How many numbers the guard has. */
    readonly guard: number
    readonly rules: number
  } {
    many = 0
    words = 0
    reader.begin(value)
    const parts = reader.list()
    if (parts !== 7 && (parts < 9 || parts > 11)) throw new RangeError('a rollup of other parts')
    numbers(3)
    const ofCategories = reader.map()
    for (let i = 0; i < ofCategories; i++) tally(3, 2, false)
    const ofTools = reader.map()
    for (let i = 0; i < ofTools; i++) tally(2, 1, true)
    numbers(reader.list(4))
    numbers(reader.list(24))
    let guard = 0
    let ofRules = 0
    if (parts > 7) {
      guard = reader.list()
      if (guard !== 4 && guard !== 5) throw new RangeError('a rollup of other parts')
      numbers(parts > 9 ? guard + 2 : guard + 1)
    }
    if (parts === 11) {
      ofRules = reader.map()
      for (let i = 0; i < ofRules; i++) {
        called[words++] = reader.text()
        numbers(1)
      }
    }
    if (!reader.ended()) throw new RangeError('more than a rollup')
    return { parts, categories: ofCategories, tools: ofTools, guard, rules: ofRules }
  }

  return {
    add(value, version) {
      if (value[0] !== version)
        throw new RangeError(`stored value has version ${value[0]}, expected ${version}`)
      const row = scan(value)
      let at = 0
      let word = 0
      const next = (): number => read[at++]!
      const count = next()
      total.count += count
      total.failures += next()
      total.duration_ms += next()
      for (let i = 0; i < row.categories; i++) {
        const name = called[word++]!
        const sum: CategorySum = categories.get(name) ?? {
          count: 0,
          failures: 0,
          unknown: 0,
          duration_ms: 0,
        }
        categories.set(name, sum)
        sum.count += next()
        sum.failures += next()
        sum.duration_ms += next()
        const unknown = next()
        sum.unknown += unknown
        total.unknown += unknown
        const privileged = next()
        if (privileged > 0) sum.privileged = (sum.privileged ?? 0) + privileged
      }
      for (let i = 0; i < row.tools; i++) {
        const name = called[word++]!
        const category = called[word++]!
        const sum = tools.get(name) ?? { category, count: 0, failures: 0, unknown: 0 }
        tools.set(name, sum)
        sum.count += next()
        sum.failures += next()
        sum.unknown += next()
      }
      risk.safe += next()
      risk.moderate += next()
      risk.high += next()
      risk.critical += next()
      const hourly = read.slice(at, at + 24)
      for (let hour = 0; hour < 24; hour++) hours[hour]! += next()
      if (row.parts > 7) {
        guard.blocked += next()
        guard.confirmed += next()
        guard.declined += next()
        guard.unjudged += next()
        if (row.guard === 5) total.guard_active += next()
        total.generated += next()
        if (row.parts > 9) total.answered += next()
      }
      for (let i = 0; i < row.rules; i++) {
        const id = called[word++]!
        rules.set(id, (rules.get(id) ?? 0) + next())
      }
      return { count, hourly }
    },
    sum: () => ({
      ...total,
      risk,
      guard,
      hourly: hours,
      categories: Object.fromEntries(categories),
      tools: Object.fromEntries(tools),
      rules: Object.fromEntries(rules),
    }),
  }
}

/** Reads the part of MessagePack that a rollup needs, after the byte of its version. */
function createReader() {
  /** Names are few and come again in every row: each is made once. By a hash of their bytes. */
  const names = new Map<number, { readonly bytes: Uint8Array; readonly name: string }[]>()
  let bytes: Uint8Array = Buffer.alloc(0)
  let at = 0
  const unexpected = (): never => {
    throw new RangeError('no rollup')
  }
  /** Size of a list or map: `fix` + n in one byte, or `large` and n in two. */
  function size(fix: number, large: number): number {
    const byte = bytes[at++]!
    if ((byte & 0xf0) === fix) return byte & 0x0f
    return byte === large ? whole(2) : unexpected()
  }
  /** The next bytes as one number; beyond the end of the row it is none, which `ended` tells. */
  function whole(width: number): number {
    let value = 0
    for (let left = width; left > 0; left--) value = value * 256 + bytes[at++]!
    return value
  }
  return {
    begin(row: Uint8Array) {
      bytes = row
      at = 1
    },
    number(): number {
      const byte = bytes[at++]!
      if (byte < 0x80) return byte
      if (byte !== 0xcb) return whole(WIDTHS[byte - 0xcc] ?? unexpected())
      at += 8
      return new DataView(bytes.buffer, bytes.byteOffset + at - 8, 8).getFloat64(0)
    },
    text(): string {
      const byte = bytes[at++]!
      const length = (byte & 0xe0) === 0xa0 ? byte & 0x1f : byte === 0xd9 ? whole(1) : unexpected()
      const from = at
      at += length
      if (at > bytes.length) unexpected()
      let hash = length
      for (let i = from; i < at; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
      const known = names.get(hash)
      const found = known?.find(({ bytes: own }) => sameAt(own, bytes, from, length))
      if (found !== undefined) return found.name
      const own = bytes.slice(from, at)
      const made = { bytes: own, name: Buffer.from(own).toString('utf8') }
      if (known === undefined) names.set(hash, [made])
      else known.push(made)
      return made.name
    },
    map: () => size(0x80, 0xde),
    list(expected?: number): number {
      const length = size(0x90, 0xdc)
      return expected === undefined || length === expected ? length : unexpected()
    },
    ended: () => at === bytes.length,
  }
}

/** Bytes of uint8, uint16 and uint32, from 0xcc on. */
const WIDTHS = [1, 2, 4] as const

function sameAt(own: Uint8Array, bytes: Uint8Array, from: number, length: number): boolean {
  if (own.length !== length) return false
  for (let i = 0; i < length; i++) if (own[i] !== bytes[from + i]) return false
  return true
}
