// A set of small positive numbers as a bitmap, with a compact encoding: which distinct commands ran on a day.

export type NumberSet = ReturnType<typeof createNumberSet>

/** Members are 1 to 2^31 - 1; memory is one bit per number up to the largest. */
const LARGEST = 0x7fff_ffff

export function createNumberSet() {
  let words = new Uint32Array(64)

  function grow(at: number): typeof words {
    const grown = new Uint32Array(Math.max(words.length * 2, at + 1))
    grown.set(words)
    words = grown
    return grown
  }

  return {
    /** True when it was not in the set. */
    add(number: number) {
      const at = number >>> 5
      if (at >= words.length) grow(at)
      const bit = 1 << (number & 31)
      const word = words[at] as number
      if ((word & bit) !== 0) return false
      words[at] = word | bit
      return true
    },
    has: (number: number) => ((words[number >>> 5] ?? 0) & (1 << (number & 31))) !== 0,
    /** True when it was in the set. */
    delete(number: number) {
      const at = number >>> 5
      const bit = 1 << (number & 31)
      const word = words[at] ?? 0
      if ((word & bit) === 0) return false
      words[at] = word & ~bit
      return true
    },
    /** Adds everything of an encoded set. Throws RangeError for bytes that `encode` did not make. */
    addEncoded(bytes: Uint8Array) {
      // A year of a busy person is a million members, read for every look at the year: hence the plain loop.
      const end = bytes.length
      let into = words
      let member = 0
      for (let i = 0; i < end; i++) {
        let byte = bytes[i] as number
        let delta = byte & 0x7f
        for (let factor = 128; byte >= 0x80; factor *= 128) {
          if (++i === end) throw new RangeError('an encoded number set ends early')
          byte = bytes[i] as number
          delta += (byte & 0x7f) * factor
        }
        member += delta
        if (delta === 0 || member > LARGEST) throw new RangeError('not an encoded number set')
        const at = member >>> 5
        if (at >= into.length) into = grow(at)
        into[at] = (into[at] as number) | (1 << (member & 31))
      }
    },
    size() {
      let count = 0
      for (const word of words) count += popcount(word)
      return count
    },
    /** Differences between ascending members as LEB128, the first one to 0. */
    encode() {
      const out: number[] = []
      let last = 0
      for (let at = 0; at < words.length; at++) {
        for (let rest = words[at] as number; rest !== 0; rest &= rest - 1) {
          const member = at * 32 + 31 - Math.clz32(rest & -rest)
          let delta = member - last
          last = member
          for (; delta >= 0x80; delta = Math.floor(delta / 128)) out.push((delta % 128) | 0x80)
          out.push(delta)
        }
      }
      return Uint8Array.from(out)
    },
  }
}

/** Bits set in 32 (Warren, "Hacker's Delight", 5-1). */
function popcount(word: number): number {
  let n = word - ((word >>> 1) & 0x5555_5555)
  n = (n & 0x3333_3333) + ((n >>> 2) & 0x3333_3333)
  return (((n + (n >>> 4)) & 0x0f0f_0f0f) * 0x0101_0101) >>> 24
}
