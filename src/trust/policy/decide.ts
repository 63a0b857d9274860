// The owner's own layer, as a pure function of values: trust, what the file allows, and what one person agreed to.
import { TRUST_OPENS, type TrustSource } from '../../base/words/trust-levels.ts'
import { deniesEntry, matchesEntry } from './principal.ts'
import { ACTION_CATEGORY } from './resource.ts'
import { deny, isToldAnomalies } from './roles.ts'
import type {
  Action,
  AnomalyChoice,
  Consent,
  Decision,
  PartOf,
  Principal,
  Resource,
  RoleDecision,
  SharingCategory,
} from './types.ts'

const allow = (rule: string, reason: string): Decision => ({ effect: 'allow', rule, reason })

/** No question to a single node gets numbers at level 2, whoever asks: they leave a node only as shares of a total. */
const NOT_ASKED_FOR: Decision = {
  effect: 'withhold',
  rule: 'level2.totals',
  reason:
    'At level 2 no node gives its numbers to anybody: two aggregators of the mesh add them up without seeing them (karo ' +
    'policy sign --aggregator names these). For level 1, the numbers of single nodes, ask the people there: karo ' +
    'share allow <this node>, a role or an operator, after karo peers trust.',
}

/** Why a node has no level although somebody vouched for it. The people of this machine are told, and whoever asks is refused without it. A task that it ended says so to its asker once that one is trusted again. */
const UNTRUSTED: Partial<Record<TrustSource, string>> = {
  certificate: 'no revocation list came here for a week (karo doctor --only mesh.lists)',
  frozen: 'its key has several successors (karo peers explain)',
}

/** The first two rules of `decide`; undefined: the owner knows the node, and refuses it nothing yet. */
export function closedTo({ denied, trust_level, why = 'default' }: Principal): RoleDecision | undefined {
  if (denied) return deny('trust.denied', 'the node is denied or revoked here')
  if (trust_level !== 'untrusted') return undefined
  return deny('trust.untrusted', UNTRUSTED[why] ?? 'the node is not trusted here')
}

/**
 * Default deny, and a deny anywhere wins: every refusal is looked for before the first permission, so no order of
 * entries and no permission can outweigh one. Rules, in this order:
 *
 * - `trust.denied`, `trust.untrusted`: nobody the owner refuses or does not know has anything;
 * - `health.admitted`: node health carries no person's data, so admission is enough;
 * - `request.category`, `request.level`, `consent.absent`: a request that does not fit together is refused;
 * - `sharing.off`, `sharing.max_level`, `sharing.category`, `sharing.anomalies`, `sharing.anomalies_anonymous`,
 *   `consent.stopped`, `consent.category`: what the person took back;
 * - `trust.level`: what the author's trust level does not open (a supervisor never has level 1; asking for it and being
 *   sent it are different things);
 * - `consent.none`: nobody entitled this author; consent is by name, team, role or `*`;
 * - `level2.totals`: entitled, and single nodes are not asked for it (withheld, never plain numbers instead);
 * - `consent.allow`, `consent.allow_category`, `consent.identified`.
 *
 * `as`: the same principal with some of its roles alone. What was taken back is looked for with all of them, and what was
 * agreed to with these.
 */
export function decide(
  principal: Principal,
  action: Action,
  resource: Resource,
  consent: Consent | undefined,
  as: Principal,
): Decision {
  const closed = closedTo(principal)
  if (closed !== undefined) return closed

  const about = ACTION_CATEGORY[action]
  if (about === null) return allow('health.admitted', 'any admitted node may have node health')
  const refusal = refusalOf(principal, action, resource, consent)
  if (refusal !== undefined) return refusal
  const found = LEVEL[resource.level](as, action, resource.category!, consent!)
  return found.effect === 'allow' && resource.level === 2 ? NOT_ASKED_FOR : found
}

/**
 * Whether one person's numbers of a category may be counted in totals that an audience reads. The rules are those of
 * `decide`; here the answer can be `allow`, since the numbers reach nobody in plain.
 */
export function mayBeCounted(
  audience: Principal,
  action: Action,
  resource: Resource & { readonly level: 2 },
  consent: Consent | undefined,
): Decision {
  return (
    refusalOf(audience, action, resource, consent) ?? LEVEL[2](audience, action, resource.category!, consent!)
  )
}

/** The owner's layer for totals that were released already: trust, and that the totals are for such a principal. */
export function mayRead(who: Principal, audience: string): Decision {
  const closed = closedTo(who)
  if (closed !== undefined) return closed
  if (!TRUST_OPENS[who.trust_level].level2) {
    return deny('trust.level', `trust level ${who.trust_level} does not open level 2`)
  }
  return who.roles.includes(audience)
    ? allow('totals.audience', `the totals are for the role ${audience}`)
    : deny('totals.audience', `the totals are for the role ${audience}, which this one has not`)
}

/** Undefined: category and consent are there, and nothing was taken back. */
function refusalOf(
  principal: Principal,
  action: Action,
  resource: Resource,
  consent: Consent | undefined,
): Decision | undefined {
  const about = ACTION_CATEGORY[action]
  const { category } = resource
  if (category === undefined || (about !== 'any' && category !== about)) {
    return deny('request.category', `${action} is about ${about}, not ${category ?? 'nothing'}`)
  }
  if (consent === undefined) return deny('consent.absent', 'no person here was asked for consent')
  return takenBack(principal, resource, consent, category)
}

function takenBack(
  principal: Principal,
  resource: Resource,
  consent: Consent,
  category: SharingCategory,
): Decision | undefined {
  if (consent.off) return deny('sharing.off', 'sharing is off (karo share off)')
  if (resource.level > consent.max_level) {
    return deny(
      'sharing.max_level',
      `config.toml allows levels up to ${consent.max_level} (sharing.max_level)`,
    )
  }
  if (!consent.categories[category])
    return deny('sharing.category', `config.toml turns ${category} off (sharing.categories)`)
  if (category === 'anomalies' && !ANOMALIES_OPEN[consent.anomalies].includes(resource.level)) {
    return consent.anomalies === 'off'
      ? deny('sharing.anomalies', 'anomalies are shared with nobody (karo share anomalies)')
      : deny(
          'sharing.anomalies_anonymous',
          'anomalies go into totals only: an answer of one node names it (karo share anomalies identified)',
        )
  }
  if (consent.deny_peers.some((entry) => deniesEntry(entry, principal))) {
    return deny('consent.stopped', 'consent was withdrawn (karo share stop)')
  }
  const isStopped = ({ who, categories }: PartOf): boolean =>
    categories.includes(category) && deniesEntry(who, principal)
  if (consent.deny_only.some(isStopped)) {
    return deny('consent.category', `consent to ${category} was withdrawn (karo share stop)`)
  }
  return undefined
}

/** The levels that each choice opens. */
const ANOMALIES_OPEN: Readonly<Record<AnomalyChoice, readonly Resource['level'][]>> = {
  off: [],
  anonymous: [2],
  identified: [1, 2],
}

const entitled = (entries: readonly string[], principal: Principal): boolean =>
  entries.some((entry) => matchesEntry(entry, principal))

const entitledTo = (parts: readonly PartOf[], principal: Principal, category: SharingCategory): boolean =>
  parts.some(({ who, categories }) => categories.includes(category) && matchesEntry(who, principal))

/** People who let their anomalies be named tell them to those who look after all machines, if these may have totals. */
const isTold = (principal: Principal, category: SharingCategory, consent: Consent): boolean =>
  category === 'anomalies' &&
  isToldAnomalies(principal.roles) &&
  TRUST_OPENS[principal.trust_level].level2 &&
  entitled(consent.allow_supervisors, principal)

type Judge = (principal: Principal, action: Action, category: SharingCategory, consent: Consent) => Decision

const LEVEL: Readonly<Record<Resource['level'], Judge>> = {
  1: (principal, action, category, consent) => {
    if (isTold(principal, category, consent)) {
      return allow('consent.identified', 'anomalies are named to security (karo share anomalies identified)')
    }
    const { receivesLevel1, queriesLevel1 } = TRUST_OPENS[principal.trust_level]
    const summaries = action === 'summary.receive'
    if (!(summaries ? receivesLevel1 : queriesLevel1)) {
      const what = summaries ? 'summaries' : 'level 1'
      return deny('trust.level', `trust level ${principal.trust_level} does not open ${what}`)
    }
    if (entitled(consent.allow_peers, principal)) {
      return allow('consent.allow', 'consent, by karo share or config.toml')
    }
    return entitledTo(consent.allow_only, principal, category)
      ? allow('consent.allow_category', `consent to ${category}, by karo share`)
      : deny('consent.none', 'no consent yet (karo share allow)')
  },
  2: (principal, action, category, consent) => {
    if (action === 'summary.receive') return deny('request.level', 'summaries are level 1')
    if (!TRUST_OPENS[principal.trust_level].level2) {
      return deny('trust.level', `trust level ${principal.trust_level} does not open level 2`)
    }
    return entitled(consent.allow_supervisors, principal) ||
      entitled(consent.allow_peers, principal) ||
      entitledTo(consent.allow_only, principal, category)
      ? allow('consent.allow', 'consent, by karo share or config.toml')
      : deny('consent.none', 'no consent yet (karo share allow)')
  },
}
