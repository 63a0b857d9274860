// The section of a report about risk: levels, rules, and what the guard did.
import type { Report } from '../types.ts'
import { type Block, figureTable, groundLines, ROWS_MAX, words } from './block.ts'
import { count, day, many, percent } from './numbers.ts'

const OTHER_WHY =
  'a rule without a row of its own, recorded before the machine kept rules, or of a machine that does not share its tools'

/** What is not shown by rule is not known, and never 0. */
function ruleLine({ periods, since }: Report['risk']['by_rule']): string {
  if (since === null || periods === 0)
    return 'Rules are not known: the machines did not count them yet, or high and critical are not told.'
  return `Rules are known for ${many(periods, 'period')}, the first of them ${day(since)}. Each high or critical command counts once, under the rule that gave it its level. A rule that is missing here was on no machine, or on too few.`
}

export function risk(report: Report, all: boolean): Block {
  const section = report.risk
  const { risky } = section
  const rules = all ? section.rules : section.rules.slice(0, ROWS_MAX)
  const hasGuard = section.guard.some(({ machines }) => machines !== null)
  return {
    id: 'risk',
    title: 'Risk',
    lines: [
      ...groundLines(section, report),
      ...(section.state === 'shown'
        ? [
            `High and critical: ${risky.share === null ? percent(null) : `at least ${percent(risky.share)}`} of all commands, over the ${many(risky.periods, 'period')} that tell${risky.periods === 1 ? 's' : ''} some of them; ${risky.before === null ? 'not compared' : `at least ${percent(risky.before)} in the periods before that they are compared with`}.`,
            ruleLine(section.by_rule),
            ...(section.rules.length > rules.length
              ? [`The first ${ROWS_MAX} of ${count(section.rules.length)} rules; CSV and JSON have all.`]
              : []),
          ]
        : []),
    ],
    tables: [
      figureTable('Commands by risk', ['level'], ['commands'], section.levels, ({ level }) => [level]),
      figureTable(
        'High and critical commands by rule',
        ['level', 'rule', 'what it means'],
        ['commands'],
        rules,
        ({ level, rule, why }) => [level, rule, why ?? OTHER_WHY],
      ),
      figureTable(
        'The guard, and who wrote the commands',
        ['commands'],
        ['number'],
        section.acts,
        ({ act }) => [words(act)],
      ),
      ...(hasGuard
        ? [
            {
              caption: 'The guard, in the newest released period',
              table: {
                head: ['guard', 'machines'],
                numbers: [1],
                rows: section.guard.map(({ state, machines }) => [state, count(machines)]),
              },
            },
          ]
        : []),
    ],
  }
}
