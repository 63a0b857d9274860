// Compares the result of a task with what was expected: texts exactly, and a goal by the opinion of a local model.
import type { Task } from '../tasks/types.ts'

/** What a local model thinks of a result; undefined: none is configured. Rejects with KaroError. */
export type Opinion = (
  text: string,
  goal: string,
  signal: AbortSignal,
) => Promise<{ readonly reached: boolean; readonly why: string; readonly by: string } | undefined>

interface Check {
  readonly check: string
  readonly holds: boolean
  readonly detail: string
}

/** `holds`: every check does. What a model thinks is an opinion, and is marked as one. */
export async function reviewed(
  { id, state }: Pick<Task, 'id' | 'state'>,
  json: string | undefined,
  { contains, lacks, goal }: Readonly<Record<string, string | undefined>>,
  opinion: (text: string, goal: string) => ReturnType<Opinion>,
): Promise<{ readonly task: string; readonly holds: boolean; readonly checks: readonly Check[] }> {
  const text = json === undefined ? '' : textOf(json)
  const checks: Check[] = [{ check: 'completed', holds: state === 'completed', detail: `it is ${state}` }]
  const has = (word: string): boolean => text.includes(word)
  if (contains !== undefined)
    checks.push({
      check: 'contains',
      holds: has(contains),
      detail: has(contains) ? 'it does' : 'it does not',
    })
  if (lacks !== undefined)
    checks.push({
      check: 'lacks',
      holds: !has(lacks),
      detail: has(lacks) ? 'it is there' : 'it is not there',
    })
  if (goal !== undefined) checks.push(await goalCheck(text, goal, opinion))
  return { task: id, holds: checks.every(({ holds }) => holds), checks }
}

async function goalCheck(
  text: string,
  goal: string,
  opinion: (text: string, goal: string) => ReturnType<Opinion>,
): Promise<Check> {
  try {
    const said = await opinion(text, goal)
    if (said === undefined)
      return { check: 'goal', holds: false, detail: 'no local model is configured, so nobody judged it' }
    return { check: 'goal', holds: said.reached, detail: `opinion of the model at ${said.by}: ${said.why}` }
  } catch (error) {
    return { check: 'goal', holds: false, detail: `nobody judged it: ${(error as Error).message}` }
  }
}

/** The texts of a CallToolResult. */
export function textOf(json: string): string {
  const { content = [] } = JSON.parse(json) as { content?: readonly { text?: unknown }[] }
  return content.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n')
}
