// What an agent wants to do, and what the gates say about it: the shapes that the runtime, the gates and the approvals share.
import type { Bind, Code } from '../muscle/contract/messages.ts'

/** `kClass:name`; a program from outside is `kExecutor:<name>`. */
export type AgentId = `k${string}:${string}`

/** Who asks. The daemon proves all of it itself; nothing is taken from a request's own words. */
export interface Requester {
  /** Node id of the machine that asks. */
  readonly node: string
  /** The number under which `people` keeps the data of who asks on this machine, as text; absent for another machine. */
  readonly person?: string
  /** Key of the operator who is logged in, as a node id, if one is. */
  readonly operator?: string
  /** The agent that asks on behalf of its task; absent for a person. */
  readonly agent?: AgentId
  /**
   * The program that asks, and its login sessions up to the nearest one with a terminal, as the kernel says (`Seat.near`). An approval
   * never comes from what belongs to one of them. Empty for a page that a person opened. Absent for another machine, and
   * where the kernel does not say which process asks.
   */
  readonly sessions?: readonly string[] | undefined
}

/** One thing that would happen, complete enough to be shown, judged, hashed and then done without a further choice. */
export interface Action {
  /** Of the request; the same for a retry, which never runs twice. 1 to 64 characters. */
  readonly id: string
  readonly task: string
  readonly agent: AgentId
  /** The tool of the agent that is called, or `exec` for a command. */
  readonly tool: string
  /** What is done with the agent itself, and not by a tool of it; `tool` then says what kind of action that is. */
  readonly operation?: 'start' | 'logs'
  /** What the tool says of itself (MCP annotation `readOnlyHint`). It can only make an action that is Green by its name stay Green. */
  readonly readOnly: boolean
  /** The exact command that a jail runs; for a tool the command of its server. */
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly binds: readonly Bind[]
  /** Secrets that the jail is given when it starts, by name; they stand in `env` too, which is what an approval is bound to. */
  readonly secrets?: readonly string[]
  /** Places of the network that the jail reaches, `host:port`; they stand in `env` too, as secrets do. */
  readonly connect?: readonly string[]
  /** The tool's arguments as canonical JSON, or the command's standard input. */
  readonly input: string
  /** Node id of the machine on which it happens. */
  readonly target: string
  readonly requester: Requester
  /** Why, in the requester's words; shown, never believed. Up to 500 characters. */
  readonly why: string
  /** 32 hex digits. */
  readonly traceId: string
}

/** A file that an action runs as code, or a directory that it works in, as it was when the action was asked. */
export interface BoundFile extends Code {
  /** Null for what is no file. */
  readonly bytes: number | null
}

/** What an agent runs and offers. */
export interface Pin {
  /** Files that it runs as code, outside of the system's own places. */
  readonly code: readonly Code[]
  /** Its tools as text, or the hash of a long one; null until it has started once. */
  readonly tools: string | null
}

/** The end of a grant that lasts until it is revoked. */
export const LASTING = Date.UTC(9999, 11, 31)

/** The classes of docs/approvals.md, from the one that is asked about always to the one that runs. */
export type ActionClass = 'critical' | 'high' | 'medium' | 'low' | 'green'

export const GATES = ['policy', 'capability', 'risk', 'approval'] as const
export type Gate = (typeof GATES)[number]

export type Verdict =
  | {
      readonly outcome: 'run'
      readonly class: ActionClass
      /** Of the action with the files that it runs, as they were let through. */
      readonly hash: string
      /** These files. */
      readonly code: readonly BoundFile[]
      readonly reason: string
      /** Ids of the capabilities by which it was let through. */
      readonly by: readonly string[]
    }
  /** A person decides; `approval` is the id in the inbox. */
  | {
      readonly outcome: 'wait'
      readonly class: ActionClass
      readonly approval: string
      readonly reason: string
      /** As of `run`. */
      readonly by: readonly string[]
    }
  | Denial

export interface Denial {
  readonly outcome: 'deny'
  readonly class: ActionClass
  readonly gate: Gate
  readonly reason: string
  /** What who asked can do about it. Theirs alone, as it may name paths: it is in no ledger and no log. */
  readonly hint?: string | undefined
  /** What it runs or changes is not what was let through: it may be judged again. */
  readonly changed?: true
}

export interface Gates {
  /**
   * The denial of policy, capability or risk, which is then in the ledger; undefined: they let it through so far, and nothing is
   * written. Asked before the process of an agent is started for somebody. Never rejects: an error is a denial.
   */
  refuses(action: Action): Promise<Denial | undefined>
  /**
   * Asks all four, and writes the decision with its reason to the ledger before it is returned. `before`: the files with which it was let
   * through, and did not run as they had changed; whoever is asked sees both. Never rejects: an error is a denial.
   */
  judge(action: Action, before?: readonly BoundFile[]): Promise<Verdict>
  /**
   * Resolves when the approval of a `wait` is decided, or is over (a denial). What may run then is the same action to the byte:
   * the gates are asked again with it, and the approval is used up.
   */
  settled(approval: string, action: Action, signal: AbortSignal): Promise<Verdict>
  /**
   * Why an action that was let through, and waits or runs, may not go on: policy or risk judge it otherwise now, or its grant
   * ended. `of`: the class it was let through with; a redder one is a denial. `hash`: before it begins, the one that was let through;
   * another one is a denial that says `changed`. Writes nothing. Never rejects.
   */
  lost(action: Action, of?: ActionClass, hash?: string): Promise<Denial | undefined>
  /** Writes into the ledger that the action is ended for this. Never rejects. */
  ended(action: Action, denial: Denial): Promise<void>
}

/** Aborts what was let through, and may not go on; the message is for people, and names nothing of this machine. */
export class RightEnded extends Error {}
