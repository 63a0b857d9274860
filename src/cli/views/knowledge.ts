// Views of what is known: the sources of knowledge, and what is known of one tool.
import type { Known } from '../../assist/copilot/known.ts'
import { clauses, fitted, printable, type Screen } from '../kit.ts'

/** Shape of `karo knowledge list --json`; `path` is null for what is built in, `tools` where they were not counted. */
export interface KnowledgeList {
  readonly sources: readonly {
    readonly name: string
    readonly path: string | null
    readonly tools: number | null
  }[]
}

export function printKnowledge({ sources }: KnowledgeList, screen: Screen): string {
  const rows = sources.map(({ name, path, tools }) =>
    fitted(
      clauses(name, tools !== null && `${tools} tools`, path !== null && path)
        .map(printable)
        .join(', '),
      screen,
    ),
  )
  const none = 'No knowledge is built in and none was taken in; manual pages of installed programs are read.'
  return `${(rows.length === 0 ? [none] : rows).join('\n')}\n`
}

/** What a page of a terminal holds; `--json` of `karo ask TOOL` has all. */
const MOST_EXAMPLES = 8
const MOST_OPTIONS = 24

/** Ends with a newline. */
export function printKnown({ tool, does, options, examples }: Known, screen: Screen): string {
  const option = ({ names, does: said, source }: Known['options'][number]): string =>
    fitted(`  ${printable(names.join(', '))}${said === '' ? '' : `: ${printable(said)}`} [${source}]`, screen)
  const more = (count: number, what: string): string[] =>
    count > 0 ? [fitted(`  … ${count} more ${what}: karo ask --json ${tool}`, screen)] : []
  return `${[
    fitted(`${tool}${does === '' ? '' : `: ${printable(does)}`}`, screen),
    ...(examples.length === 0 ? [] : ['', 'examples:']),
    ...examples
      .slice(0, MOST_EXAMPLES)
      .flatMap(({ does: said, command, source }) => [
        `  ${printable(command)}`,
        fitted(`    ${printable(said)} [${source}]`, screen),
      ]),
    ...more(examples.length - MOST_EXAMPLES, 'examples'),
    ...(options.length === 0 ? [] : ['', 'options:']),
    ...options.slice(0, MOST_OPTIONS).map(option),
    ...more(options.length - MOST_OPTIONS, 'options'),
  ].join('\n')}\n`
}
