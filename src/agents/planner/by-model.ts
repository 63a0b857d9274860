// A plan by a local model: the request with a JSON schema, and the parsing of the reply. The reply is data, and is
// checked.
import { KaroError } from '../../base/errors.ts'
import { isMembers } from '../../base/shape/json-object.ts'
import { type Draft, MOST_STEPS, type Offer } from './plan.ts'

const MOST_OFFERED = 60
const MOST_DESCRIPTION = 200
const MOST_SCHEMA = 600

const TASK = [
  'You plan how to reach a goal on a Linux machine. You run nothing; a person reads the plan first.',
  'Answer with JSON only. Each step is either one tool of the list, with its arguments as a JSON object in the text `input`,',
  'or, where no tool fits, one shell command in `command` that the person runs; the other members are then empty.',
  'An argument that is the text of the result of a step before is left out of `input` and named in `takes`, with the id of that step.',
  'The ids are s1, s2, … In `after` are the ids of the steps that have to be done before. Use as few steps as possible.',
].join('\n')

const text = { type: 'string' } as const
const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['steps'],
  properties: {
    steps: {
      type: 'array',
      minItems: 1,
      maxItems: MOST_STEPS,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'what', 'after', 'agent', 'tool', 'input', 'takes', 'command'],
        properties: {
          id: text,
          what: text,
          after: { type: 'array', items: text },
          agent: text,
          tool: text,
          input: text,
          command: text,
          takes: {
            type: 'array',
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['argument', 'step'],
              properties: { argument: text, step: text },
            },
          },
        },
      },
    },
  },
} as const

/** Body of the request to /chat/completions. */
export function planRequest(goal: string, offers: readonly Offer[], model: string): string {
  const tools = offers.slice(0, MOST_OFFERED).map(({ agent, tool, description, inputSchema }) => {
    const schema = JSON.stringify(inputSchema ?? {})
    const shape = schema.length <= MOST_SCHEMA ? schema : '{}'
    return `${agent} ${tool}: ${description.replaceAll(/\s+/g, ' ').slice(0, MOST_DESCRIPTION)} ${shape}`
  })
  return JSON.stringify({
    ...(model !== '' && { model }),
    messages: [
      { role: 'system', content: TASK },
      { role: 'user', content: ['Tools:', ...tools, `Goal: ${goal}`].join('\n') },
    ],
    response_format: { type: 'json_schema', json_schema: { name: 'plan', strict: true, schema: SCHEMA } },
    temperature: 0,
    max_tokens: 2_000,
    stream: true,
  })
}

/** The steps in a reply. Throws KaroError `unavailable` for any other text. */
export function stepsIn(reply: string): readonly Draft[] {
  const value = jsonIn(reply.replace(/^\s*```(?:json)?\s*|\s*```\s*$/g, ''))
  const steps =
    isMembers(value) && Array.isArray(value.steps) ? (value.steps as readonly unknown[]) : undefined
  if (steps === undefined || steps.length > MOST_STEPS) throw shapeless()
  return steps.map((step) => {
    if (!isMembers(step)) throw shapeless()
    const { id, what, after = [], agent = '', tool = '', input = '', takes = [], command = '' } = step
    const given = isMembers(input)
      ? input
      : typeof input === 'string'
        ? jsonIn(input.trim() || '{}')
        : undefined
    if (!isMembers(given) || !Array.isArray(after)) throw shapeless()
    const texts = [id, what, agent, tool, command, ...(after as readonly unknown[])]
    if (!texts.every((one) => typeof one === 'string')) throw shapeless()
    const taken = takenIn(takes)
    const draft = { id, what, after, agent, tool, input: given, command } as Draft
    return Object.keys(taken).length === 0 ? draft : { ...draft, takes: taken }
  })
}

function takenIn(takes: unknown): Readonly<Record<string, string>> {
  if (!Array.isArray(takes)) throw shapeless()
  const pairs = (takes as readonly unknown[]).map((one) => {
    if (!isMembers(one) || typeof one.argument !== 'string' || typeof one.step !== 'string') throw shapeless()
    return [one.argument, one.step] as const
  })
  return Object.fromEntries(pairs)
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw shapeless()
  }
}

const shapeless = (): KaroError => new KaroError('unavailable', 'the answer of the model is not a plan')
