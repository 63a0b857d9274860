// Finds the operator whom a person means, by key, fingerprint or name.
import { KaroError } from '../../../base/errors.ts'
import { comparable } from '../../../base/words/comparable.ts'
import type { KnownOperator } from '../../../trust/certificates/index.ts'
import { fingerprintOf } from '../../../trust/identity/index.ts'

/**
 * Operators of the same name are distinguished by key or fingerprint; one with a valid certificate comes before ended
 * ones. KaroErrors: `not_found`, `conflict` for a name of several.
 */
export function operatorNamed(all: readonly KnownOperator[], who: string): KnownOperator {
  const same = comparable(who)
  const digits = who.toLowerCase().replace(/[\s:-]/g, '')
  const byKey = all.filter(({ binding }) => binding.node_id === who || fingerprintOf(binding.key) === digits)
  const byName = all.filter(({ binding }) => comparable(binding.name) === same)
  const living = byName.filter(({ state }) => state === 'valid')
  const found = byKey.length > 0 ? byKey : living.length > 0 ? living : byName
  const [first, second] = found
  if (first === undefined) {
    throw new KaroError('not_found', 'no operator of that name or key is known here', {
      hint: 'karo operator list shows them.',
    })
  }
  if (second !== undefined) {
    throw new KaroError('conflict', 'several operators have that name', {
      hint: 'Name one by its fingerprint: karo operator list.',
    })
  }
  return first
}
