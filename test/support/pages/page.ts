// What a page of docs promises: its console blocks as typed lines with what they show, and the comparison with what was shown.

/** One line that is typed, and what the page shows below it. */
export interface Step {
  /** Of the prompt: `ash` in `ash$`; empty for `$`. */
  readonly machine: string
  /** Of the prompt: 2 in `ash(2)$`. */
  readonly terminal: number
  readonly command: string
  readonly shows: readonly string[]
  /** The command is repeated until it shows this: the page says that it takes a while. */
  readonly again: boolean
  /** Line of the page, from 1. */
  readonly line: number
}

/** A block behind this is a file of its first machine, at this place in the home. */
const FILE = /^<!-- the file ~\/([\w./-]+) -->\n```\w*\n([\s\S]*?)^```$/gm

/** Files that a page has its reader write, by their place in the home. */
export const filesOf = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(FILE)].map(([, path = '', content = '']) => [path, content]))

/** In front of a block in which commands are repeated until they show what is below them. */
const AGAIN = '<!-- again until it shows this -->'
const PROMPT = /^([a-z][a-z0-9-]*)?(?:\((\d)\))?\$ (.*)$/

/** The lines of all blocks whose language is `console`, in order. Throws where a block begins without a prompt. */
export function stepsOf(text: string): readonly Step[] {
  const steps: Step[] = []
  let block: 'none' | 'console' | 'other' = 'none'
  let again = false
  let open:
    | { -readonly [Key in keyof Step]: Step[Key] extends readonly string[] ? string[] : Step[Key] }
    | undefined
  for (const [i, line] of text.split('\n').entries()) {
    const fence = /^```(\S*)/.exec(line)
    if (fence) {
      if (block !== 'none') block = 'none'
      else block = fence[1] === 'console' ? 'console' : 'other'
      if (block === 'none') again = false
      open = undefined
      continue
    }
    if (line === AGAIN) again = true
    if (block !== 'console') continue
    const typed = PROMPT.exec(line)
    if (typed) {
      const [, machine = '', terminal = '1', command = ''] = typed
      open = { machine, terminal: Number(terminal), command, shows: [], again, line: i + 1 }
      steps.push(open)
    } else if (open === undefined) throw new Error(`line ${i + 1}: a console block begins with a prompt`)
    else if (open.command.endsWith('\\')) open.command = `${open.command.slice(0, -1)}${line.trimStart()}`
    else open.shows.push(line)
  }
  return steps
}

/** Any lines, none too. */
const ANY = /^(?:\.\.\.|…)$/

/** What differs between two runs of the same page, the longest first: each becomes one word. */
const GENERAL: readonly (readonly [RegExp, string])[] = [
  [/karo:ed25519:[\w-]{10,}/g, '<node id>'],
  [/\b[0-9a-f]{4}(?: [0-9a-f]{4}){3}\b/g, '<fingerprint>'],
  [/\bkaro1?[-_][\w-]{20,}|\bkaro:\/\/\S+/g, '<code>'],
  // An id in hexadecimal may have decimal digits alone.
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b|\b[0-9a-f]{16,}\b/g, '<id>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?\b/g, '<time>'],
  [/\b\d\d:\d\d(?::\d\d)?\b/g, '<time>'],
  [/\b(?:just now|just started|up [\d.]+ \w+|[\d.]+ \w+ ago)\b/g, '<time>'],
  [/\b\d[\d,.]*\b ?(?:µs|ms|s|min|h|d|days?|hours?|minutes?|seconds?)\b/g, '<time>'],
  [/(?<![\w.])–(?=\s|$)|(?:(?<!\S)[+−])?\b\d[\d,.]*(?: ?%)?/g, '#'],
  // A table is as wide as its values.
  [/\s+/g, ' '],
]

/** A line as it is compared. */
export const general = (line: string): string =>
  GENERAL.reduce((text, [pattern, word]) => text.replace(pattern, word), line).trim()

/** Whether a line of output is the one that the page shows, in which `…` stands for any text. */
function sameLine(shown: string, page: string): boolean {
  const parts = general(page).split('…')
  const pattern = parts.map((part) => part.trim().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')
  return new RegExp(`^${pattern}$`).test(general(shown))
}

/** Whether the output is what the page shows. Blank lines count as they stand, but for those at the end. */
export function same(shown: readonly string[], page: readonly string[]): boolean {
  const wanted = page[0]
  if (wanted === undefined) return shown.every((line) => line.trim() === '')
  if (ANY.test(wanted.trim()))
    return same(shown, page.slice(1)) || (shown.length > 0 && same(shown.slice(1), page))
  if (wanted.trim() === '' && page.every((line) => line.trim() === ''))
    return shown.every((line) => line.trim() === '')
  return shown[0] !== undefined && sameLine(shown[0], wanted) && same(shown.slice(1), page.slice(1))
}

/** A question whose answer no terminal shows, and so no page either. */
export const isSecret = (question: string): boolean =>
  /^(?:.*passphrase.*|the same again):$/i.test(question.trim())
const PASSPHRASE = 'the words of a test and of nobody'

/**
 * What the page answers to a question that stands at the end of the output: the rest of its line that begins with the same
 * words. Undefined where the page has no such line.
 */
export function answerTo(question: string, page: readonly string[]): string | undefined {
  const asked = question.trim()
  if (asked === '') return undefined
  if (isSecret(asked)) return PASSPHRASE
  for (const line of page) {
    const typed = line.trim()
    if (typed.startsWith(`${asked} `)) return typed.slice(asked.length).trim()
    const end = typed.lastIndexOf('] ') + 1
    if (end > 0 && sameLine(asked, typed.slice(0, end))) return typed.slice(end).trim()
  }
  return undefined
}
