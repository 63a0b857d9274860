// What an AI coding tool's hook is to Karo: how its calls are read, how it is answered, and where it is set up.
import type { Json } from './json-edit.ts'

export type Members = Readonly<Record<string, unknown>>

export const ADAPTER_NAMES = ['claude', 'codex', 'copilot', 'cursor', 'gemini', 'generic'] as const
export type AdapterName = (typeof ADAPTER_NAMES)[number]

/** Shells that a tool may name; the risk room's and the spool's words for them. */
export type ToolShell = 'bash' | 'zsh' | 'fish' | 'sh'

/** What the tool tells; level 0. `before`: it is about to run the command. `after`: the command ran. */
export type ToolCall =
  | { readonly kind: 'before'; readonly command: string; readonly cwd?: string; readonly shell: ToolShell }
  | {
      readonly kind: 'after'
      readonly command: string
      readonly cwd?: string
      readonly shell: ToolShell
      /** Null where the tool does not tell. */
      readonly exitCode: number | null
      /** Milliseconds; null where the tool does not tell. */
      readonly durationMs: number | null
    }
  /** Nothing of a shell: another of the tool's tools, another of its events. */
  | { readonly kind: 'other' }

/** What the tool is to do. `none`: Karo has no opinion, and the tool's own rules and questions stay as they are. */
export type Reply =
  | {
      readonly decision: 'none'
      /** Why it was not judged at all; tools that have no place for it are told nothing. */
      readonly unjudged?: string
    }
  | { readonly decision: 'ask' | 'deny'; readonly reason: string }

/** Where a tool keeps its hooks. */
export interface HookSettings {
  /** Directory of the tool in the person's home, by the tool's own environment variable or its default name. */
  readonly directory: { readonly env?: string; readonly name: string }
  /** The file in that directory, for all projects of the person. */
  readonly userFile: string
  /** The file below a project's directory. */
  readonly projectFile: string
  /** Members that the file must have beside its hooks. */
  readonly fixed: Readonly<Record<string, Json>>
  /** What is added below `hooks`, by event, for a command line that the tool hands to a shell. */
  readonly entries: (command: string) => Readonly<Record<string, Json>>
  /** What the person has to do in the tool afterwards. */
  readonly afterwards?: string
}

export interface Adapter {
  readonly name: AdapterName
  /** As its makers write it. */
  readonly title: string
  /** It shows a question to the person when a hook answers `ask`; where it does not, such a command is denied. */
  readonly asks: boolean
  /** Throws BadCall for what is not its format; the value is parsed JSON of anybody's making. */
  readonly read: (input: unknown) => ToolCall
  /** The call tells of what ran, whatever else is missing in it or wrong: there is nothing left to refuse. */
  readonly ran: (call: Members) => boolean
  /** The document for its standard output; undefined: nothing is written, which means no opinion. */
  readonly answer: (reply: Reply) => Json | undefined
  /** Absent: nothing to install. */
  readonly settings?: HookSettings
}

/** The input is not what the tool's documentation says. Says nothing of what stood in it. */
export class BadCall extends Error {
  override readonly name = 'BadCall'
}
