// The prompts of people: named templates with their versions. A change is a new version; those before it stay.
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { closest } from '../../base/suggest.ts'
import type { MemoryRepository, PromptRow } from '../../store/tables/memory.ts'
import { createCollection } from '../collection.ts'
import { render, type Variable, variablesOf } from './template.ts'

export const PROMPT_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
/** Prompts of one person, and versions of one prompt that are kept. */
export const MOST_PROMPTS = 200
export const MOST_VERSIONS = 50
/** Characters of all versions of all prompts of one person, which a list has in memory. */
const MOST_CHARS = 8 * 1024 * 1024

interface Prompt {
  readonly name: string
  readonly version: number
  /** Number of the newest version. */
  readonly newest: number
  /** Milliseconds since the epoch. */
  readonly created_at: number
  readonly text: string
  readonly variables: readonly Variable[]
}

/** Every method touches the prompts of that person alone. Errors: `bad_request`, `not_found`, `rate_limited`, `too_large`. */
export type Prompts = ReturnType<typeof createPrompts>

export function createPrompts({
  repository,
  redact,
  clock,
}: {
  readonly repository: MemoryRepository['prompts']
  readonly redact: (text: string) => string
  readonly clock: Pick<Clock, 'now'>
}) {
  const kept = { what: 'prompt', command: 'karo prompt list', least: 1 } as const
  const { serially, all, write, drop } = createCollection({ rows: repository, ...kept })

  const promptOf = ({ id, versions }: PromptRow, at: PromptRow['versions'][number]): Prompt => ({
    name: id,
    version: at.version,
    newest: versions.at(-1)?.version ?? at.version,
    created_at: at.created_at,
    text: at.text,
    variables: variablesOf(at.text),
  })

  async function rowOf(person: number, name: string): Promise<PromptRow> {
    const row = PROMPT_NAME.test(name) ? await repository.get(person, name) : undefined
    if (row !== undefined) return row
    const names = (await all(person)).map(({ id }) => id)
    const near = closest(name, names)
    throw new KaroError('not_found', `you have no prompt '${name.slice(0, 64)}'`, {
      hint: near !== undefined ? `Did you mean ${near}?` : 'karo prompt list shows your prompts.',
    })
  }

  async function show(person: number, name: string, version?: number): Promise<Prompt> {
    const row = await rowOf(person, name)
    const found =
      version === undefined ? row.versions.at(-1) : row.versions.find((one) => one.version === version)
    if (found !== undefined) return promptOf(row, found)
    throw new KaroError('not_found', `${name} has no version ${version}`, {
      hint: `karo prompt versions ${name}  shows those that are kept.`,
    })
  }

  return {
    /** `version`: absent for the newest. */
    show,
    /** Adds a prompt, or a version of the one of that name. `known`: its newest version says the same, and stays the newest. */
    add: (person: number, name: string, given: string) =>
      serially(async () => {
        const text = redact(given)
        if (!PROMPT_NAME.test(name))
          throw new KaroError('bad_request', 'a name has at most 64 small letters, digits and . _ -', {
            where: 'NAME',
          })
        variablesOf(text)
        const before = await repository.get(person, name)
        const last = before?.versions.at(-1)
        if (before !== undefined && last?.text === text)
          return { prompt: promptOf(before, last), known: true }
        const others = (await all(person)).filter(({ id }) => id !== name)
        if (others.length >= MOST_PROMPTS)
          throw new KaroError('rate_limited', `you have ${MOST_PROMPTS} prompts already`, {
            hint: 'Remove some: karo prompt remove.',
          })
        const added = { version: (last?.version ?? 0) + 1, text, created_at: clock.now() }
        const versions = [...(before?.versions ?? []), added].slice(-MOST_VERSIONS)
        const row = { id: name, versions }
        if ([...others, row].reduce((sum, one) => sum + charsOf(one), 0) > MOST_CHARS)
          throw new KaroError('rate_limited', `your prompts would have more than ${MOST_CHARS} characters`, {
            hint: 'Versions count too. Remove a prompt that you do not need: karo prompt remove.',
          })
        await write(person, { put: [row] })
        return { prompt: promptOf(row, added), known: false }
      }),
    /** The newest version of each, by name. */
    async list(person: number) {
      const rows = await all(person)
      return rows.flatMap((row) => {
        const last = row.versions.at(-1)
        return last === undefined ? [] : [promptOf(row, last)]
      })
    },
    /** All that are kept, the newest first. */
    async versions(person: number, name: string) {
      const row = await rowOf(person, name)
      return row.versions.map((version) => promptOf(row, version)).reverse()
    },
    async render(person: number, name: string, values: Readonly<Record<string, string>>, version?: number) {
      const prompt = await show(person, name, version)
      return { prompt, text: render(prompt.text, values) }
    },
    /** All of its versions. */
    remove: (person: number, name: string) =>
      serially(async () => {
        const prompt = await show(person, name)
        await write(person, { remove: [name] })
        return prompt
      }),
    /** Resolves when nothing of this person is written any more; the rows are the caller's to remove. */
    drop,
  }
}

const charsOf = ({ versions }: PromptRow): number => versions.reduce((sum, { text }) => sum + text.length, 0)
