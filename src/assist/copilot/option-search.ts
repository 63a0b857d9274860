// Finds an option by its description: `curl follow redirects` gives `curl -L`.

import type { Examples } from './examples/index.ts'
import type { Knowledge } from './knowledge.ts'
import type { CommandKnowledge } from './knowledge-format.ts'
import { concepts } from './matcher/language.ts'
import { describesLimits } from './matcher/limits.ts'
import type { Index } from './matcher/wordings.ts'
import { TOOLS } from './tools/index.ts'
import type { OwnTool } from './tools/own-tool.ts'
import type { Candidate } from './types.ts'

interface Described {
  readonly command: string
  readonly option: string
  readonly argument: string | undefined
  readonly words: ReadonlySet<string>
}

/** Tools that are searched if the request names none; more would only give chance hits. */
const COMMON: readonly string[] =
  'curl wget git docker ssh tar rsync grep sort ls cp du ps less diff tail make npm pip'.split(' ')
/** Least share of the request that the option's description must cover. */
const LEAST = 0.62
const MOST_OPTIONS = 4_000

/** Candidates, best first. `index` gives the weights of words; `others`: another answer was found already. */
export function optionsFor(
  request: string,
  knowledge: Knowledge,
  index: Index,
  others: boolean,
): readonly Candidate[] {
  const typed = new Set(request.toLowerCase().match(/[a-z][\w.+-]*/g) ?? [])
  const named = [...typed].filter(
    (word) => Object.hasOwn(TOOLS, word) || knowledge.command(word) !== undefined,
  )
  // A word that is a tool and also plain English names a tool only if the request names no other.
  const tools = named.filter((name) => !ENGLISH.has(name))
  const said = concepts(request)
  const asked = new Set(said.filter((word) => !tools.includes(word)))
  // A single word fits too many options. Without a tool's name, an option also fits too easily beside another answer.
  if (asked.size < 2 || (others && tools.length === 0)) return []
  const all = (tools.length > 0 ? tools.slice(0, 2) : COMMON).flatMap((tool) => describedOf(tool, knowledge))
  return all
    .slice(0, MOST_OPTIONS)
    .filter(({ words }) => describesLimits(said, words))
    .map((one) => ({ one, score: likeness(asked, one.words, index) * (tools.length > 0 ? 0.95 : 0.85) }))
    .filter(({ score }) => score >= LEAST)
    .sort(
      (a, b) => b.score - a.score || (a.one.command + a.one.option < b.one.command + b.one.option ? -1 : 1),
    )
    .slice(0, 3)
    .map(({ one, score }) => candidate(one, score))
}

/** Share of an example's description that a request has to say for the example to be sure. */
const SURE = 0.75

/** Examples of the tool with which the request begins, or which it names behind `with` or `using`. */
export function examplesFor(request: string, examples: Examples, index: Index): readonly Candidate[] {
  const words = request.trim()
  const [, first = '', second = ''] = /^([\w.+-]+):?(?: ([\w.+-]+))?/.exec(words) ?? []
  const with_ = /\b(?:with|using) ([\w.+-]+)[\s.?!]*$/i.exec(words)?.[1] ?? ''
  const named = [`${first} ${second}`, first, with_].filter((one) => one.trim() !== '')
  for (const tool of named) {
    const page = examples.page(tool.toLowerCase())
    if (page === undefined) continue
    const own = new Set(concepts(tool))
    const asked = new Set(concepts(words).filter((word) => !own.has(word)))
    if (asked.size === 0) return []
    return page.examples
      .map(({ does, command, placeholders }) => {
        const said = new Set(concepts(does).filter((word) => !own.has(word)))
        const score = likeness(asked, said, index, 1)
        const isSure = [...asked].every((word) => said.has(word)) && score >= SURE
        return {
          command,
          source: page.source,
          score,
          placeholders,
          confidence: isSure ? ('sure' as const) : ('perhaps' as const),
        }
      })
      .filter(({ score }) => score >= LEAST)
      .sort((a, b) => b.score - a.score || (a.command < b.command ? -1 : 1))
      .slice(0, 3)
  }
  return []
}

const ENGLISH: ReadonlySet<string> = new Set(
  'find sort cut split join watch time test time make who which last more less file head tail touch history set help kill script link look open in at for while until if then do done act go code serve act just source space micro paper fly up op src'.split(
    ' ',
  ),
)

function candidate({ command, option, argument }: Described, score: number): Candidate {
  const name = argument
    ?.replace(/[^A-Za-z]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase()
  const value = name === undefined || name === '' ? '' : option.endsWith('=') ? name : ` ${name}`
  return {
    command: `${command} ${option}${value}`,
    source: Object.hasOwn(TOOLS, command) ? 'options' : `fig ${command}`,
    score,
    placeholders: value === '' ? [] : [name as string],
    confidence: 'perhaps',
  }
}

function likeness(asked: ReadonlySet<string>, words: ReadonlySet<string>, index: Index, least = 2): number {
  const sum = (list: Iterable<string>): number =>
    [...list].reduce((total, word) => total + index.weight(word), 0)
  const shared = [...asked].filter((word) => words.has(word))
  if (shared.length < least) return 0
  return sum(shared) / (0.75 * sum(asked) + 0.25 * sum(words))
}

/** The descriptions of each tool, kept because neither table changes while the program runs. */
const described = new WeakMap<object, readonly Described[]>()

function describedOf(tool: string, knowledge: Knowledge): readonly Described[] {
  const own = Object.hasOwn(TOOLS, tool) ? TOOLS[tool] : undefined
  const known = own ?? knowledge.command(tool)
  if (known === undefined) return []
  const before = described.get(known)
  if (before !== undefined) return before
  const found = own === undefined ? optionsOf(tool, known as CommandKnowledge, 1) : ownOptionsOf(tool, own)
  described.set(known, found)
  return found
}

function ownOptionsOf(command: string, own: OwnTool): Described[] {
  return Object.entries(own.options ?? {}).flatMap(([key, text]) => {
    const words = key.split(' ')
    const option = words.find((word) => word.startsWith('-'))
    const argument = words.find((word) => /^=[^=?]/.test(word))?.slice(1)
    return option === undefined ? [] : [{ command, option, argument, words: new Set(concepts(text)) }]
  })
}

function optionsOf(command: string, known: CommandKnowledge, depth: number): Described[] {
  const own = (known.o ?? []).flatMap(({ n, d, a }): Described[] => {
    const option = n.find((name) => /^-[A-Za-z]$/.test(name)) ?? n[0]
    if (d === undefined || option === undefined || !/^-/.test(option)) return []
    return [{ command, option, argument: a?.endsWith('?') ? undefined : a, words: new Set(concepts(d)) }]
  })
  if (depth <= 0) return own
  return [
    ...own,
    ...(known.s ?? []).flatMap(([[name = ''], sub]) => optionsOf(`${command} ${name}`, sub, depth - 1)),
  ]
}
