// SafetyPosture: how risky the commands were, what the guard did, and whether nodes are looked after.
import { possibleSafety, statesOf } from '../../../../protocols/counts.ts'
import {
  GUARD_STATES,
  HOOK_STATES,
  type SafetyCounts,
  type SafetyPosture,
} from '../../../../protocols/messages/numbers.ts'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import { defineMeasure } from './measure.ts'
import { type Cells, cellsIn, type Filled, filled, type Sums } from './sums.ts'
import type { Filtered } from './type.ts'

// Rows of totals that divide the commands of a level of risk by the rule that gave them the level.

/**
 * The rules that have rows: part of the layout, so that machines of releases with other rules can be added up. A rule that
 * is not here, because it is newer or has another level now, counts as `other`. Moderate ones have none: each row costs every
 * machine two counters.
 */
const RULES = {
  critical: `
    disk-claim disk-format disk-wipe disk-write fork-bomb fork-loop kernel-memory key-store-files kill-everything
    mv-system mv-to-null permissions-system reverse-shell rm-home rm-keys rm-root rm-system rsync-delete-all
    shell-piped write-accounts`,
  high: `
    account-open account-remove append-accounts archive-and-delete boot-change builtin-load carried-command
    cloud-delete-data cloud-open cluster-teardown code-destroys cron-empty cron-remove database-drop-tool
    decoded-code defence-off device-reset disk-format-unknown disk-write-unknown docker-all docker-host
    docker-reset docker-socket docker-volumes downloaded-code expose-key find-delete-here find-delete-wide
    firewall-open framework-reset git-clean git-clean-ignored git-delete-main git-force-push git-reset-hard
    git-rewrite guard-off helm-uninstall hidden-text http-delete index-delete infra-destroy infra-unseen
    kernel-module kernel-setting kill-user kube-admin kube-delete-many kube-unread locked-out machine-destroy
    mass-overwrite mirror-deletes mount-over mount-over-system network-code network-down open-socket open-system
    open-to-all-tree owner-system package-essential package-plain-http package-run-foreign partition-editor
    permissions-inside-system permissions-taken planted-code power-off preload private-key-lost remote-system
    repeat-unseen rm-all-files-deep rm-empty-variable rm-file-system rm-git rm-inside-system rm-personal rm-shared
    rm-working rsync-delete secret-in-code secret-sent secret-to-socket service-stop setuid socket-open sql-drop
    sql-everything sql-grant-all sudoers-unattended too-deep too-long tool-destroys unknown-command-dangerous
    unparsed-tool unpublish unseen-code vault-close verb-destroys volume-remove volume-shrink wipe-history
    wipe-logs write-startup write-system`,
} as const

/** Commands by a rule without a row, or kept without their rule. */
const OTHER = 'other'
const ruleRow = (level: string, id: string): string => `rule:${level}:${id}`

const LEVELS = ['high', 'critical'] as const
const idsOf = (level: (typeof LEVELS)[number]): readonly string[] => RULES[level].trim().split(/\s+/)

export const RULE_ROWS: readonly string[] = LEVELS.flatMap((level) =>
  [...idsOf(level), OTHER].map((id) => ruleRow(level, id)),
)

/** The level that a row divides; undefined: it is no row of a rule. */
const levelOfRule = (row: string): string | undefined =>
  row.startsWith('rule:') ? row.slice('rule:'.length, row.lastIndexOf(':')) : undefined

/** Each command of a level in exactly one row, so that the rows of a level add up to it, whatever was counted by rule. */
export function dividedByRule(
  levels: SafetyCounts['by_risk_level'],
  rules: ReadonlyMap<string, number>,
): readonly (readonly [row: string, count: number])[] {
  return LEVELS.flatMap((level) => {
    let left = levels[level]
    const rows = idsOf(level).map((id) => {
      const count = Math.min(left, rules.get(id) ?? 0)
      left -= count
      return [ruleRow(level, id), count] as const
    })
    return [...rows, [ruleRow(level, OTHER), left] as const]
  })
}

/** The numbers that add up, and their rows. */
const COUNTS = {
  by_risk_level: {
    safe: 'risk:safe',
    moderate: 'risk:moderate',
    high: 'risk:high',
    critical: 'risk:critical',
  },
  blocked: 'act:blocked',
  confirmed_risky: 'act:confirmed_risky',
  declined: 'act:declined',
  karo_generated: 'act:karo_generated',
} as const
/** Null: not told, which numbers of single nodes always are. */
type Counts = Filled<typeof COUNTS, number | null>
const countsIn = (sums: Sums): SafetyCounts => filled(COUNTS, (row) => sums.value(row) ?? 0)

/** Of its own family: other types show what levels add up to. */
const ALL = 'all:commands'

export const safetyPosture = defineMeasure('SafetyPosture', {
  word: 'safety',
  title: 'How risky commands are',
  meaning: 'how risky commands are',
  action: 'query.safety_posture',
  fields: {
    risk_level: { kind: 'text', applied: 'owners', meaning: 'of commands', values: RISK_LEVELS },
  },
  // That the guard is on, or a hook silent, is something to say.
  saysNone: true,
  async take(numbers, uids, isBefore): Promise<SafetyPosture> {
    if (isBefore) return { ...(await numbers.safetyCounts(uids)), guard: 'unknown', hook: 'none' }
    return numbers.safetyPosture(uids)
  },
  cells: cellsOf,
  dataOf: (now, before, newest) => ({
    query_type: 'SafetyPosture',
    safety: { ...newest, ...countsIn(now) },
    previous: before && countsIn(before),
  }),
  counted: ({ safety, previous }) => ({
    now: cellsOf(safety),
    before: previous && new Map(cellsIn(COUNTS, previous)),
  }),
  plausible: ({ safety, previous }, { filtered }) =>
    possibleSafety(safety, filtered) && (previous === undefined || possibleSafety(previous, filtered)),
  filterNode: ({ previous, ...data }, filtered) => ({
    ...data,
    safety: filterLevels(data.safety, filtered),
    previous: previous && filterLevels(previous, filtered),
  }),
  contributes: ({ safety }) => Object.values(safety.by_risk_level).some((count) => count > 0),
  read,
  filterResult({ commands, ...data }, filtered) {
    const left = filterLevels(data, filtered)
    return commands === undefined || filtered.filters.length > 0 ? left : { ...left, commands }
  },
  perNode: ({ safety }) => ({ safety }),
  summary: { of: (safety_stats) => ({ safety_stats }), read: ({ safety_stats }) => safety_stats },
  rows: {
    version: 4,
    counts: 'count',
    names: [
      ...[ALL, ...cellsIn(COUNTS).map(([row]) => row), ...RULE_ROWS],
      ...GUARD_STATES.map((state) => `guard:${state}`),
      ...HOOK_STATES.map((state) => `hook:${state}`),
    ],
    // The rules of one level add up to it, and to no other.
    familyOf: (row) => row.slice(0, row.lastIndexOf(':')),
    withinOf(row) {
      const level = levelOfRule(row)
      return level && `risk:${level}`
    },
  },
  addsTo: (cell) => (cell.startsWith('risk:') ? [cell, ALL] : [cell]),
  // Many rules are about one tool, and who keeps their tools to themselves gives no rule either.
  beside: async ({ by_risk_level }, numbers, uids, gives) =>
    dividedByRule(
      by_risk_level,
      gives('ToolUsage') ? await numbers.riskRules(uids) : new Map<string, number>(),
    ),
  schemas({ z, numbers }) {
    const count = (what: string) =>
      z
        .int()
        .min(0)
        .nullable()
        .describe(`${what}; null: not told, in totals only: no machine has any, or too few`)
    const commands = count('commands')
    const nodes = (...what: readonly string[]) => count(`of those, nodes ${what.join('')}`)
    const less = z
      .int()
      .nullable()
      .describe('more than in the period before; null: not known, in totals only')
    const result = z
      .strictObject({
        by_risk_level: z.strictObject(filled(COUNTS.by_risk_level, () => commands)),
        blocked: count('commands the guard blocked'),
        confirmed_risky: count('risky commands a person confirmed'),
        declined: count('lines that the guard asked about and that did not run'),
        karo_generated: count("commands that a program typed on a person's behalf"),
        nodes_reporting: z.int().min(0).describe('nodes behind these numbers, this one included'),
        guard: z
          .strictObject({
            on: nodes(
              'where the guard looked at the lines of all people who typed anything in the last seven days',
            ),
            partly: nodes('where it did for some of them'),
            off: nodes('where it did for none of them'),
            unknown: nodes('where nobody typed anything'),
          })
          .describe('by whether shells have loaded the guard; what is configured does not count'),
        hook: z
          .strictObject({
            on: nodes('where commands are recorded'),
            silent: nodes('where a shell hook stopped reporting'),
            none: nodes('where no shell has the hook'),
          })
          .describe('nodes by what is known of their hook: on, silent or none'),
        change: z
          .strictObject({
            ...filled(COUNTS, () => less),
            by_risk_level: z.strictObject(filled(COUNTS.by_risk_level, () => less)),
          })
          .describe('of the nodes that know both periods; null when no node does')
          .nullable(),
        commands: z
          .int()
          .min(0)
          .describe(
            'commands of all levels, those that are not told too; in totals only, where every period and machine tells it',
          )
          .optional(),
      })
      .meta({ id: 'SafetyPosture' })
    return { result, part: { safety: numbers.safetyPosture } }
  },
})

function cellsOf({ guard, hook, ...counts }: SafetyPosture): Cells {
  return new Map([...cellsIn(COUNTS, counts), [`guard:${guard}`, 1], [`hook:${hook}`, 1]])
}

function read(sums: Sums) {
  const latest = sums.latest()
  const commands = sums.buckets && sums.isWhole(ALL) ? sums.value(ALL) : null
  // With noise the told ones may seem to be all machines and not be.
  const all = latest.buckets?.some(({ off }) => off !== undefined) ? undefined : latest.machines
  const told = (what: string) => (name: string) => latest.value(`${what}:${name}`)
  return {
    ...filled(COUNTS, sums.value),
    ...(commands === null ? {} : { commands }),
    // The states are of the latest bucket, and of its nodes.
    nodes_reporting: latest.machines,
    guard: statesOf(GUARD_STATES, told('guard'), all),
    hook: statesOf(HOOK_STATES, told('hook'), all),
    change: sums.compares ? filled(COUNTS, sums.change) : null,
  }
}

/** 0 in the place of levels that do not pass. */
function filterLevels<
  T extends {
    readonly by_risk_level: Counts['by_risk_level']
    readonly change?: Counts | null
  },
>(data: T, { on }: Filtered): T {
  const leftOut = RISK_LEVELS.filter((level) => !on('risk_level', level)).map((level) => [level, 0])
  const left = <C extends Counts['by_risk_level']>(counts: C): C => ({
    ...counts,
    ...Object.fromEntries(leftOut),
  })
  const { change } = data
  return {
    ...data,
    by_risk_level: left(data.by_risk_level),
    ...(change ? { change: { ...change, by_risk_level: left(change.by_risk_level) } } : {}),
  }
}
