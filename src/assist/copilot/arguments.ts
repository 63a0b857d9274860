// Reads a command's words as the command does: subcommands, options with arguments, operands; and gives their meanings.
import { baseName } from '../risk/model.ts'
import type { Part } from '../risk/parts.ts'
import type { ExplainedPart, Span } from './explanation.ts'
import type { Lexicon, Meaning, OptionMeaning, Tool } from './lexicon.ts'
import { COMMON, numeric, specialOperand } from './shell-words.ts'

/** Explains a part from the parser together with the parts inside it. */
export type Explain = (part: Part) => Promise<ExplainedPart>

/** Letters of a word such as `-xzf` that are looked up one by one. */
const MOST_LETTERS = 12

interface Reading {
  tool: Tool
  operands: number
  /** Whether `--` came, so that no more options follow. */
  ended: boolean
  /** Whether a subcommand may still follow. */
  mayDescend: boolean
  /** Options written without a dash that still wait for their arguments, which follow in the same order. */
  owed: { readonly letter: string; readonly option: OptionMeaning }[]
  readonly line: string
  readonly explain: Explain
}

/** Explains the parts of one simple command, in order; the part of kind `name` is the command word. */
export async function readArguments(
  parts: readonly Part[],
  line: string,
  lexicon: Lexicon,
  explain: Explain,
): Promise<readonly ExplainedPart[]> {
  const found: ExplainedPart[] = []
  let reading: Reading | undefined
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Part
    if (part.kind === 'name') {
      const name = baseName(part.value)
      const tool = await lexicon.tool(name)
      reading = { tool, operands: 0, ended: false, mayDescend: true, owed: [], line, explain }
      found.push({ ...(await explain(part)), ...meant(nameMeaning(part, tool)) })
    } else if (reading === undefined || part.kind !== 'word') {
      found.push(await explain(part))
      if (reading !== undefined && part.kind === 'command') reading.mayDescend = false
    } else {
      const next = parts[i + 1]?.kind === 'word' ? parts[i + 1] : undefined
      const { explained, tookNext } = await readWord(part, next, reading)
      found.push(...explained)
      if (tookNext) i++
    }
  }
  return found
}

const meant = (meaning: Meaning | undefined): Pick<ExplainedPart, 'meaning' | 'source'> => ({
  meaning: meaning?.text ?? null,
  source: meaning?.source ?? null,
})

function nameMeaning(part: Part, tool: Tool): Meaning | undefined {
  if (part.parts.some(({ kind }) => kind === 'variable' || kind === 'substitution'))
    return { text: 'The command is only known when the line runs', source: 'shell' }
  if (/^!(?:!|-?\d|[\w?])/.test(part.value)) {
    const which = part.value === '!!' ? 'The command before this one' : 'A command of the history'
    const text = `${which}: bash and zsh put its text here before the line runs, so Karo cannot see it`
    return { text, source: 'shell' }
  }
  return (
    tool.does ??
    (part.value.includes('/') ? { text: 'The program in this file', source: 'shell' } : undefined)
  )
}

interface Read {
  readonly explained: readonly ExplainedPart[]
  readonly tookNext: boolean
}

async function readWord(part: Part, next: Part | undefined, reading: Reading): Promise<Read> {
  const { value } = part
  const owed = reading.owed.shift()
  if (owed !== undefined) return one(await argument(part, reading, owed.option, `the option ${owed.letter}`))
  if (!reading.ended && value === '--') {
    reading.ended = true
    const text = 'Ends the options: the words behind it are no options, even with a dash'
    return one(await explained(part, reading, 'word', { text, source: 'karo' }))
  }
  if (!reading.ended && (reading.tool.words || /^[-+]./.test(value))) {
    const read = await readOption(part, next, reading)
    if (read !== undefined) return read
  }
  return one(await readOperand(part, reading))
}

const one = (part: ExplainedPart): Read => ({ explained: [part], tookNext: false })

async function explained(
  part: Part,
  reading: Reading,
  kind: ExplainedPart['kind'],
  meaning: Meaning | undefined,
): Promise<ExplainedPart> {
  return { ...(await reading.explain(part)), kind, ...meant(meaning) }
}

/** Reads an option word; undefined if the word is none. */
async function readOption(part: Part, next: Part | undefined, reading: Reading): Promise<Read | undefined> {
  const { tool } = reading
  const { value } = part
  const equals = value.indexOf('=')
  const joined = equals > 1 && value.startsWith('-')
  const spelling = joined ? value.slice(0, equals) : value
  // A manual page is slow, so it is not asked about several letters in one word if each is a known option.
  const alone =
    tool.words ||
    !/^-[A-Za-z]{2,}/.test(value) ||
    [...value.slice(1, 1 + MOST_LETTERS)].some((letter) => tool.shipped(`-${letter}`) === undefined)
  const whole = alone ? await tool.option(spelling) : tool.shipped(spelling)
  if (whole !== undefined)
    return whole.argument === undefined || joined
      ? one(await explained(part, reading, 'option', whole))
      : taking(part, next, reading, whole)
  if (!/^-/.test(value) || value === '-') return undefined
  const negated = /^--no-(.+)$/.exec(spelling)?.[1]
  if (negated !== undefined) {
    const positive = await tool.option(`--${negated}`)
    if (positive !== undefined)
      return one(
        await explained(part, reading, 'option', {
          ...positive,
          text: `Turns this off: ${lower(positive.text)}`,
        }),
      )
  }
  const special = numeric(value, tool.name)
  // A mode such as `-x` stands where the permissions do, so the next operand is the file.
  if (tool.name === 'chmod' && special !== undefined) reading.operands++
  if (special !== undefined) return one(await explained(part, reading, 'option', special))
  if (/^-[^-]/.test(value) && !tool.words) {
    const letters = await readLetters(part, next, reading)
    if (letters !== undefined) return letters
  }
  return one(await explained(part, reading, 'option', COMMON[value]))
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** Reads an option whose argument is the next word. */
async function taking(
  part: Part,
  next: Part | undefined,
  reading: Reading,
  option: OptionMeaning,
): Promise<Read> {
  const own = await explained(part, reading, 'option', option)
  // `-j 4` of make and cmake is the one argument that may be left out and may stand apart.
  const isApart = option.argument === 'jobs' && /^\d+$/.test(next?.value ?? '')
  if (next === undefined || (option.optional && !isApart)) return one(own)
  const value = await argument(next, reading, option)
  // The words behind a module, as in `python3 -m http.server 8000`, are the module's.
  const module = reading.tool.subcommand(`${part.value} ${next.value}`) ?? reading.tool.subcommand(part.value)
  if (module !== undefined) {
    reading.tool = module
    reading.mayDescend = false
  }
  return { explained: [own, value], tookNext: true }
}

async function argument(
  part: Part,
  reading: Reading,
  option: OptionMeaning,
  of = 'the option before it',
): Promise<ExplainedPart> {
  const text = `The ${option.argument ?? 'value'} of ${of}`
  const read = await reading.explain(part)
  const script = read.parts.some(({ kind }) => kind === 'script')
  return {
    ...read,
    kind: 'value',
    meaning: script ? `${text}: a command line of its own` : text,
    source: option.source,
  }
}

const letterPart = (text: string, span: Span, meaning: Meaning | undefined): ExplainedPart => ({
  kind: 'option',
  span,
  text,
  ...meant(meaning),
  risks: [],
  parts: [],
})

/** Reads `-xzf archive` letter by letter; the last may take an argument. Undefined if no letter is a known option. */
async function readLetters(part: Part, next: Part | undefined, reading: Reading): Promise<Read | undefined> {
  const { line, tool } = reading
  const letters = [...part.value.slice(1)]
  const [start, end] = part.span
  // A letter has its own place only if the word stands in the line without quotes.
  const plain = line.slice(start, end) === part.value
  const found: ExplainedPart[] = []
  let known = 0
  let last: OptionMeaning | undefined
  for (const [i, letter] of letters.slice(0, MOST_LETTERS).entries()) {
    const option = await tool.option(`-${letter}`)
    if (option !== undefined) known++
    const rest = letters.slice(i + 1).join('')
    const takes = option?.argument !== undefined && rest !== '' && !(await isLetters(rest, option, tool))
    const span: Span = plain ? [start + 1 + i, takes ? end : start + 2 + i] : part.span
    const text =
      option === undefined
        ? undefined
        : takes
          ? { ...option, text: `${option.text.replace(/[.]$/, '')}: ${rest}` }
          : option
    found.push(letterPart(`-${letter}${takes ? rest : ''}`, span, text))
    last = option
    if (takes) {
      last = undefined
      break
    }
  }
  if (known === 0) return undefined
  const [only] = found
  if (found.length === 1 && only !== undefined) {
    const whole = await explained(
      part,
      reading,
      'option',
      only.meaning === null ? undefined : { text: only.meaning, source: only.source as string },
    )
    return one(whole)
  }
  const whole: ExplainedPart = {
    ...(await explained(part, reading, 'option', {
      text: `${found.length} options in one word`,
      source: 'shell',
    })),
    parts: found,
  }
  if (last?.argument === undefined || last.optional || next === undefined) return one(whole)
  return { explained: [whole, await argument(next, reading, last)], tookNext: true }
}

/** Whether the letters behind an option are options and not its argument; tar's options are read so. */
async function isLetters(rest: string, option: OptionMeaning, tool: Tool): Promise<boolean> {
  if (option.optional || !/^[A-Za-z]+$/.test(rest)) return false
  return tool.name === 'tar' && (await tool.option(`-${rest[0]}`)) !== undefined
}

async function readOperand(part: Part, reading: Reading): Promise<ExplainedPart> {
  const { tool } = reading
  const { value } = part
  // Subcommands in the table of tar are letters, read below.
  if (reading.mayDescend && tool.name !== 'tar') {
    const deeper = tool.subcommand(value)
    if (deeper !== undefined) {
      reading.tool = deeper
      return explained(part, reading, 'name', deeper.does)
    }
    reading.mayDescend = false
  }
  const index = reading.operands++
  const special = specialOperand(value, index, tool)
  if (special !== undefined) return explained(part, reading, 'word', special)
  if (index === 0 && /^(?:tar|ar|ps)$/.test(tool.name) && /^[A-Za-z]+$/.test(value)) {
    // tar, ar and ps also take their letters without a dash.
    const whole = await tool.option(value)
    if (whole !== undefined) return explained(part, reading, 'option', whole)
    // The letters of ps mean something else without a dash.
    const old = tool.name === 'ps' ? undefined : await oldLetters(part, reading)
    if (old !== undefined) {
      reading.operands = 0
      return old
    }
  }
  const script = part.parts.some(({ kind }) => kind === 'script')
  const meaning: Meaning | undefined = script
    ? { text: 'A command line of its own', source: 'shell' }
    : operandMeaning(tool, index)
  return explained(part, reading, 'word', meaning)
}

/** Begins the meaning of an operand that no source describes. */
export const AN_ARGUMENT = 'An argument of'

/** Meaning of an operand that the table does not describe: an argument of the command. */
function operandMeaning(tool: Tool, index: number): Meaning | undefined {
  return tool.operand(index) ?? (tool.does && { text: `${AN_ARGUMENT} ${tool.name}`, source: 'shell' })
}

async function oldLetters(part: Part, reading: Reading): Promise<ExplainedPart | undefined> {
  const [start] = part.span
  const parts: ExplainedPart[] = []
  const owed: Reading['owed'] = []
  for (const [i, letter] of [...part.value].slice(0, MOST_LETTERS).entries()) {
    const option = await reading.tool.option(`-${letter}`)
    if (option === undefined) return undefined
    if (option.argument !== undefined && !option.optional) owed.push({ letter, option })
    parts.push(letterPart(letter, [start + i, start + i + 1], option))
  }
  reading.owed = owed
  const meaning = {
    text: parts.length === 1 ? 'An option without a dash' : `${parts.length} options without a dash`,
    source: 'karo',
  }
  return { ...(await explained(part, reading, 'option', meaning)), parts }
}
