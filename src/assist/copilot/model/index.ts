// Asks a local model for a command. Its reply is data: at most one line of it is used, and the caller judges that line.

import { untilAborted } from '../../../base/async/deadline.ts'
import { systemClock } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import { type Asked, type Lookup, type Reach, resolveEndpoint } from './endpoint.ts'
import { exchange } from './exchange.ts'
import { createHealth, firstOf } from './fallback.ts'
import { nameOf, type Place } from './places.ts'
import { type Prompt, requestBody } from './prompt.ts'
import { commandIn, createReply } from './reply.ts'

export { TOOLS_TOLD } from './prompt.ts'

export interface ModelSettings {
  /** In the order in which they are asked; at least one. */
  readonly places: readonly Place[]
  /** Milliseconds for everything: looking up, connecting and the whole answer. */
  readonly timeoutMs: number
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Called with the number of characters that have arrived. */
  readonly progress?: (characters: number) => void
  readonly lookup: Lookup
}

type ModelAnswer =
  | { readonly command: string; readonly by: Place }
  /** Why there is no command, as the end of "the model was not used: ". */
  | { readonly failure: string }

/** Never throws; every error becomes a failure in words. */
export async function askModel(
  prompt: Omit<Prompt, 'model'>,
  { places, timeoutMs, signal, progress, lookup }: ModelSettings,
): Promise<ModelAnswer> {
  const health = createHealth(systemClock)
  try {
    const { answer, by } = await firstOf(
      places,
      { timeoutMs, signal, health, clock: systemClock },
      async (place, how) => {
        const body = requestBody({ ...prompt, model: place.model })
        const heard = (characters: number): void => {
          how.begun()
          progress?.(characters)
        }
        return commandIn(await replyOf(place, { body, lookup, signal: how.signal, heard }), prompt.shell)
      },
    )
    return { command: answer, by }
  } catch (error) {
    if (signal.aborted) return { failure: 'it was interrupted' }
    const [only, other] = places
    const { message } = error as Error
    // With one endpoint there is no question which one it was.
    const own = only !== undefined && other === undefined ? `${nameOf(only)}: ` : ''
    return { failure: message.startsWith(own) ? message.slice(own.length) : message }
  }
}

/** How one endpoint is asked. */
interface Asking {
  readonly body?: string
  readonly lookup: Lookup
  readonly signal: AbortSignal
  readonly reach?: Reach
}

/** Rejects as `replyOf`. */
async function* answerOf({ endpoint, key }: Place, asked: Asked, { body, lookup, signal, reach }: Asking) {
  const found = await untilAborted(resolveEndpoint(endpoint, lookup, asked, reach), signal)
  yield* exchange(found, { body, key, signal })
}

/**
 * The text that a chat with the model of one endpoint ends with; `heard` is called with the number of characters that have
 * arrived. Rejects with KaroError (`refused` for an address that is not private, `unavailable`, `too_large`, `bad_config`) or
 * with the signal's reason.
 */
export async function replyOf(
  place: Place,
  { heard, ...asking }: Asking & { readonly body: string; readonly heard: (characters: number) => void },
): Promise<string> {
  let reply: ReturnType<typeof createReply> | undefined
  let characters = 0
  for await (const { type, text } of answerOf(place, 'chat/completions', asking)) {
    reply ??= createReply(type)
    characters += text.length
    heard(characters)
    if (reply.push(text)) break
  }
  return reply?.end() ?? ''
}

/** The JSON that an endpoint answers about `models`, or with `body` about `embeddings`. Rejects as `replyOf`. */
export async function jsonOf(place: Place, asked: 'models' | 'embeddings', asking: Asking): Promise<unknown> {
  let whole = ''
  for await (const { text } of answerOf(place, asked, asking)) whole += text
  try {
    return JSON.parse(whole)
  } catch (cause) {
    throw new KaroError('unavailable', 'its answer is no JSON', { cause })
  }
}
