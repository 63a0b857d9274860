// What else is known of a tool that a request names, as entries: the examples of its tldr page, and its options.
import type { Examples } from '../examples/index.ts'
import type { Knowledge } from '../knowledge.ts'
import type { CommandKnowledge } from '../knowledge-format.ts'
import { type Known, wordingOf } from './index.ts'
import { concepts } from './language.ts'

const MOST_OPTIONS = 2_000

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

/** Each option of a tool and of its subcommands, by its description. */
export function optionsOf(tool: string, knowledge: Knowledge): readonly Known[] {
  const own = knowledge.own(tool)
  if (own !== undefined)
    return (own.options ?? []).flatMap(({ names, argument, does }) => {
      const option = names.find((name) => name.startsWith('-'))
      return option === undefined
        ? []
        : [known(tool, withArgument(`${tool} ${option}`, argument), does, 'options')]
    })
  const found = knowledge.command(tool)
  return found === undefined ? [] : described(tool, tool, found, 1).slice(0, MOST_OPTIONS)
}

function described(
  tool: string,
  command: string,
  { o = [], s = [] }: CommandKnowledge,
  depth: number,
): Known[] {
  const options = o.flatMap(({ n, d, a }) => {
    const option = n.find((name) => /^-[A-Za-z]$/.test(name)) ?? n[0]
    return d === undefined || option === undefined || !option.startsWith('-')
      ? []
      : [known(tool, withArgument(`${command} ${option}`, a), d, `fig ${tool}`)]
  })
  if (depth === 0) return options
  return [
    ...options,
    ...s.flatMap(([[name = ''], sub]) => described(tool, `${command} ${name}`, sub, depth - 1)),
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
