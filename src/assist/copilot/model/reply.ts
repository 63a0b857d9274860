// Reads a model's reply: joins its pieces and takes the one command in it; any other reply is refused.
import { isMembers } from '../../../base/shape/json-object.ts'
import { describe } from '../../risk/describe.ts'
import type { Shell } from '../../risk/index.ts'
import { unusable } from './exchange.ts'

/** UTF-16 units of one line of the stream. */
const MOST_LINE = 64 * 1024
/** UTF-16 units of the whole reply. */
const MOST_REPLY = 16 * 1024
/** UTF-16 units of a command. */
const MOST_COMMAND = 1_000

/** Joins the reply from its pieces. Throws KaroError unavailable for anything that a model's server does not send. */
export function createReply(type: string) {
  let pending = ''
  let reply = ''
  const add = (text: string): void => {
    reply += text
    if (reply.length > MOST_REPLY) throw unusable('its answer has no end')
  }
  return {
    /** True once the stream has announced its end. */
    push(text: string): boolean {
      pending += text
      if (type === 'application/json') return false
      const lines = pending.split(/\r?\n/)
      pending = lines.pop() ?? ''
      if (pending.length > MOST_LINE) throw unusable('one line of its answer has no end')
      for (const line of lines) {
        const data = /^data: ?(.*)$/.exec(line)?.[1]
        if (data === undefined) continue
        if (data.trim() === '[DONE]') return true
        add(contentOf(parsed(data), 'delta'))
      }
      return false
    },
    end(): string {
      if (type === 'application/json') add(contentOf(parsed(pending), 'message'))
      return reply
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unusable('its answer is no JSON')
  }
}

/** The text in `choices[0].delta.content` of an event, or in `choices[0].message.content` of a whole answer. */
function contentOf(value: unknown, part: 'delta' | 'message'): string {
  const choice = isMembers(value) && Array.isArray(value.choices) ? (value.choices[0] as unknown) : undefined
  const message = isMembers(choice) ? choice[part] : undefined
  const content = isMembers(message) ? message.content : undefined
  if (typeof content === 'string') return content
  // Events without text tell the role or the number of tokens.
  if (part === 'delta' && isMembers(value) && !('error' in value)) return ''
  throw unusable('its answer has another shape')
}

/**
 * The command of a reply that is JSON with a text `command`, or that holds exactly one fenced block of one line. Throws
 * KaroError unavailable for any other reply, and for a command that is too long, cannot be parsed, or has control
 * characters.
 */
export function commandIn(reply: string, shell: Shell): string {
  const command = (jsonCommand(reply) ?? fencedCommand(reply))?.trim()
  if (command === undefined || command === '') throw unusable('its answer is not one command')
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u.test(command))
    throw unusable('its command is more than one line, or has characters that hide something')
  if (command.length > MOST_COMMAND) throw unusable('its command is too long')
  const { parsed: understood, parts } = describe(command, shell)
  if (!understood || parts.length === 0) throw unusable(`its command is no ${shell} command`)
  return command
}

function jsonCommand(reply: string): string | undefined {
  try {
    const value: unknown = JSON.parse(reply)
    return isMembers(value) && typeof value.command === 'string' ? value.command : undefined
  } catch {
    return undefined
  }
}

function fencedCommand(reply: string): string | undefined {
  const fences = reply.split('```')
  if (fences.length !== 3) return undefined
  const inside = fences[1]!
  // The fence's own line may name a language.
  const body = inside.includes('\n') ? inside.replace(/^[\w+-]*[ \t]*\n/, '') : inside
  // The block may hold the JSON that was asked for.
  return jsonCommand(body) ?? body
}
