// A plan without a model: the goal is cut into clauses, and for each the tool is looked up whose description fits best.
import { createWordIndex } from '../memory/words.ts'
import { type Draft, MOST_STEPS, type Offer, requiredOf } from './plan.ts'

/** Words that begin another step. */
const NEXT = /(?:\s*[;\n]+\s*|[,.]?\s+(?:and\s+)?then\s+|,\s+and\s+|\.\s+)/i
/** Words that say nothing about what is to be done. */
const EMPTY = new Set(
  'a an the of in on at to for my me all any and or with from by about what which that is are it'.split(' '),
)
const MOST_TRIED = 5

/** The steps for a goal, and the clauses for which there is no step. */
export interface Embedded {
  readonly drafts: readonly Draft[]
  readonly unknown: readonly string[]
}

export const clausesOf = (goal: string): readonly string[] =>
  goal
    .split(NEXT)
    .map((clause) => clause.replace(/[.!?\s]+$/, '').trim())
    .filter((clause) => clause !== '')

/** `commandFor`: the command for a clause that no tool fits, by the grammar of `karo ask`; undefined if it knows none. */
export async function embeddedPlan(
  goal: string,
  offers: readonly Offer[],
  commandFor: (clause: string) => Promise<string | undefined>,
): Promise<Embedded> {
  const drafts: Draft[] = []
  const unknown: string[] = []
  for (const clause of clausesOf(goal).slice(0, MOST_STEPS)) {
    const id = `s${drafts.length + 1}`
    const last = drafts.at(-1)
    const common = { id, what: clause, after: last === undefined ? [] : [last.id] }
    const fit = toolFor(clause, offers)
    const command = fit === undefined ? await commandFor(clause) : undefined
    if (fit !== undefined) drafts.push({ ...common, ...fit, command: '' })
    else if (command !== undefined) drafts.push({ ...common, agent: '', tool: '', input: {}, command })
    else unknown.push(clause)
  }
  return { drafts, unknown }
}

const wordsOf = (text: string): readonly string[] =>
  text
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1 && !EMPTY.has(word))

/** The tool in whose name or description at least two of the words stand, one of them its verb, and whose arguments can be filled. */
function toolFor(
  clause: string,
  offers: readonly Offer[],
): Pick<Draft, 'agent' | 'tool' | 'input'> | undefined {
  // Texts in quotes and paths are arguments, and no words about what is to be done.
  const { rest, values } = argumentsIn(clause)
  const words = wordsOf(rest)
  const [verb] = words
  if (verb === undefined) return undefined
  const texts = offers.map(({ agent, tool, description }, i) => ({
    id: String(i),
    text: `${agent} ${wordsOf(tool).join(' ')} ${description}`,
  }))
  for (const id of createWordIndex(texts).search(words.join(' ')).slice(0, MOST_TRIED)) {
    const offer = offers[Number(id)]
    if (offer === undefined) continue
    const own = new Set(wordsOf(`${offer.agent} ${offer.tool} ${offer.description}`))
    const shared = words.filter(
      (word) => own.has(word) || own.has(word.replace(/s$/, '')) || own.has(`${word}s`),
    )
    if (shared.length < 2 || !wordsOf(`${offer.tool} ${offer.description}`).includes(verb)) continue
    const left = words.filter((word) => !shared.includes(word)).join(' ')
    const input = filled(offer, values, left)
    if (input !== undefined) return { agent: offer.agent, tool: offer.tool, input }
  }
  return undefined
}

interface Values {
  readonly quoted: readonly string[]
  readonly paths: readonly string[]
}

function argumentsIn(clause: string): { readonly rest: string; readonly values: Values } {
  const quoted: string[] = []
  const paths: string[] = []
  const rest = clause
    .replace(/"([^"]+)"|'([^']+)'/g, (_, double: string | undefined, single: string | undefined) => {
      quoted.push(double ?? single ?? '')
      return ' '
    })
    .replace(/(?:^|\s)((?:~|\.{1,2})?\/\S*)/g, (_, path: string) => {
      paths.push(path)
      return ' '
    })
  return { rest, values: { quoted, paths } }
}

const PATH_NAME = /path|file|dir/i

/** Arguments for all that the tool requires, out of the clause; undefined where it does not say them. */
function filled(offer: Offer, { quoted, paths }: Values, left: string): Record<string, string> | undefined {
  const input: Record<string, string> = {}
  const texts = [...quoted]
  const places = [...paths]
  const properties = (offer.inputSchema?.properties ?? {}) as Readonly<Record<string, { type?: unknown }>>
  for (const name of requiredOf(offer)) {
    if (properties[name]?.type !== 'string') return undefined
    const value = PATH_NAME.test(name) ? places.shift() : (texts.shift() ?? (left || undefined))
    if (value === undefined) return undefined
    input[name] = value
  }
  return input
}
