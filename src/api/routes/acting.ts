// As whom a person asks the mesh: the operator that they are logged in as, or this node.
import { KaroError } from '../../base/errors.ts'
import type { Acting, Sessions } from '../../trust/operators/index.ts'
import type { Caller } from '../server/route.ts'

/**
 * A login belongs to whom the kernel names, so a token of that person never asks under it. Throws KaroError `refused` where
 * somebody wants to ask as an operator and is none.
 */
export function actingOf(
  sessions: Pick<Sessions, 'of'>,
  as: 'operator' | 'node' | undefined,
  { person, account, via }: Pick<Caller, 'person' | 'account' | 'via'>,
): Acting | undefined {
  const acting = as === 'node' || via !== 'socket' ? undefined : sessions.of(person, account, true)
  if (as !== 'operator' || acting !== undefined) return acting
  const why =
    via === 'socket' ? 'you are not logged in here as an operator' : 'a token never asks as an operator'
  throw new KaroError('refused', why, {
    hint: 'karo login --credential <file>; karo whoami shows how you ask.',
  })
}
