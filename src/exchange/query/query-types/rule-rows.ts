// Rows of totals that divide the commands of a level of risk by the rule that gave them the level.
import type { SafetyCounts } from '../../../../protocols/messages/numbers.ts'

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
export const levelOfRule = (row: string): string | undefined =>
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
