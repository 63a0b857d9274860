// The commands of a line that failed, with the place of each word, so that one of them can be written anew.
import { type Call, quoted } from './rule.ts'

interface Word {
  /** Without its quotes. */
  readonly text: string
  /** UTF-16 offsets into the line. */
  readonly start: number
  readonly end: number
}

/** What ends a command: operators outside of quotes. Lines with here-documents, loops and the like give what can be read. */
const OPERATOR = /^(?:&&|\|\||[|;&\n])/
const MOST_CHARS = 4_096

export function callsOf(line: string): readonly Call[] {
  if (line.length > MOST_CHARS) return []
  const calls: Call[] = []
  let words: Word[] = []
  const close = (): void => {
    const call = callOf(line, words)
    if (call !== undefined) calls.push(call)
    words = []
  }
  for (let at = 0; at < line.length; ) {
    const rest = line.slice(at)
    const space = /^(?:[ \t]|\\\n)+/.exec(rest)
    if (space) {
      at += space[0].length
      continue
    }
    const operator = OPERATOR.exec(rest)
    if (operator) {
      close()
      at += operator[0].length
      continue
    }
    if (rest.startsWith('#')) break
    const word = wordAt(line, at)
    if (/^\d*[<>]/.test(word.text)) {
      // A redirection, whose file may be a word of its own.
      if (/[<>]$/.test(word.text)) at = wordAt(line, skipBlanks(line, word.end)).end
      else at = word.end
      continue
    }
    words.push(word)
    at = word.end
  }
  close()
  return calls
}

const skipBlanks = (line: string, from: number): number => from + /^[ \t]*/.exec(line.slice(from))![0].length

function wordAt(line: string, start: number): Word {
  let text = ''
  let at = start
  while (at < line.length && !/[\s|;&]/.test(line[at]!)) {
    const quote = line[at]!
    if (quote === '\\') {
      text += line[at + 1] ?? ''
      at += 2
    } else if (quote === "'" || quote === '"') {
      const close = line.indexOf(quote, at + 1)
      const end = close === -1 ? line.length : close
      text += line.slice(at + 1, end)
      at = end + 1
    } else {
      text += quote
      at += 1
    }
  }
  // An operator that is the first sign of a word, as in `2>&1`.
  return { text, start, end: Math.max(Math.min(at, line.length), start + 1) }
}

const SUDO_WITH_VALUE = /^-[ugpChTDR]$/

function callOf(line: string, words: readonly Word[]): Call | undefined {
  let first = 0
  while (/^[A-Za-z_]\w*=/.test(words[first]?.text ?? '')) first += 1
  const sudo = /^(?:sudo|doas)$/.test(words[first]?.text ?? '')
  if (sudo) {
    first += 1
    while (words[first]?.text.startsWith('-')) first += SUDO_WITH_VALUE.test(words[first]!.text) ? 2 : 1
  }
  const [tool, ...args] = words.slice(first)
  if (tool === undefined) return undefined
  return {
    tool: tool.text,
    args: args.map(({ text }) => text),
    sudo,
    swap(index, text) {
      const word = words[first + index]!
      return line.slice(0, word.start) + quoted(text) + line.slice(word.end)
    },
    before: (text) => `${line.slice(0, words[0]!.start)}${text} ${line.slice(words[0]!.start)}`,
    behind(index, text) {
      const { end } = words[first + index]!
      return `${line.slice(0, end)} ${text}${line.slice(end)}`
    },
  }
}
