// The log of an agent: the last lines of its standard error and messages of the runtime, and how many lines were
// dropped before.

/** Lines, and characters of one line, that are kept of each agent: at most 1 MiB of memory. */
const MOST_LINES = 500
const MOST_CHARS = 1_000
/** Characters of a line that are looked through for secrets before it is cut. */
const MOST_SEARCHED = 16_384

interface AgentLogLine {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** `agent`: its standard error. `karo`: what the runtime says about it. */
  readonly from: 'agent' | 'karo'
  readonly text: string
}

export type AgentLog = ReturnType<typeof createAgentLog>

export function createAgentLog(now: () => number) {
  const lines: (AgentLogLine & { readonly cut: number })[] = []
  let dropped = 0
  let decoder = new TextDecoder()
  let begun = ''
  let begunCut = 0
  let masked = (text: string): string => text

  const add = (from: AgentLogLine['from'], whole: string, lost: number): void => {
    const safe = masked(whole)
    const text = safe.slice(0, MOST_CHARS)
    lines.push({ at: now(), from, text, cut: lost + safe.length - text.length })
    if (lines.length <= MOST_LINES) return
    lines.shift()
    dropped += 1
  }
  const extend = (text: string): void => {
    const kept = text.slice(0, MOST_SEARCHED - begun.length)
    begun += kept
    begunCut += text.length - kept.length
  }
  const close = (): void => {
    add('agent', begun, begunCut)
    begun = ''
    begunCut = 0
  }

  return {
    /** Bytes of standard error, in pieces as they come. */
    push(bytes: Buffer) {
      const [first = '', ...more] = decoder.decode(bytes, { stream: true }).split('\n')
      extend(first)
      for (const next of more) {
        close()
        extend(next)
      }
    },
    /** The agent has ended: what it wrote without an end of line is a line too. */
    end() {
      extend(decoder.decode())
      decoder = new TextDecoder()
      if (begun !== '' || begunCut > 0) close()
    },
    note: (text: string) => add('karo', text, 0),
    /** From now on each line is kept as `mask` gives it back. */
    hide(mask: (text: string) => string) {
      masked = mask
    },
    /** Oldest first. `dropped`: lines before them; `cut`: characters that too long lines among them lost. */
    read: () => ({
      lines: lines.map(({ at, from, text }) => ({ at, from, text })),
      dropped,
      cut: lines.reduce((sum, { cut }) => sum + cut, 0),
    }),
  }
}
