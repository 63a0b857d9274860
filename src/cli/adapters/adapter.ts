// The type of an adapter for an AI coding tool: how to read its calls, how to answer, and where its settings are.
import type { Members } from '../../base/shape/json-object.ts'
import { AI_TOOLS, type AiTool, type AiToolName } from '../../base/words/ai-tools.ts'
import type { Json } from './json-edit.ts'

export type AdapterName = AiToolName | 'generic'
export const ADAPTER_NAMES: readonly AdapterName[] = [...(Object.keys(AI_TOOLS) as AiToolName[]), 'generic']

/** Shells that a tool may name, in the words of the risk room and the spool. */
export type ToolShell = 'bash' | 'zsh' | 'fish' | 'sh'

/** A command that ran on the person's behalf; level 0. */
export interface RanCommand {
  readonly command: string
  /** Absolute path; absent if the tool did not tell it. */
  readonly cwd?: string
  readonly shell: ToolShell
  /** Null if the tool does not tell it. */
  readonly exitCode: number | null
  /** Milliseconds; null if the tool does not tell it. */
  readonly durationMs: number | null
}

/** A call of the tool; level 0. `before`: the tool is about to run the command. `after`: the command ran. */
export type ToolCall =
  | {
      /** `edit`, `read`: a file tool is about to change or to show files, and `command` is a line for bash that does so, too. */
      readonly kind: 'before' | 'edit' | 'read'
      readonly command: string
      readonly cwd?: string
      readonly shell: ToolShell
      /** False at an event, or in a mode, in which the tool asks nobody, although it can ask. */
      readonly asks?: boolean
    }
  | ({ readonly kind: 'after' } & RanCommand)
  /** The call is about nothing that Karo judges: a tool without files, or another event. */
  | { readonly kind: 'other' }

/** What the tool has to do. `none`: Karo has no opinion, and the tool applies its own rules and questions. */
export type Reply =
  | {
      readonly decision: 'none'
      /** Why the command was not judged; tools without a place for a reason do not get it. */
      readonly unjudged?: string
    }
  | Opinion
export interface Opinion {
  readonly decision: 'ask' | 'deny'
  readonly reason: string
}

/** How a tool's hooks stand in its settings. */
interface HookForm {
  /** Members that the file must have beside its hooks. */
  readonly fixed?: Readonly<Record<string, Json>>
  /** The entries below `hooks`, by event, that make the tool hand this command line to a shell. */
  readonly entries: (command: string) => Readonly<Record<string, Json>>
  /** True where the tool reads comments in this file. */
  readonly comments?: true
  /** True where the entries do not say how long a hook may take: the tool would give up on one that waits, and run the command. */
  readonly hasty?: true
  /** The text of a file of Karo's own, instead of entries, for a tool that loads plugins: it hands this line to a shell. */
  readonly plugin?: (line: string) => string
  /** How a file of settings, also one of the machine's, says that the tool runs no hooks of a person's. */
  readonly off?: { readonly by: RegExp; readonly of?: readonly string[] }
  /** What the person has to do in the tool afterwards. */
  readonly afterwards?: string
}

export interface Adapter {
  readonly name: AdapterName
  readonly title: string
  /** Whether the tool asks the person when a hook answers `ask`; if not, such a command is denied. */
  readonly asks: boolean
  /** True where only newer versions of the tool ask, and earlier ones run the command: the person has to say so. */
  readonly asksIfNew?: true
  /** Reads parsed JSON from an untrusted source. Throws BadCall if it does not have the tool's format. */
  readonly read: (call: Members) => ToolCall
  /** Whether the call tells of a command that ran, even if other parts are missing or wrong; it is then too late to refuse. */
  readonly ran: (call: Members) => boolean
  /** The document for standard output; undefined writes nothing, which means no opinion. */
  readonly answer: (reply: Reply) => Json | undefined
  /** Absent: nothing to install. */
  readonly settings?: HookSettings
}
export type HookSettings = AiTool & HookForm

type ToolWords = Omit<Adapter, 'name' | 'title' | 'answer' | 'settings'> & {
  readonly answer: (opinion: Opinion) => Json
  readonly settings: HookForm
}

/** The adapter of a tool in the table of tools: how its hooks stand in its settings, with where these are. */
export function toolAdapter(name: AiToolName, { answer, settings, ...adapter }: ToolWords): Adapter {
  const tool = AI_TOOLS[name]
  return {
    name,
    title: tool.title,
    ...adapter,
    answer: (reply) => (reply.decision === 'none' ? undefined : answer(reply)),
    settings: { ...tool, ...settings },
  }
}

/** The input does not fit the tool's documentation. The message repeats nothing of the input. */
export class BadCall extends Error {
  override readonly name = 'BadCall'
}
