// Commands leave a history in parts: a line says how far it is, and Ctrl-C ends it after the part under way.
import { watchInterrupt } from '../terminal/interrupt.ts'
import { createLiveLine } from '../terminal/live-line.ts'

interface Part {
  readonly removed: number
  readonly left: number
}

/** Asks for one part after the other until none is left. `left` is above 0 where Ctrl-C ended it. */
export async function inParts(
  io: Parameters<typeof createLiveLine>[0],
  all: number,
  word: 'deleted' | 'taken out',
  next: () => Promise<Part>,
): Promise<Part> {
  using live = createLiveLine(io)
  using interrupt = watchInterrupt()
  interrupt.signal.addEventListener('abort', () => live.show('stopping …'))
  let removed = 0
  for (;;) {
    const part = await next()
    removed += part.removed
    // Commands that are recorded meanwhile are not waited for, and a part that removes none would only come again.
    if (part.left === 0 || part.removed === 0 || removed >= all || interrupt.signal.aborted)
      return { removed, left: part.left }
    live.show(`${removed} of ${all} commands ${word}`)
  }
}
