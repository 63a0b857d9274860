// Karo's own descriptions of common commands: their purpose, and options that other sources lack or describe wrongly.

interface OwnOption {
  /** Its spellings: `-f`, `--file`. */
  readonly names: readonly string[]
  /** Name of its argument, with `?` behind it where the argument is always joined; undefined for a flag. */
  readonly argument: string | undefined
  readonly does: string
}

export interface OwnTool {
  readonly does: string
  /** Undefined where other sources tell them. */
  readonly options: readonly OwnOption[] | undefined
  /** Meanings of the operands in order; the last one also holds for all further operands. */
  readonly operands: readonly string[] | undefined
  /** Whether options are words with one dash, such as find's `-name`. */
  readonly words: boolean
  /** Whether it is a command of Karo's own that changes something. */
  readonly changes: boolean
}

const WORDS = '(options are words)'
const CHANGES = '(changes something)'
const ARGUMENT = /^=\??[a-z]/i

/**
 * Finds one tool in the texts of `src/assist/knowledge/tools/`: a paragraph `NAME: what it does`, below it a line for each option
 * (`-f --file =archive: words`, `=?name` for an argument that is always joined) and one for each operand (`* words`).
 */
export function ownTool(texts: string, name: string): OwnTool | undefined {
  const head = `\n${name}: `
  const at = texts.indexOf(head)
  if (at < 0) return undefined
  const [does = '', ...lines] = texts
    .slice(at + head.length, texts.indexOf('\n\n', at + 1))
    .split('\n')
    .map((line) => line.trim())
  const operands = lines.flatMap((line) => (line.startsWith('* ') ? [line.slice(2)] : []))
  const options = lines.flatMap((line) => (/^[*(]/.test(line) ? [] : [option(line)]))
  return {
    does,
    options: options.length === 0 ? undefined : options,
    operands: operands.length === 0 ? undefined : operands,
    words: lines.includes(WORDS),
    changes: lines.includes(CHANGES),
  }
}

function option(line: string): OwnOption {
  const end = line.indexOf(': ')
  const words = line.slice(0, end).split(' ')
  const argument = words.find((word) => ARGUMENT.test(word))?.slice(1)
  return {
    names: words.filter((word) => !ARGUMENT.test(word)),
    argument: argument?.startsWith('?') ? `${argument.slice(1)}?` : argument,
    does: line.slice(end + 2),
  }
}
