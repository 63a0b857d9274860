// Whether a person sits at the other end of the control socket, as far as the kernel can say; what opens something asks this.
import { KaroError } from '../../base/errors.ts'
import { printable } from '../../base/format.ts'
import { type Seat, seatOf, toolAbove } from '../../base/kernel/sessions.ts'
import type { Caller } from '../server/route.ts'

/** Where the caller sits; undefined over TCP, and for a process that cannot be looked at. */
export type SeatOfCaller = (caller: Caller) => Seat | undefined

/** A process below an AI tool is never a person at a terminal: a tool that an editor or a timer started can open a terminal itself. */
export const seatByKernel: SeatOfCaller = ({ pid, via }) => {
  if (via !== 'socket' || pid === undefined) return undefined
  const seat = seatOf(pid)
  const program = toolAbove({}, pid)
  return seat && program ? { ...seat, terminal: false, program } : seat
}

type Place = Pick<Seat, 'sessions' | 'near' | 'terminal' | 'program'>

/** Where the caller may be as a person: with a page at the terminal that opened it, as long as it was opened for approving. */
export function placeOf(caller: Caller, seatOf: SeatOfCaller): Place | undefined {
  const { credential } = caller
  if (credential === undefined) return seatOf(caller)
  return credential.seat && { ...credential.seat, terminal: credential.scope === 'approve' }
}

/** Whom what the caller asks for is asked by, see `Requester`: nobody but the person, in a page that they opened. */
export function askersOf(caller: Caller, seatOf: SeatOfCaller): readonly string[] | undefined {
  const place = placeOf(caller, seatOf)
  return caller.credential !== undefined && place?.terminal ? [] : place?.near
}

/**
 * Returns if a person may do `what` from where they are: at a terminal into which they type themselves, and not one of an agent or AI
 * tool that asked for anything. Throws KaroError `refused`.
 */
export function checkPerson(
  seat: Pick<Seat, 'sessions' | 'terminal' | 'program'> | undefined,
  hasAsked: (sessions: readonly string[]) => boolean,
  what: string,
  hint = 'Type the command in a terminal.',
): void {
  if (seat?.terminal !== true)
    throw new KaroError('refused', `a person ${what} at a terminal, and ${notTyped(seat)}`, { hint })
  if (!hasAsked(seat.sessions)) return
  throw new KaroError('refused', 'this is run by an agent or AI tool that asks for approvals', {
    hint: 'Do it yourself in a terminal.',
  })
}

/** Why it is not a person's word. */
export const notTyped = (seat: Pick<Seat, 'program'> | undefined): string =>
  seat?.program === undefined
    ? 'this program has none'
    : `this was started by the program ${printable(seat.program)}`
