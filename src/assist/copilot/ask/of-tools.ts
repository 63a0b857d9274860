// What else is known of a tool that a request names, as entries: the examples of its tldr page, and its options.
import type { Examples } from '../examples/index.ts'
import type { CommandKnowledge, Knowledge } from '../knowledge.ts'
import { type Known, wordingOf } from './index.ts'
import { concept, concepts, words } from './language.ts'

const MOST_OPTIONS = 500

const known = (tool: string, command: string, does: string, source: string): Known => ({
  tool,
  command,
  says: [does],
  wordings: [wordingOf(does.toLowerCase())],
  about: concepts(command),
  source,
})

/** The examples of a tool's page; what they leave open stands in capitals. */
export function examplesOf(tool: string, examples: Examples | undefined): readonly Known[] {
  const page = examples?.page(tool)
  return (page?.examples ?? []).map(({ does, command, placeholders }) =>
    known(tool, withSlots(command, placeholders), does, page?.source ?? 'tldr'),
  )
}

/** The command with slots for its words in capitals. */
const withSlots = (command: string, placeholders: readonly string[]): string =>
  placeholders.reduce((text, name) => {
    const slot = /^(?:FILE|PATH|URL|PORT|USER|HOST|BRANCH|COMMIT)$/.test(name)
      ? name.toLowerCase()
      : `${name.toLowerCase()}:text`
    return text.replace(
      new RegExp(`(?<![\\w{$])${name}(?![\\w}])`, 'g'),
      /^[A-Z]/.test(name) ? `{${slot}}` : name,
    )
  }, command)

/** What is described of a tool: its subcommands and the options of each, of which the description shares a word with the request. */
export function describedOf(
  tool: string,
  knowledge: Knowledge,
  asked: ReadonlySet<string>,
): readonly Known[] {
  const about = new Set([...asked].filter((word) => word !== concept(tool)))
  const own = knowledge.own(tool)?.options ?? []
  const found = knowledge.command(tool)
  const rows = [
    ...own.flatMap(({ names, argument, does }): readonly Row[] => {
      const option = names.find((name) => name.startsWith('-'))
      return option === undefined ? [] : [[withArgument(`${tool} ${option}`, argument), does, 'options']]
    }),
    ...(found === undefined ? [] : described(tool, found, own.length === 0, DEPTH, `fig ${tool}`)),
  ]
  return (
    rows
      // Most of thousands have nothing to do with the request, and a look at their words is quick.
      .filter(([, does]) => words(does.toLowerCase()).some((word) => about.has(concept(word))))
      .slice(0, MOST_OPTIONS)
      .map(([command, does, source]) => known(tool, command, does, source))
  )
}

/** Subcommands of subcommands that are looked at. */
const DEPTH = 2

type Row = readonly [command: string, does: string, source: string]

function described(
  command: string,
  { o = [], s = [] }: CommandKnowledge,
  hasOptions: boolean,
  depth: number,
  source: string,
): Row[] {
  const options = (hasOptions ? o : []).flatMap(({ n, d, a }): readonly Row[] => {
    const option = n.find((name) => /^-[A-Za-z]$/.test(name)) ?? n[0]
    return d === undefined || option === undefined || !option.startsWith('-')
      ? []
      : [[withArgument(`${command} ${option}`, a), d, source]]
  })
  if (depth === 0) return options
  return [
    ...options,
    // Other names of a subcommand are rows of their own, with the same words.
    ...s
      .filter(([, { d }], i) => d === undefined || s.findIndex(([, other]) => other.d === d) === i)
      .flatMap(([[name = ''], sub]): readonly Row[] => {
        const line = `${command} ${name}`
        const whole: readonly Row[] =
          sub.d === undefined ? [] : [[(sub.a ?? []).reduce(withArgument, line), sub.d, source]]
        return [...whole, ...described(line, sub, true, depth - 1, source)]
      }),
  ]
}

/** With a slot for the option's argument, as text; an argument that may be left out has none. */
function withArgument(command: string, argument: string | undefined): string {
  const name =
    (argument?.endsWith('?') ? '' : argument)
      ?.toLowerCase()
      .replace(/[^a-z]+/g, '_')
      .replace(/^_+|_+$/g, '') ?? ''
  return name === '' ? command : `${command}${command.endsWith('=') ? '' : ' '}{${name}:text}`
}
