// What a Hello shows and tells of rotations, beside certificates and invites: how each side came to its key, or that it lost it.
import { ROTATIONS_SHOWN } from '../../../protocols/messages/rotation.ts'
import type { Credentials } from '../certificates/index.ts'
import type { Rotations } from './types.ts'

/**
 * With certificates and invites, a Hello shows how this node came to its key, so that nobody has to have heard of it. Whoever
 * comes with a key that was replaced a day ago is shown by which one. `own`: the rotations of this node, the oldest first.
 */
export function withRotations(
  credentials: Credentials,
  rotations: Pick<Rotations, 'shown' | 'toldTo'>,
  own: readonly Uint8Array[],
): Credentials {
  const shown = own.length === 0 ? {} : { rotations: own.slice(-ROTATIONS_SHOWN) }
  return {
    ...credentials,
    shown: (to) => ({ ...credentials.shown(to), ...shown }),
    heard(node, body) {
      // First, because certificates are judged by it.
      rotations.shown(body.rotations ?? [])
      return credentials.heard(node, body)
    },
    answer(node) {
      const replaced = rotations.toldTo(node)
      return { ...credentials.answer(node), ...(replaced === undefined ? {} : { replaced }) }
    },
    answered(node, answer) {
      if (answer.replaced !== undefined) rotations.shown([answer.replaced])
      credentials.answered(node, answer)
    },
  }
}
