// Explains a command line: its parts, the meaning of each word with its source, the risk findings, and one sentence about the whole.
import { describe } from '../risk/describe.ts'
import type { RiskMatch, RiskVerdict, Shell } from '../risk/index.ts'
import type { Part } from '../risk/parts.ts'
import { AN_ARGUMENT, readArguments } from './arguments.ts'
import type { ExplainedPart, Explanation } from './explanation.ts'
import { type Knowledge, openKnowledge } from './knowledge.ts'
import { createLexicon, type Lexicon, type Meaning } from './lexicon.ts'
import { createManuals, type Manuals } from './manuals.ts'
import { redirection, variable } from './shell-words.ts'

interface ExplainOptions {
  readonly shell: Shell
  readonly judge: (command: string) => RiskVerdict
  /** The knowledge extracted at build time; default: the file beside the program. */
  readonly knowledge?: Knowledge
  /** Manual pages of this machine; default: those of programs in PATH. False means none. */
  readonly manuals?: Manuals | false
  /** Once aborted, no further manual page is read. */
  readonly signal?: AbortSignal
}

/** UTF-16 units of a part's text that are shown; the span covers all of it. */
const MOST_TEXT = 400
/** Commands that the sentence about a line names; of further commands it gives the number. */
const MOST_NAMED = 6

/**
 * Explains any string, without running it; never throws. A word that Karo does not know may cost the time of a manual
 * page.
 */
export async function explainCommand(command: string, options: ExplainOptions): Promise<Explanation> {
  const { shell } = options
  const verdict = options.judge(command)
  const { parts: seen, parsed, truncated } = describe(command, shell)
  const manuals = options.manuals ?? createManuals(process.env.PATH ?? '', { signal: options.signal })
  const lexicon = withFunctions(
    functionsIn(seen),
    createLexicon(options.knowledge ?? openKnowledge(), manuals === false ? undefined : manuals, shell),
  )
  const parts: ExplainedPart[] = []
  for (const part of seen) parts.push(await explainPart(part, command, lexicon))
  const placed = placeRisks(parts, verdict.matches)
  return {
    command,
    shell,
    summary: summary(placed),
    parsed,
    parts: placed,
    risk_level: verdict.risk_level,
    decision: verdict.decision,
    matches: verdict.matches,
    safer: verdict.safer ?? null,
    sources: [...new Set(placed.flatMap(sourcesOf))],
    truncated,
  }
}

const functionsIn = (parts: readonly Part[]): ReadonlySet<string> =>
  new Set(
    parts.flatMap(({ kind, value, parts: inner }) => [
      ...(kind === 'function' ? [value] : []),
      ...functionsIn(inner),
    ]),
  )

/** A lexicon in which functions of the line hide programs of the same name, as in the shell. */
function withFunctions(names: ReadonlySet<string>, lexicon: Lexicon): Lexicon {
  return {
    ...lexicon,
    async tool(name) {
      const tool = await lexicon.tool(names.has(name) ? '' : name)
      if (!names.has(name)) return tool
      return { ...tool, name, does: { text: 'The function that this line defines', source: 'shell' } }
    },
  }
}

const sourcesOf = (part: ExplainedPart): readonly string[] => [
  ...(part.source === null ? [] : [part.source]),
  ...part.parts.flatMap(sourcesOf),
]

async function explainPart(part: Part, line: string, lexicon: Lexicon): Promise<ExplainedPart> {
  const explain = (inner: Part) => explainPart(inner, line, lexicon)
  const text = line.slice(...part.span)
  const inner: ExplainedPart[] = []
  let whole: Meaning | undefined
  if (part.kind === 'command') {
    inner.push(...(await readArguments(part.parts, line, lexicon, explain)))
    whole = wholeOf(inner, lexicon)
    const [name] = inner
    if (whole !== undefined && name?.meaning === null)
      inner[0] = { ...name, meaning: whole.text, source: whole.source }
  } else for (const one of part.parts) inner.push(await explain(one))
  if (part.kind === 'loop' || part.kind === 'function' || part.kind === 'case')
    inner.splice(0, inner.length, ...named(inner, part.kind))
  const meaning =
    shellMeaning(part, text, line, lexicon) ??
    (part.kind === 'operator' ? (await lexicon.tool('[')).shipped(part.value)?.text : undefined)
  return {
    kind: part.kind,
    span: part.span,
    text: text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text,
    meaning: meaning ?? whole?.text ?? null,
    source: meaning === undefined ? (whole?.source ?? null) : 'shell',
    risks: [],
    parts: inner,
  }
}

/** What a command does as a whole. It is looked up only where a word is not known, because reading all of Karo's knowledge takes a tenth of a second. */
function wholeOf(parts: readonly ExplainedPart[], lexicon: Lexicon): Meaning | undefined {
  const words = parts.filter(({ kind }) => /^(?:name|word|option|value)$/.test(kind))
  const [name] = words
  const isAllKnown = words.every(({ meaning }) => meaning !== null && !meaning.startsWith(AN_ARGUMENT))
  if (name?.kind !== 'name' || isAllKnown || parts.some(({ kind }) => kind === 'command')) return undefined
  const text = words.map((word) => word.text).join(' ')
  const whole = text.length > MOST_TEXT ? undefined : lexicon.whole(name.text, text)
  return whole ?? (name.meaning === null ? lexicon.examples(name.text) : undefined)
}

/** What the shell itself does with a part; undefined for parts whose meaning depends on the command, and for signs of tests such as `-f`. */
function shellMeaning(part: Part, text: string, line: string, { sign }: Lexicon): string | undefined {
  const { kind, value } = part
  switch (kind) {
    case 'command':
    case 'name':
    case 'word':
      return undefined
    case 'function':
      return `Defines the function ${value}; nothing in it runs until it is called`
    case 'assignment':
      return assigned(text)
    case 'redirection':
      return redirection(
        value,
        part.parts[0] === undefined ? '' : part.parts[0].value || line.slice(...part.parts[0].span),
        sign,
      )
    case 'heredoc':
      return `Gives the lines up to ${value} as standard input`
    case 'variable':
      return variable(text, (name) => sign(`variable ${name}`))
    case 'tilde':
      return sign(`tilde ${text}`) ?? `The home directory of ${text.slice(1)}`
    case 'glob':
      return sign(`glob ${/^[([]/.exec(text)?.[0] ?? text}`) ?? sign('part glob')
    default:
      return sign(`${kind} ${value}`) ?? sign(`part ${kind}`)
  }
}

/** Meanings of the words of a header, of which the first differs from the others. */
const WORDS_OF = {
  function: {
    first: 'The name of the function',
    other: 'An option of the function, or the name of an argument',
  },
  // Of `for x in a b`.
  loop: { first: 'The variable, set to the next word in each round', other: 'A word of the list' },
  case: { first: 'The word that is compared', other: 'A pattern: this branch runs when the word fits it' },
} as const

function named(parts: readonly ExplainedPart[], kind: keyof typeof WORDS_OF): readonly ExplainedPart[] {
  const at = parts.findIndex(({ kind }) => kind === 'word')
  return parts.map((part, i) =>
    part.kind === 'word'
      ? {
          ...part,
          meaning: WORDS_OF[kind][i === at ? 'first' : 'other'],
          source: 'shell',
          parts: i === at || kind === 'loop' ? part.parts : pattern(part.parts),
        }
      : part,
  )
}

/** Signs in a `case` pattern are compared with the word; they do not stand for files. */
const pattern = (parts: readonly ExplainedPart[]): readonly ExplainedPart[] =>
  parts.map((part) =>
    part.kind !== 'glob'
      ? part
      : {
          ...part,
          meaning: part.text.startsWith('[')
            ? 'Fits one of these characters'
            : part.text === '?'
              ? 'Fits any one character'
              : part.text === '*'
                ? 'Fits any text'
                : 'A pattern of text',
        },
  )

function assigned(text: string): string {
  const name = /^[A-Za-z_]\w*/.exec(text)?.[0]
  return name === undefined ? 'Sets a variable' : `Sets the variable ${name}`
}

/**
 * Puts each finding at the innermost part that contains its span. A finding outside of all parts stays only in
 * `matches`.
 */
function placeRisks(
  parts: readonly ExplainedPart[],
  matches: readonly RiskMatch[],
): readonly ExplainedPart[] {
  let placed = parts
  for (const match of matches) placed = placeRisk(placed, match)
  return placed
}

function placeRisk(parts: readonly ExplainedPart[], match: RiskMatch): readonly ExplainedPart[] {
  const [start, end] = match.span
  const at = parts.findIndex(({ span }) => span[0] <= start && end <= span[1])
  const part = parts[at]
  if (part === undefined) return parts
  const inner = placeRisk(part.parts, match)
  if (inner !== part.parts) return parts.with(at, { ...part, parts: inner })
  return part.risks.includes(match.rule)
    ? parts
    : parts.with(at, { ...part, risks: [...part.risks, match.rule] })
}

/** One sentence about a whole line, from its outermost parts; for a line without parts it says that nothing runs. */
function summary(parts: readonly ExplainedPart[]): string {
  const [only] = parts
  if (only === undefined) return 'Nothing runs.'
  if (parts.length === 1 && only.kind === 'command') return oneCommand(only)
  const named = [...steps(parts)]
  if (named.length === 0) {
    const defined = parts.filter(({ kind }) => kind === 'function').length
    return defined === 0
      ? 'Runs no command.'
      : `Defines ${defined === 1 ? 'a function' : `${defined} functions`}; nothing runs until it is called.`
  }
  const left = named.length - MOST_NAMED
  const again = parts.length === 1 && only.kind === 'loop' ? `, ${howOften(only)}` : ''
  return `Runs ${named.slice(0, MOST_NAMED).join('')}${left > 0 ? `; and ${left} more` : ''}${again}.`
}

/** How often a loop runs, taken from the loop's meaning. */
const howOften = ({ meaning }: ExplainedPart): string =>
  /^Repeats the body (.+)$/.exec(meaning ?? '')?.[1] ?? 'again and again'

function oneCommand(command: ExplainedPart): string {
  const does =
    command.meaning ??
    command.parts.findLast(({ kind, meaning }) => kind === 'name' && meaning !== null)?.meaning
  const name = nameOf(command)
  if (command.parts.some(({ kind }) => kind === 'command')) return `Runs ${name}.`
  if (does) return `${does.replace(/\.$/, '')}.`
  return name === '' ? 'Runs no command.' : `Runs ${name}, which Karo knows nothing about.`
}

/** Commands that only change how the command behind them runs. */
const CARRIERS = new Set('sudo doas env nohup nice time timeout command exec'.split(' '))

/** The command word with its subcommands, and the name of the command that it runs. */
function nameOf({ parts }: ExplainedPart): string {
  const names = parts.filter(({ kind }) => kind === 'name')
  const name = names.map(({ text }) => text).join(' ')
  const inner = parts.find(({ kind }) => kind === 'command')
  if (inner === undefined) return name
  return CARRIERS.has(name) ? `${name} ${nameOf(inner)}` : `${name} (which runs ${nameOf(inner)})`
}

/** Words between two commands, by the operator that stands there, or by that and the one before. */
const LINKS: Readonly<Record<string, string>> = {
  '|': ' and feeds its output to ',
  '| |': ', then to ',
  '|&': ' and feeds its output and errors to ',
  '&&': '; if that succeeds, ',
  '||': '; if that fails, ',
  '&': ' in the background; meanwhile ',
}

function* steps(parts: readonly ExplainedPart[]): Generator<string> {
  let operator: string | undefined
  let before: string | undefined
  for (const { part, sign } of flat(parts)) {
    if (sign !== undefined) {
      // Only an operator between two commands counts.
      if (operator !== undefined) operator = sign
    } else {
      const name = nameOf(part)
      if (name === '') continue
      yield operator === undefined
        ? name
        : `${LINKS[`${before} ${operator}`] ?? LINKS[operator] ?? '; then '}${name}`
      before = operator
      operator = ';'
    }
  }
}

function* flat(
  parts: readonly ExplainedPart[],
): Generator<{ readonly part: ExplainedPart; readonly sign?: string }> {
  for (const part of parts) {
    if (part.kind === 'command') yield { part }
    else if (part.kind === 'operator') yield { part, sign: part.text }
    else if (part.kind !== 'function') yield* flat(part.parts)
  }
}
