// Splits what one side of an ACP connection writes into lines, within a bound, byte for byte.

/** Bytes of one line; the official library has the same bound. */
export const LINE_BYTES = 32 * 1024 * 1024

const NEWLINE = 0x0a

interface Lines {
  /** Gives `onLine` each line that is complete now, with its newline. False: a line is longer than it may be. */
  push(chunk: Buffer): boolean
}

/** Nothing is given any more after a line that was too long: the rest of it could be anything. */
export function createLines(onLine: (line: Buffer) => void, most = LINE_BYTES): Lines {
  let begun: Buffer[] = []
  let size = 0
  let broken = false
  return {
    push(chunk) {
      for (let at = 0; at < chunk.length && !broken; ) {
        const end = chunk.indexOf(NEWLINE, at)
        const piece = chunk.subarray(at, end < 0 ? chunk.length : end + 1)
        size += piece.length
        broken = size > most
        if (broken) {
          begun = []
          break
        }
        begun.push(piece)
        if (end < 0) break
        const line = begun.length === 1 ? piece : Buffer.concat(begun)
        begun = []
        size = 0
        at = end + 1
        onLine(line)
      }
      return !broken
    },
  }
}
