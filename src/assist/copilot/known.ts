// Lists what is known of one tool, for `karo ask TOOL` and `karo explain TOOL`: its purpose, options, and examples.
import { unfilled } from './ask/fill.ts'
import { shownWording } from './ask/rank.ts'
import type { Examples } from './examples/index.ts'
import type { Knowledge } from './knowledge.ts'
import type { Manuals } from './manuals.ts'

export interface Known {
  readonly tool: string
  readonly does: string
  readonly options: readonly {
    readonly names: readonly string[]
    readonly does: string
    readonly source: string
  }[]
  readonly examples: readonly { readonly does: string; readonly command: string; readonly source: string }[]
}

const MOST_OPTIONS = 200
const MOST_EXAMPLES = 30

interface KnownFrom {
  readonly knowledge: Knowledge
  readonly examples?: Examples
  /** Manual pages of this machine; they are only read if nothing else lists options. */
  readonly manuals?: Manuals
}

/** What is known of a tool or a subcommand such as `git commit`; undefined if the words name none that is known. */
export async function knownOf(
  words: string,
  { knowledge, examples, manuals }: KnownFrom,
): Promise<Known | undefined> {
  const tool = words.trim()
  const [name = '', sub] = tool.split(/\s+/)
  if (!/^[\w.+-]{1,80}(?: [\w.+-]{1,80})?$/.test(tool)) return undefined
  const own = knowledge.own(tool)
  const above = knowledge.command(name)
  const built = sub === undefined ? above : above?.s?.find(([names]) => names.includes(sub))?.[1]
  const page = examples?.page(tool)
  const manual =
    own === undefined && built === undefined && sub === undefined ? await manuals?.page(name) : undefined
  const line = manual === undefined ? undefined : await manuals?.whatis(name)
  if (own === undefined && built === undefined && page === undefined && manual === undefined) return undefined
  const seen = new Set<string>()
  const options = [
    ...(own?.options ?? []).map(({ names, does }) => ({ names, does, source: 'karo' })),
    ...(built?.o ?? []).map(({ n, d }) => ({ names: n, does: d ?? '', source: `fig ${tool}` })),
    ...(manual?.options ?? []).map(({ names, description }) => ({
      names,
      does: description,
      source: `man ${manual?.title}`,
    })),
  ].filter(({ names }) => !names.some((one) => seen.has(one)) && names.map((one) => seen.add(one)).length > 0)
  return {
    tool,
    does: own?.does ?? built?.d ?? page?.does ?? line?.text ?? '',
    options: options.slice(0, MOST_OPTIONS),
    examples: [
      ...(page?.examples ?? []).map(({ does, command }) => ({
        does,
        command,
        source: `tldr ${tool.replace(' ', '-')}`,
      })),
      ...entriesOf(tool, knowledge),
    ].slice(0, MOST_EXAMPLES),
  }
}

/** Entries whose command begins with the tool, each with its first wording. */
const entriesOf = (tool: string, knowledge: Knowledge): Known['examples'] =>
  knowledge
    .ask()
    .ofTool(tool.split(' ')[0] as string)
    .filter(
      ({ command }) =>
        command
          .replace(/^sudo /, '')
          .split(' ')
          .slice(0, tool.split(' ').length)
          .join(' ') === tool,
    )
    .map((known) => ({
      does: shownWording(known),
      command: unfilled(known.command).command,
      source: known.source,
    }))
