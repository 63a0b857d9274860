// Reads members of JSON that somebody else wrote, without trusting any of it.
import { type Members, membersOf } from '../../base/shape/json-object.ts'
import { BadCall, type ToolCall } from './adapter.ts'

/** The call itself must be an object. */
export function callOf(value: unknown): Members {
  const members = membersOf(value)
  if (members === undefined) throw new BadCall('the call is not a JSON object')
  return members
}

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Reads a text that a call must have, because without it nothing can be judged. Throws BadCall where it is missing or no text. */
const needed =
  (missing: string) =>
  (value: unknown): string => {
    const text = textOf(value)
    if (text === undefined) throw new BadCall(`the call ${missing}`)
    return text
  }
export const commandOf = needed('has no command')
export const toolOf = needed('names no tool')
export const eventOf = needed('names no event')

/** What a text of JSON says, and anything else as it is. Throws BadCall for other texts; the parser's own message would repeat the text. */
export function jsonOf(value: unknown, what = "the call's arguments are"): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : value
  } catch {
    throw new BadCall(`${what} not JSON`)
  }
}

/** Absolute, or nothing: a relative one is relative to something that is not known here. Throws BadCall for one that is no text. */
export function directoryOf(value: unknown): { readonly cwd?: string } {
  const cwd = textOf(value)
  if (cwd === undefined && (value ?? undefined) !== undefined)
    throw new BadCall('the call has a directory that is no text')
  return cwd?.startsWith('/') ? { cwd } : {}
}

/** A whole number of milliseconds that can be meant. */
export function durationOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= MOST_MS ? Math.round(value) : null
}
/** A year; more is not a duration of a command. */
const MOST_MS = 366 * 86_400_000

/** 0 to 255, as wait(2) has them. */
export function exitCodeOf(value: unknown): number | null {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255
    ? (value as number)
    : null
}

/** Whether the tool is one of these. Throws BadCall for one that differs only in capitals, which no tool documents. */
export function isOneOf(names: readonly string[], tool: string): boolean {
  if (names.includes(tool)) return true
  if (names.some((name) => name.toLowerCase() === tool.toLowerCase()))
    throw new BadCall('the call spells the name of its tool in an unknown way')
  return false
}

/** An event at which nothing is judged. Throws BadCall where a tool might be about to run, at an event that is not known. */
export function otherEvent(event: string, { tool_name, tool_input, command }: Members): ToolCall {
  const isBefore = !/^(?:after|post|permission)/i.test(event)
  if (isBefore && [tool_name, tool_input, command].some((one) => one !== undefined))
    throw new BadCall('the call names an unknown event')
  return { kind: 'other' }
}
