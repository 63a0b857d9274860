// What a certificate of an issuer is to say, checked before a root key is made or opened.
import { printable } from '../../base/format.ts'
import { privileged } from '../../base/words/roles.ts'
import { LABEL, LABEL_RULE } from '../../base/words/trust-levels.ts'
import { durationIn } from '../input/time.ts'
import { grantsOf } from '../input/values.ts'
import { usage } from '../usage.ts'

export interface IssuerTerms {
  /** Milliseconds for which the issuer may certify others. */
  readonly life: number
  /** Privileged roles that it may give. */
  readonly grants: readonly string[]
  /** Who has this machine. */
  readonly owner: string | undefined
}

/**
 * The terms of `karo ca init` and `karo ca renew`; without `--grant` and `--owner` those of `before` stay. Throws KaroError `bad_request`
 * for a life outside a minute to 400 days, and for a role that is not privileged: a misspelt one would take away, without
 * a word, what the issuer may give.
 */
export function issuerTerms(
  options: {
    readonly for: string
    readonly grant?: string | undefined
    readonly owner?: string | undefined
  },
  before: { readonly grants: readonly string[]; readonly owner?: string | undefined },
): IssuerTerms {
  const life = durationIn(options.for, '--for', '1m', '400d')
  const unknown = grantsOf(options.grant, []).filter((role) => privileged([role]).length === 0)
  if (unknown.length > 0) {
    throw usage(
      `'${printable(unknown.join(', '))}' is not a privileged role`,
      '--grant',
      'Privileged roles are: security, admin. Every issuer may give any other role.',
    )
  }
  const owner = options.owner ?? before.owner
  if (owner !== undefined && owner !== 'none' && !LABEL.test(owner))
    throw usage(`'${printable(owner)}' is no name of an owner: it has ${LABEL_RULE}`, '--owner')
  return {
    life,
    grants: grantsOf(options.grant, before.grants),
    owner: owner === 'none' ? undefined : owner,
  }
}
