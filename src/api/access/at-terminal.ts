// Whether a person sits at the other end of the control socket, as far as the kernel can say; what opens something asks this.
import { KaroError } from '../../base/errors.ts'
import { type Seat, seatOf } from '../../base/kernel/sessions.ts'
import type { Caller } from '../server/route.ts'

/** Where the caller sits; undefined over TCP, and for a process that cannot be looked at. */
export type SeatOfCaller = (caller: Caller) => Seat | undefined

export const seatByKernel: SeatOfCaller = ({ pid, via }) =>
  via === 'socket' && pid !== undefined ? seatOf(pid) : undefined

/**
 * Returns if a person may do `what` from where they are: at a terminal, in a login session out of which no agent or AI tool
 * asked for anything. Throws KaroError `refused`.
 */
export function checkPerson(
  seat: Pick<Seat, 'sessions' | 'terminal'> | undefined,
  hasAsked: (sessions: readonly number[]) => boolean,
  what: string,
): void {
  if (seat?.terminal !== true) {
    throw new KaroError('refused', `a person ${what} at a terminal, and this program has none`, {
      hint: 'Run the command in a terminal.',
    })
  }
  if (!hasAsked(seat.sessions)) return
  throw new KaroError('refused', 'this is the login session of an agent or AI tool that asks for approvals', {
    hint: 'Do it in another terminal, one that was not opened from this one.',
  })
}
