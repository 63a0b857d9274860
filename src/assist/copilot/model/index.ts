// Asks a local model for a command. Its reply is data: at most one line of it is used, and the caller judges that line.

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
  /** Milliseconds for everything: looking up, connecting and the whole answer. */
  readonly timeoutMs: number
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Called with the number of characters that have arrived. */
  readonly progress?: (characters: number) => void
  readonly lookup: Lookup
}

export type ModelAnswer =
  | { readonly command: string }
  /** Why there is no command, as the end of "the model was not used: ". */
  | { readonly failure: string }

/** Never throws; every error becomes a failure in words. */
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
