// What the approvals room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { Room } from '../../base/run/room.ts'
import type { StoredApproval } from '../../store/approvals/approvals.ts'
import type { Action, ActionClass, BoundFile } from '../types.ts'
import type { FileChange } from './changes.ts'

/** The findings of the gates before a person is asked. */
export interface Findings {
  readonly class: ActionClass
  /** `ExecuteCommand` and so on. */
  readonly kind: string
  readonly risk: 'safe' | 'moderate' | 'high' | 'critical'
  /** Why, a sentence each; at most 8. */
  readonly risks: readonly string[]
  /** What it runs as code, and where. */
  readonly code: readonly BoundFile[]
  /** What of this has changed since a person approved the same words. */
  readonly changed?: readonly FileChange[]
}

/** A request that is not over. Level 0. */
export interface Approval extends StoredApproval, Omit<Findings, 'code'> {
  /** 10 hex digits. */
  readonly id: string
  readonly state: 'pending' | 'approved'
  /** The hash that the approval covers, 64 hex digits. */
  readonly hash: string
  readonly action: Action
  /** As of the findings; a request of an earlier release has none. */
  readonly code?: Findings['code']
  /** Milliseconds since the epoch: nothing runs by it from then on. */
  readonly expires_at: number
  /** `task`: the same action may run again for the same task until it expires. */
  readonly scope: 'once' | 'task'
  readonly decided?: { readonly at: number; readonly by: string; readonly reason: string }
  /** How often it was used. */
  readonly uses: number
}

/**
 * The outcome of a request. `used`: the action ran; `unused`: it was approved and did not run; `expired`: nobody
 * answered; `withdrawn`: the program that asked no longer waits, or the daemon was stopped.
 */
export type ApprovalOutcome = 'used' | 'unused' | 'denied' | 'expired' | 'withdrawn'

/** One line of the log, with as much of the words as a person needs to know it again. */
export interface EndedApproval extends StoredApproval {
  readonly outcome: ApprovalOutcome
  readonly agent: string
  readonly tool: string
  readonly class: ActionClass
  readonly kind: string
  /** As a line for a shell, at most 2 000 characters. */
  readonly line: string
  readonly cwd: string
  readonly target: string
  readonly task: string
  readonly hash: string
  readonly scope: 'once' | 'task'
  readonly uses: number
  readonly ended_at: number
  /** Who decided: a person's name or number, `nobody` or `policy <name>`. */
  readonly by: string
  readonly reason: string
}

/** The person who reads requests or decides, as the daemon has verified it. */
export interface Approver {
  /** Under which `people` keeps their data. */
  readonly person: number
  readonly account: number
  /** May decide what no person of this machine asked for. */
  readonly admin: boolean
  /** Member id of the operator who is logged in as this person. */
  readonly operator?: string
  /**
   * How they are here: at a terminal that the kernel names, by a token for approving, as an operator of another machine, or by
   * none of these.
   */
  readonly way: 'terminal' | 'token' | 'operator' | 'program'
  /** With `operator`: the node that they are at, other keys of it by rotations, and their name. */
  readonly from?: { readonly node: string; readonly others: readonly string[]; readonly name: string }
  /** What they belong to, see `Seat.sessions`. */
  readonly sessions: readonly string[]
  /** With the way `program`: why this is not a person's word. */
  readonly notTyped?: string
}

interface Decision {
  readonly approve: boolean
  /** The hash that was shown, or at least 8 digits of its beginning. */
  readonly hash: string
  readonly scope: 'once' | 'task'
  /** Up to 500 characters. */
  readonly reason: string
}

/** The answer on the screen of the tool that asked. */
interface AnswerThere {
  readonly who: Approver
  readonly approve: boolean
  readonly othersWait: boolean
}

export interface Approvals extends Room {
  /**
   * A request in the inbox: the one that waits already for the same action of the same task, or a new one. Throws KaroError
   * `rate_limited` when too many wait. Durable when it resolves.
   */
  ask(action: Action, hash: string, findings: Findings): Promise<Approval>
  /** Approvals of this action and task that can still be used, whatever its files were when it was asked. */
  granted(action: Action): readonly Approval[]
  /** The request as it is when it is decided; what became of it when it is over; undefined when that is long ago. */
  wait(id: string, signal: AbortSignal): Promise<Approval | EndedApproval | undefined>
  /**
   * The program that asked no longer waits, so nobody needs to decide. `answer`: the tool reports that its own person
   * has answered on its own screen; the ledger notes the answer, which approves nothing here. `othersWait` keeps the
   * request for other calls with the same words. A text: what ended it instead. False: the request is decided or over already.
   */
  withdraw(id: string, answer?: AnswerThere | string): Promise<boolean>
  /** Takes one use. False: there is none left, or it is over. Once it resolves with true, no crash gives it a second time. */
  use(id: string, hash: string): Promise<boolean>
  /** The requests that this person may see, oldest first. */
  list(who: Approver): readonly Approval[]
  /** All open requests, whoever may see them: for housekeeping, never for an answer. */
  waiting(): readonly Approval[]
  /** By its id or at least 4 digits of it. Throws KaroError `not_found`, `conflict`. */
  find(who: Approver, which: string): Approval
  /** Throws KaroError `not_found`, `conflict`, `refused` with why this person may not decide, or not so. */
  decide(who: Approver, which: string, decision: Decision): Promise<Approval | EndedApproval>
  /** The past requests that this person may see, newest first. */
  log(who: Approver, limit: number): Promise<readonly EndedApproval[]>
  /** Writes into the log that a named pattern of the configuration approved something. */
  noteByPolicy(action: Action, hash: string, findings: Findings, name: string): Promise<void>
  /** Whether one of these asked for an approval since the start of the daemon. `sessions`: see `Seat.sessions`. */
  hasAsked(sessions: readonly string[]): boolean
  /** Everything of one person is to go. */
  forget(person: number): Promise<void>
  /** Fires when a request begins to wait and when it is decided or over. */
  onChange(listener: (change: ApprovalChange) => void): () => void
}

interface ApprovalChange {
  readonly id: string
  readonly person: number | null
  readonly agent: string
  readonly class: ActionClass
  readonly change: 'wanted' | 'approved' | ApprovalOutcome
}
