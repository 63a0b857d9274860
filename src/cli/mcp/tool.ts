// What one tool of the server is: data for the list, and one function; and what it may use.

import type { CallToolResult } from '@modelcontextprotocol/server'
import type * as z from 'zod'
import type { Client } from '../../api/contract/client/client.ts'
import type { Guard, MachinePlace } from '../../assist/guard/index.ts'
import type { Machine } from '../../assist/risk/index.ts'
import type { KaroError } from '../../base/errors.ts'
import { jsonText } from '../../base/printable.ts'

/** Most bytes of an answer of the daemon: more than a model can read. */
export const MOST_ANSWER = 8 * 1024 * 1024

/** What the tools reach for; everything is passed in. */
export interface McpWorld {
  /** The guard as its files are now. */
  readonly guard: () => Guard
  /** Where a command would run that a caller does not place; `karoHome` is the node's, which is guarded. */
  readonly place: { readonly cwd?: string; readonly home?: string; readonly karoHome: string }
  /** What the judgement is told of the files here. */
  readonly machine: (place: MachinePlace, guard: Guard) => Machine
  /** Whether the owner lets AI coding tools read the history, as the configuration says now. */
  readonly mayReadHistory: () => boolean
  /** Whether the owner lets AI coding tools see agents and give them tasks, as the configuration says now. */
  readonly mayGiveTasks: () => boolean
  readonly daemon: Client
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly monotonic: () => number
}

export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: Input
  readonly output: Output
  /** It does not only read. */
  readonly acts?: true
  /** Why the person does not let AI coding tools use it now. It is not in the list then; called all the same it says this. */
  readonly refusal?: (world: McpWorld) => KaroError | undefined
  /** Throws KaroError, which becomes the result of a call that failed. */
  readonly run: (
    world: McpWorld,
    input: z.output<Input>,
    /** Aborted when the call is taken back, or the connection is over. */
    signal: AbortSignal,
  ) => Promise<{ readonly result: z.input<Output>; readonly notice?: string }>
}

/** Gives the tool its types. */
export const defineTool = <Input extends z.ZodObject, Output extends z.ZodObject>(
  tool: Tool<Input, Output>,
): Tool => tool as unknown as Tool

/** A result as MCP has it: typed, and the same as a text for callers that read only that. */
export function toResult(result: object, notice?: string): CallToolResult {
  const text = (said: string) => ({ type: 'text' as const, text: said })
  return {
    content: [...(notice === undefined ? [] : [text(notice)]), text(jsonText(result))],
    structuredContent: result as Record<string, unknown>,
  }
}

export const failed = (message: string): CallToolResult => ({
  content: [{ type: 'text', text: message }],
  isError: true,
})
