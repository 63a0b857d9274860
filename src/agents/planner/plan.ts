// A plan: steps with their dependencies, each of which is one action. Checked as a whole before it is stored.
import { KaroError } from '../../base/errors.ts'
import { EXEC, kindOf, SHELL_ARGUMENTS } from '../classes.ts'
import { canonicalJson } from '../tasks/canonical.ts'
import type { ActionClass } from '../types.ts'

/** Plans of one person that are kept; the oldest give way. */
export const MOST_PLANS = 100
export const MOST_STEPS = 20
export const MOST_GOAL = 1_000
const MOST_WHAT = 300
const MOST_INPUT = 16_384
const MOST_COMMAND = 1_000
/** Arguments of one step that are results of others. */
export const MOST_TAKES = 4
/** Characters of a result that are handed on. */
export const MOST_HANDED = 8_192
const STEP_ID = /^[a-z][a-z0-9]{0,7}$/

/** A tool that a step may use. */
export interface Offer {
  readonly agent: string
  readonly tool: string
  readonly description: string
  readonly readOnly: boolean
  /** JSON Schema; null: it is not known. */
  readonly inputSchema: Readonly<Record<string, unknown>> | null
}

/** One step before it is checked: the tool of an agent with its arguments, or a command that the person runs. */
export interface Draft {
  readonly id: string
  readonly what: string
  readonly after: readonly string[]
  readonly agent: string
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
  /** Arguments that are the text of the result of a step before, by its id; they are not in `input`. */
  readonly takes?: Readonly<Record<string, string>> | undefined
  /** Empty for the tool of an agent. */
  readonly command: string
}

export interface Step extends Omit<Draft, 'input'> {
  /** Canonical JSON. */
  readonly input: string
  /** How red it is by its name, before the gates look at it; they can only make it redder. */
  readonly class: ActionClass
  /** `ReadFile`, `ExecuteCommand` … */
  readonly kind: string
  /** The risks of the command, for people. */
  readonly warning?: string
}

/** The findings of the rules of `karo check` about a command; undefined if there are none. */
export type Judge = (command: string) => { readonly blocked: boolean; readonly why: string } | undefined

/**
 * The steps in an order in which each stands behind those that it waits for. Throws KaroError `bad_request`: too many, an id
 * twice, a circle, a step that waits for none of them, a tool that nobody offers, a result that
 * cannot be taken, or a command that `karo check` blocks.
 */
export function checked(drafts: readonly Draft[], offers: readonly Offer[], judge: Judge): readonly Step[] {
  const wrong = (why: string): KaroError => new KaroError('bad_request', `this is not a plan: ${why}`)
  if (drafts.length === 0 || drafts.length > MOST_STEPS)
    throw wrong(`it has to have 1 to ${MOST_STEPS} steps`)
  const ids = new Map(drafts.map((draft) => [draft.id, draft]))
  if (ids.size !== drafts.length) throw wrong('two steps have the same id')
  for (const { id, after } of drafts) {
    if (!STEP_ID.test(id)) throw wrong(`'${id.slice(0, 20)}' is not the id of a step`)
    const unknown = after.find((one) => !ids.has(one))
    if (unknown !== undefined) throw wrong(`${id} waits for '${unknown.slice(0, 20)}', which is not a step`)
  }
  for (const { id, takes = {} } of drafts)
    for (const from of Object.values(takes))
      if (ids.get(from)?.tool === undefined || ids.get(from)?.tool === '')
        throw wrong(`${id} takes the result of '${from.slice(0, 20)}', which is not a step of an agent`)
  const steps = inOrder(
    drafts.map((draft) => ({
      ...draft,
      after: [...new Set([...draft.after, ...Object.values(draft.takes ?? {})])],
    })),
  )
  if (steps === undefined) throw wrong('steps wait for each other in a circle')
  return steps.map((draft) => stepOf(draft, offers, judge))
}

/** Undefined for a circle. Steps that may come at any time keep the order they are in. */
function inOrder(drafts: readonly Draft[]): readonly Draft[] | undefined {
  const left = [...drafts]
  const ordered: Draft[] = []
  const done = new Set<string>()
  while (left.length > 0) {
    const at = left.findIndex(({ after }) => after.every((id) => done.has(id)))
    const [next] = at === -1 ? [] : left.splice(at, 1)
    if (next === undefined) return undefined
    ordered.push(next)
    done.add(next.id)
  }
  return ordered
}

function stepOf(draft: Draft, offers: readonly Offer[], judge: Judge): Step {
  const wrong = (why: string): KaroError => new KaroError('bad_request', `step ${draft.id}: ${why}`)
  const { id, command, takes = {} } = draft
  const input = canonicalJson(draft.input)
  if (input.length > MOST_INPUT) throw wrong('its arguments are too long')
  const common = { id, what: draft.what.slice(0, MOST_WHAT), after: [...new Set(draft.after)], command }
  if (command !== '') {
    if (Object.keys(takes).length > 0)
      throw wrong('a command takes no result: nothing that an agent said is put into a line for a shell')
    if (draft.agent !== '' || command.length > MOST_COMMAND || /[\p{Cc}\p{Cf}]/u.test(command))
      throw wrong('its command is too long, has characters that hide something, or is also for an agent')
    const finding = judge(command)
    if (finding?.blocked) throw wrong(`its command is blocked: ${finding.why}`.slice(0, 200))
    return {
      ...common,
      agent: '',
      tool: '',
      input: '{}',
      ...kindOf(EXEC),
      ...(finding !== undefined && { warning: finding.why.slice(0, MOST_WHAT) }),
    }
  }
  // Without an agent it goes to the one that has the fewest tasks, which is offered first.
  const isMeant = ({ agent, tool }: Offer): boolean =>
    tool === draft.tool && (agent === draft.agent || draft.agent === '')
  const offer = offers.find(isMeant)
  if (offer === undefined) throw wrong(`no agent that runs offers ${draft.agent} ${draft.tool}`.slice(0, 200))
  const fault = Object.keys(takes)
    .map((name) => faultOfTaken(name, draft, offer))
    .find((one) => one !== undefined)
  if (fault !== undefined || Object.keys(takes).length > MOST_TAKES)
    throw wrong(fault ?? `it takes more than ${MOST_TAKES} results`)
  const missing = requiredOf(offer).filter(
    (name) => !Object.hasOwn(draft.input, name) && !Object.hasOwn(takes, name),
  )
  if (missing.length > 0) throw wrong(`${draft.tool} also needs ${missing.join(', ')}`.slice(0, 200))
  return {
    ...common,
    agent: offer.agent,
    tool: offer.tool,
    input,
    ...kindOf(draft.tool, offer.readOnly),
    ...(Object.keys(takes).length > 0 && { takes }),
  }
}

/** Why the argument cannot be a result; undefined if it can. */
function faultOfTaken(name: string, { input }: Draft, { tool, inputSchema }: Offer): string | undefined {
  const argument = name.slice(0, 40)
  // The input of a program may be code, and its directory can change the meaning of its arguments.
  if (tool === EXEC) return `no result is put into a command: ${argument} has to be given`
  if (Object.hasOwn(input, name)) return `${argument} is given and taken from a result`
  if (SHELL_ARGUMENTS.includes(name))
    return `${argument} is code, and no result of an agent is put into code that runs`
  const properties = (inputSchema?.properties ?? {}) as Readonly<Record<string, { readonly type?: unknown }>>
  const isText = Object.hasOwn(properties, name) && properties[name]?.type === 'string'
  return isText ? undefined : `the tool takes no text as ${argument}`
}

/** Names of the arguments without which the tool does not do. */
export function requiredOf({ inputSchema }: Pick<Offer, 'inputSchema'>): readonly string[] {
  const required = inputSchema?.required
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
}
