// Who may see a request and who may decide it, as pure functions of the request and of what the daemon proved of the person.
import { KaroError } from '../../base/errors.ts'
import type { Action } from '../types.ts'
import type { Approval, Approver, EndedApproval } from './types.ts'

/** Everybody may see their own requests; administrators also see those that nobody of this machine made. */
export const maySee = ({ person }: Pick<Approval | EndedApproval, 'person'>, who: Approver): boolean =>
  person === null ? who.admin : person === who.person

/**
 * Throws KaroError `refused` with the first reason why this person may not approve it. Who may see a request may always deny
 * it: a no needs no proof.
 */
export function checkApprover({ action, class: of }: Approval, scope: 'once' | 'task', who: Approver): void {
  const { requester } = action
  if (requester.operator !== undefined && requester.operator === who.operator)
    throw refused('you are logged in as the operator who asked for this', 'Somebody else has to approve it.')
  if (who.from !== undefined && [who.from.node, ...who.from.others].includes(requester.node))
    throw refused(
      'this was asked from the machine that you are at, which cannot approve its own requests',
      'Approve it on another machine, or on the one where it is to run.',
    )
  if (who.way === 'program')
    throw refused(
      `an approval is given at a terminal, and ${who.notTyped ?? 'this program has none'}`,
      'Type karo approvals approve in a terminal of yours.',
    )
  if (who.way === 'terminal' && requester.node === action.target && requester.sessions === undefined)
    throw refused(
      'Karo does not know from which terminal this was asked',
      'Approve it with a token that was made for approving: karo token create --scope approve.',
    )
  if (requester.sessions?.some((session) => who.sessions.includes(session)))
    throw refused(
      'the program that asks cannot approve its own requests, and this belongs to it',
      'Approve it yourself in a terminal, one that it has not opened.',
    )
  if (of === 'critical' && scope === 'task')
    throw refused('a critical action is approved once, and never for a task', 'Leave out --for task.')
}

/** Requests that may wait: in all, of one person whatever their agents are, and of one agent of theirs. */
const OPEN_MAX = 256
const OPEN_OF_PERSON_MAX = 64
const OPEN_OF_AGENT_MAX = 32

/** An operator is one person on all machines; somebody without a person here is the machine that asks. */
const askerOf = ({ requester: { operator, node, person = '' } }: Action): string =>
  operator ?? `${node} ${person}`

/** Throws KaroError `rate_limited` where one more request would leave too few places for others. */
export function checkRoom(open: readonly Pick<Approval, 'action'>[], action: Action): void {
  const ofPerson = open.filter((one) => askerOf(one.action) === askerOf(action))
  const ofAgent = ofPerson.filter((one) => one.action.agent === action.agent)
  const fits = ofPerson.length < OPEN_OF_PERSON_MAX && ofAgent.length < OPEN_OF_AGENT_MAX
  if (fits && open.length < OPEN_MAX) return
  throw new KaroError('rate_limited', 'too many requests wait for an answer already', {
    hint: 'karo approvals list shows them.',
  })
}

/** Login sessions that ask for one and the same thing. */
const ASKERS_MAX = 16

/**
 * The action of a request that is made a second time, so that neither asker can approve it. If the login session of one asker
 * is unknown, no terminal of this machine can approve it, because it might be that asker's. Throws KaroError `rate_limited`.
 */
export function askedByBoth(first: Action, { requester: { sessions: more } }: Action): Action {
  const { sessions: before, ...requester } = first.requester
  if (before === undefined || more === undefined) return { ...first, requester }
  const sessions = [...new Set([...before, ...more])]
  if (sessions.length > ASKERS_MAX)
    throw new KaroError('rate_limited', 'the same request came from too many terminals')
  return { ...first, requester: { ...requester, sessions } }
}

const refused = (why: string, hint: string): KaroError => new KaroError('refused', why, { hint })
