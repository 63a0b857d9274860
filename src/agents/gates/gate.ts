// The shape of one gate, and how several are put together so that each can only narrow what the others let through.
import { redder } from '../classes.ts'
import type { Action, ActionClass, Denial, Gate } from '../types.ts'

/**
 * The verdict of one gate: a denial, or that the action has at least the class `least`. A gate cannot approve for the
 * others.
 */
export type Ruling =
  /** `hint`: see `Denial`. */
  | { readonly outcome: 'deny'; readonly reason: string; readonly hint?: string }
  | { readonly outcome: 'pass'; readonly least: ActionClass; readonly reason: string }

export interface NamedGate {
  readonly gate: Gate
  judge(action: Action): Ruling | Promise<Ruling>
}

export type Narrowed =
  | Denial
  | { readonly outcome: 'pass'; readonly class: ActionClass; readonly reason: string }

/** Asks the gates in their order, beginning with the class of the action itself. A gate that fails has denied. Never rejects. */
export async function narrow(
  gates: readonly NamedGate[],
  action: Action,
  own: ActionClass,
): Promise<Narrowed> {
  let of = own
  const reasons: string[] = []
  for (const { gate, judge } of gates) {
    let ruling: Ruling
    try {
      ruling = await judge(action)
    } catch (error) {
      // The message may have a path in it.
      ruling = { outcome: 'deny', reason: 'the gate could not decide', hint: (error as Error).message }
    }
    if (ruling.outcome !== 'pass') return { ...ruling, gate, class: of }
    of = redder(of, ruling.least)
    reasons.push(ruling.reason)
  }
  return { outcome: 'pass', class: of, reason: reasons.filter((reason) => reason !== '').join('; ') }
}
