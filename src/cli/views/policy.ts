// Role policies, for people: what is in force, what they say to a request, and which layer decided about a node.
import type { PolicyCheckShape, PolicyExplanationShape, PolicyShape } from '../../api/contract/shapes.ts'
import { DAY_MS } from '../../base/calendar.ts'
import {
  clauses,
  fitted,
  formatFingerprint,
  localTime,
  paint,
  printable,
  type Screen,
  table,
} from '../kit.ts'
import type { Tried } from '../policy/local.ts'
import { nameOf } from './lines.ts'
import { utc } from './query/reach.ts'

/** Ends with a newline, as the others do. */
export function policyView(policy: PolicyShape, screen: Screen): string {
  const { engine, files, loaded_at, problem, teams, warnings } = policy
  const what =
    engine === 'built-in'
      ? 'The built-in role table is in force; there are no policy files. Every member has the rows of individual, and a role adds to them; people must have agreed as well (karo share).'
      : `${files.length} policy ${files.length === 1 ? 'file is' : 'files are'} in force since ${loaded_at}.`
  const list = table(screen, files, {
    FILE: { value: 'path', shrink: true },
    POLICIES: (file) => String(file.policies),
    BLAKE3: (file) => file.digest.slice(0, 16),
  })
  const rules = table(screen, policy.roles, {
    ROLE: 'role',
    'MAY HAVE': ({ level }) => (level === 1 ? 'numbers of single nodes' : 'totals'),
    OF: ({ from }) => (from === 'any' ? 'any node' : 'nodes of their team'),
    ABOUT: { value: 'categories', shrink: true },
  })
  const team =
    teams.length === 0
      ? 'This node is in no team, so no lead gets its numbers. An issuer puts it into a team (karo ca assign); without a certificate, policy.teams does.'
      : `This node is in: ${teams.map(printable).join(', ')}.`
  const theirs = organisationView(policy.organisation, screen, rulesText(policy.organisation?.text))
  return `${fitted(`${what}\n`, screen)}${files.length === 0 ? '' : list}${policy.roles.length === 0 ? '' : rules}${fitted(`${team}\n`, screen)}${warned(warnings)}${notInForce(problem, screen)}${theirs}`
}

const warned = (warnings: readonly string[]): string =>
  warnings.map((one) => `warning: ${printable(one)}\n`).join('')

export const notInForce = (problem: string | null, screen: Screen, what = 'Not in force'): string =>
  problem === null ? '' : `${paint('red', `${what}: ${printable(problem)}`, screen)}\n`

/** The policies as the root signed them, indented, so that nobody takes a line of theirs for one of Karo's. */
const rulesText = (cedar = ''): string =>
  cedar.replace(/[^\n]+\n?|\n/g, (line) => `  ${printable(line.trimEnd().replaceAll('\t', '  '))}\n`)

type Bundle = NonNullable<PolicyShape['organisation']>

const EVERY = { day: 'day', '6h': 'six hours', hour: 'hour' } as const

/** Who computes totals, about what, for whom. */
function totalsText({ aggregators, bucket, first, noise, audiences }: Bundle['totals']): string {
  const list = new Intl.ListFormat('en-GB')
  const by = list.format(new Set(aggregators.map(({ operator }) => printable(operator))))
  const many = aggregators.length
  // Later nobody waits for it.
  const isNew = first !== null && Date.now() < Date.parse(first.end) + DAY_MS
  const begin = isNew ? ` (the first of ${utc(first.start)} to ${utc(first.end)} UTC)` : ''
  return `totals of each ${EVERY[bucket]}${begin} for ${list.format(audiences.map(printable)) || 'nobody'}, ${many > 2 ? 'each computed by two of' : 'computed by'} ${many} nodes (run by ${by})${noise === null ? '' : noise === 0 ? ', without noise' : `, with noise that hides ${noise} of each number of one machine`}`
}

/** Two people signed at once, and one of them has to sign again. */
export const lostView = ({ lost }: Bundle, screen: Screen): string =>
  lost === null
    ? ''
    : `${paint('red', `Lost: what another one alone said, signed ${localTime(lost)} where this one was not known. Sign that again.`, screen)}\n`

/** What the root of the mesh asks of every node, one fact a line; `rules`: as text, behind what they belong to. */
export function organisationView(bundle: Bundle | null, screen: Screen, rules = ''): string {
  if (bundle === null) return ''
  const { accepts, totals, k_min, max_level, number, policies, problem, signed_at } = bundle
  const asks = clauses(
    policies !== 0 && `${policies} ${policies === 1 ? 'policy' : 'policies'}`,
    max_level !== null && `no level above ${max_level}`,
    k_min !== null && `no total of fewer than ${k_min} nodes`,
    totals.aggregators.length === 0 ? 'nobody computes totals' : totalsText(totals),
  )
  const says = `The organisation's bundle ${number}, signed ${localTime(signed_at)}: ${asks.join('; ')}.`
  const power =
    policies === 0
      ? ''
      : accepts === 'full'
        ? ' Here its policies may also permit (policy.accept_org = "full").'
        : ' Here its policies can only forbid.'
  // The time 0 stands for no bundle at all.
  const kept =
    Date.parse(signed_at) === 0 ? '' : fitted(`${says}${power}\n`, screen) + lostView(bundle, screen)
  return `${kept}${rules}${notInForce(problem, screen, "The organisation's newest bundle is not in force")}`
}

/** What is in force and will not be any more, since one bundle replaces the other as a whole. `kept`: what the next one says again. */
export function replacedView(
  before: Bundle | null,
  kept: { readonly totals: boolean; readonly settings: boolean },
  screen: Screen,
): string {
  // The time 0 stands for no bundle at all: the one that came could not be taken.
  if (before === null || Date.parse(before.signed_at) === 0) return ''
  const isEnd = before.totals.aggregators.length > 0 && !kept.totals
  const endSettings = before.settings.length > 0 && !kept.settings
  return `The new bundle replaces this one as a whole${endSettings ? ', its settings too;' : '; but for settings,'} what it does not say again holds no more:
${organisationView(before, screen, rulesText(before.text))}${isEnd ? 'Totals end with it: name each --aggregator again to keep them.\n' : ''}`
}

export function checkView(check: PolicyCheckShape, screen: Screen): string {
  const { action, category, effect, level, reason, rule } = check
  const about = category === null ? '' : ` of ${category}, level ${level}`
  return `${verdict(effect, screen)}  ${action}${about}\nrule    ${printable(rule)}\nwhy     ${printable(reason)}\n`
}

const LAYERS = { owner: 'yours', roles: 'role policies' } as const

export function explanationView(shape: PolicyExplanationShape, screen: Screen): string {
  const { action, category, effect, layers, level, node, operator, roles, rule, teams } = shape
  const about = category === null ? '' : ` (${category}, level ${level})`
  const is = [
    roles.length === 0 ? 'no role' : `the role ${roles.map(printable).join(', ')}`,
    teams.length === 0 ? 'no team' : `the team ${teams.map(printable).join(', ')}`,
  ].join(' and ')
  const steps = table(screen, layers, {
    '': ({ decides }) => (decides ? '→' : ' '),
    LAYER: ({ layer }) => LAYERS[layer],
    SAYS: 'effect',
    RULE: 'rule',
    WHY: { value: 'reason', wrap: true },
  })
  const where = nameOf(node)
  const who =
    operator === null
      ? `${where}, which`
      : `${nameOf(operator)} (${formatFingerprint(operator.fingerprint)}) via ${where}, who`
  const more = operator === null ? '' : fitted(operatorLines(operator), screen)
  return `${fitted(`${verdict(effect, screen)}  ${action}${about} for ${who} has ${is} here, by ${printable(rule)}\n`, screen)}${more}\n${steps}`
}

/** Whose word the roles are, and how much one may ask. */
function operatorLines({ certificate, limit }: NonNullable<PolicyExplanationShape['operator']>): string {
  const { state, issuer, ends_at } = certificate
  const end = state === 'expired' ? 'ended' : 'ends'
  return `certificate  ${state}, by ${nameOf(issuer)} (${formatFingerprint(issuer.fingerprint)}), ${end} ${localTime(ends_at)}
login        at most 8 hours; only for this node, this person, and the types of questions that the login was made for
limit        ${limit.questions} questions in ${limit.per_seconds} s, through all nodes together\n`
}

export function triedView({ outcomes, policies, warnings }: Tried, file: string, screen: Screen): string {
  const failed = outcomes.filter(({ holds }) => !holds)
  const lines = failed.map(({ action, as, decision, expected, line }) => {
    const who = as.length === 0 ? 'a node without roles' : as.join(' ')
    const got = decision.effect === 'allow' ? 'allowed' : 'denied'
    return `${printable(`${file}:${line}: ${who}, ${action}: expected ${expected}, ${got} by ${decision.rule}: ${decision.reason}`)}\n`
  })
  const by = policies.length === 0 ? 'the built-in role table' : policies.map(printable).join(', ')
  const held = outcomes.length - failed.length
  const sum = `${held} of ${outcomes.length} expectations are met, with ${by}\n`
  return `${warned(warnings)}${lines.join('')}${paint(failed.length === 0 ? 'green' : 'red', sum.trimEnd(), screen)}\n`
}

const verdict = (effect: 'allow' | 'deny' | 'withhold', screen: Screen): string =>
  paint(
    effect === 'deny' ? 'red' : 'green',
    { allow: 'ALLOW', deny: 'DENY ', withhold: 'LATER' }[effect],
    screen,
  )
