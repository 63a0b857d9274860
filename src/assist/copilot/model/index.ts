// Asks a local model for a command: what it says is data, of which at most one line is taken, and judged by the caller.

import { untilAborted } from '../../../base/async/deadline.ts'
import { KaroError } from '../../../base/errors.ts'
import { type Lookup, resolveEndpoint } from './endpoint.ts'
import { exchange } from './exchange.ts'
import { type Prompt, requestBody } from './prompt.ts'
import { commandIn, createReply } from './reply.ts'

export { TOOLS_TOLD } from './prompt.ts'

export interface ModelSettings {
  readonly endpoint: string
  readonly key: string | undefined
  /** ms, of everything: looking up, connecting, the whole answer. */
  readonly timeoutMs: number
  /** Ctrl-C. */
  readonly signal: AbortSignal
  /** Told how many characters have come. */
  readonly progress?: (characters: number) => void
  readonly lookup?: Lookup
}

export type ModelAnswer =
  | { readonly command: string }
  /** Why there is none, to follow "the model was not used: ". */
  | { readonly failure: string }

/** Never throws: whatever goes wrong is a failure in words. */
export async function askModel(prompt: Prompt, settings: ModelSettings): Promise<ModelAnswer> {
  const { timeoutMs, signal: interrupt } = settings
  const deadline = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([deadline, interrupt])
  try {
    return { command: commandIn(await replyOf(prompt, settings, signal), prompt.shell) }
  } catch (error) {
    if (interrupt.aborted) return { failure: 'it was interrupted' }
    if (deadline.aborted) return { failure: `it took longer than ${timeoutMs} ms (ask.timeout_ms)` }
    return { failure: error instanceof KaroError ? error.message : 'it failed' }
  }
}

async function replyOf(prompt: Prompt, settings: ModelSettings, signal: AbortSignal): Promise<string> {
  const { endpoint, key, progress, lookup } = settings
  const found = await untilAborted(resolveEndpoint(endpoint, lookup), signal)
  let reply: ReturnType<typeof createReply> | undefined
  let characters = 0
  for await (const { type, text } of exchange(found, { body: requestBody(prompt), key, signal })) {
    reply ??= createReply(type)
    characters += text.length
    progress?.(characters)
    if (reply.push(text)) break
  }
  return reply?.end() ?? ''
}
