// One line at the bottom of a terminal that says how far something is, and is gone afterwards.
import { cut } from './text.ts'

/** What is over sooner needs no words. */
const PATIENCE_MS = 300
const ERASE = '\r\x1b[K'

export type LiveLine = ReturnType<typeof createLiveLine>

/** Nothing at all on anything but a terminal. For `using`: it is erased behind its block. A line that does not fit is cut, for it would wrap. */
export function createLiveLine(io: {
  readonly liveLine: boolean
  readonly columns: number
  err(text: string): void
}) {
  let text = ''
  let shown = false
  let patient = true
  const draw = (): void => {
    patient = false
    if (text === '') return
    io.err(`${ERASE}${cut(text, io.columns - 1)}`)
    shown = true
  }
  const timer = io.liveLine ? setTimeout(draw, PATIENCE_MS) : undefined
  function end(): void {
    clearTimeout(timer)
    text = ''
    if (shown) io.err(ERASE)
    shown = false
  }
  return {
    /** Replaces what stands there. */
    show(newer: string) {
      text = newer
      if (timer !== undefined && !patient) draw()
    },
    /** Erases it; nothing is shown afterwards. */
    end,
    [Symbol.dispose]: end,
  }
}
