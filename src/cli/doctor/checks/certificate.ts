// Checks of certificates: how long this node's own still holds and who could renew it, and one's own login as an operator.
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { DAY_MS, HOUR_MS } from '../../../base/calendar.ts'
import { formatFingerprint } from '../../../base/format.ts'
import { ANOTHER_KEY, revokedWords } from '../../../base/words/revoked.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'

/** An issuer renews a node's certificate at two thirds of its life, and other issuers after five sixths. */
const RENEWED_BY = 5 / 6
/** The root is far away: a person needs time to fetch it. */
const ISSUER_SOON_MS = 30 * DAY_MS
/** An operator's certificate is renewed by a person, who is asked for it in time. */
const OPERATOR_SOON_MS = 3 * DAY_MS

const WHY_NOT = {
  issuer_revoked: [
    'the root revoked the issuer that certified it',
    'Ask another issuer for an invite: karo join <code>',
  ],
  not_granted: [
    'the issuer that certified it may not give its roles any more',
    'Ask an issuer for an invite: karo join <code>',
  ],
  ended: ['its certificate has ended', 'Ask an issuer for an invite: karo join <code>'],
} as const

/** `certificate` is null for a node that is in no mesh of a root; `refused` says why its invite did not let it in, `detail` what is wrong with its file. */
export function judgeCertificate(
  certificate: NonNullable<DaemonFacts['certificate']> | null,
  now: number,
  refused?: string,
  detail = 'the enrolment file cannot be used: karo logs tail says why',
): readonly Finding[] {
  if (certificate === null) {
    if (refused === undefined) return [skipped('this node does not belong to a mesh with a root key')]
    return [
      refused === 'enrolment_file'
        ? warn(
            detail,
            'Correct the file, and it counts at once, or ask an issuer for an invite: karo join <code>',
          )
        : warn(
            'the last invite was refused: karo ca show says why',
            'Ask an issuer for another one: karo join <code>',
          ),
    ]
  }
  const { usage, begins_at, ends_at, why_not, issuers, issuers_there: there } = certificate
  if (begins_at === null || ends_at === null) {
    if (why_not === null) return [fail('this node has no certificate of its mesh', 'karo join <code>')]
    const [why, fix] =
      why_not === 'revoked'
        ? [revokedWords(certificate.revoked_by), `Another key and another invite: ${ANOTHER_KEY}`]
        : WHY_NOT[why_not]
    return [fail(`this node is no longer a member of its mesh: ${why}`, fix)]
  }
  const [begins, ends] = [Date.parse(begins_at), Date.parse(ends_at)]
  const until = `until ${ends_at}, ${left(ends - now)}`
  if (usage === 'issuer') {
    return [
      ends - now < ISSUER_SOON_MS
        ? warn(
            `this issuer is certified ${until}, and only a person can renew it`,
            'karo ca renew, with the root key',
          )
        : ok(`this issuer is certified ${until}`),
    ]
  }
  if (now - begins > RENEWED_BY * (ends - begins)) {
    return [
      warn(
        `this node is certified ${until}, and was not renewed in time (${there} of ${issuers} issuers are connected)`,
        'Let this node and an issuer reach each other: karo peers. After the certificate has ended, the node needs an invite.',
      ),
    ]
  }
  return [ok(`this node is certified ${until}; ${there} of ${issuers} issuers are connected`)]
}

/** `login` is null for a person who asks as the node. */
export function judgeLogin(login: NonNullable<DaemonFacts['login']> | null, now: number): readonly Finding[] {
  if (login === null) return [ok('you ask as this node; you are not logged in as an operator')]
  const { name, fingerprint, ends_at, certificate_ends_at: certificate } = login
  const who = `${name} (${formatFingerprint(fingerprint)})`
  const until = `you ask as ${who} until ${ends_at}, ${left(Date.parse(ends_at) - now)}`
  if (certificate !== null && Date.parse(certificate) - now < OPERATOR_SOON_MS) {
    return [
      warn(
        `${until}; the certificate of ${name} ends at ${certificate}`,
        `On an issuer: karo operator renew ${fingerprint}`,
      ),
    ]
  }
  return [ok(until)]
}

/** Rounded down, so that nobody counts on time that there is not. */
function left(ms: number): string {
  const [days, hours] = [Math.floor(ms / DAY_MS), Math.floor(ms / HOUR_MS)]
  if (days >= 2) return `${days} days left`
  return hours >= 2 ? `${hours} hours left` : 'less than two hours left'
}
