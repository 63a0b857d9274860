// How karo query shows safety: bars by level of risk, what the guard did, and where nothing watches.
import { type QueryDataOf, RISK_LEVELS } from '../../../api/contract/shapes.ts'
import { clauses, paint, table } from '../../kit.ts'
import { RISK_COLOURS } from '../../terminal/risk-words.ts'
import { barOf, byNode, known, type NodeRow, orNone, type QueryTypeView, signed, since } from './view.ts'

type Data = QueryDataOf<'SafetyPosture'>
interface Own {
  readonly safety: NonNullable<NodeRow['safety']>
}

export const safetyPosture: QueryTypeView<Data> = {
  data(data, { screen, passes, least, off }, before) {
    if (data.nodes_reporting === 0) return ''
    const { by_risk_level: risk, nodes_reporting: nodes } = data
    const most = Math.max(1, ...Object.values(risk).map(orNone))
    const counted = (count: number | null): string => `${known(count)}${count === null ? '' : off.values}`
    const bars = table(
      screen,
      RISK_LEVELS.filter((level) => passes('risk_level', level)).map((level) => ({
        level,
        count: risk[level],
      })),
      {
        '': { value: 'level', style: ({ level }) => RISK_COLOURS[level] },
        ' ': {
          value: ({ level, count }) =>
            `${count === null ? '' : least(`risk:${level}`)}${counted(count)}${since(count, before?.by_risk_level[level])}`,
          align: 'right',
        },
        '  ': { value: ({ count }) => barOf(count, most), style: ({ level }) => RISK_COLOURS[level] },
      },
    )
    const { blocked, confirmed_risky, declined, karo_generated, guard, hook } = data
    const act = (name: 'blocked' | 'confirmed_risky' | 'declined' | 'karo_generated'): string =>
      `${data[name] === null ? '' : least(`act:${name}`)}${counted(data[name])}${since(data[name], before?.[name])}`
    const acts =
      `blocked ${act('blocked')}, confirmed by a person ${act('confirmed_risky')}, ` +
      `declined ${act('declined')}, run by AI tools and programs ${act('karo_generated')}\n`
    const { silent, none } = hook
    const states = clauses(
      paint(guard.on === nodes ? 'green' : 'yellow', guardWords(guard, nodes, off.nodes), screen),
      silent !== 0 && paint('yellow', `hooks silent on ${known(silent)}`, screen),
      none !== 0 &&
        paint(
          'yellow',
          none === null ? 'no hook on –' : `no hook on ${none}: nothing is recorded there`,
          screen,
        ),
    )
    const counts = [...Object.values(risk), blocked, confirmed_risky, declined, karo_generated]
    counts.push(...Object.values(guard), silent, none)
    return [
      bars,
      [guard.on, guard.partly, blocked, confirmed_risky, declined, karo_generated].every(
        (count) => count === 0,
      )
        ? ''
        : acts,
      `${states.join(', ')}\n`,
      counts.includes(null) ? '–: on no machine, or on too few to be told\n' : '',
      data.change === null ? '' : changeWords(data.change, passes),
    ].join('')
  },
  perNode: byNode((node) => (node.safety ? [{ node, safety: node.safety }] : []), {
    ...Object.fromEntries(
      RISK_LEVELS.map((level) => [
        level.toUpperCase(),
        {
          value: ({ safety }: Own) => safety.by_risk_level[level],
          style: ({ safety }: Own) => (safety.by_risk_level[level] === 0 ? undefined : RISK_COLOURS[level]),
        },
      ]),
    ),
    BLOCKED: ({ safety }) => safety.blocked,
    GUARD: {
      value: ({ safety }) => (safety.guard === 'unknown' ? '–' : safety.guard),
      style: ({ safety }) => (safety.guard === 'on' ? undefined : 'yellow'),
    },
    HOOKS: {
      value: ({ safety }) => (safety.hook === 'on' ? 'ok' : safety.hook),
      style: ({ safety }) => (safety.hook === 'on' ? undefined : 'yellow'),
    },
  }),
}

/** `guard on 3 of 6 nodes (partly on 1, off 1, not known 1)`. */
function guardWords({ on, partly, off, unknown }: Data['guard'], nodes: number, noise: string): string {
  const rest = clauses(
    partly !== 0 && `partly on ${known(partly)}`,
    off !== 0 && `off ${known(off)}`,
    unknown !== 0 && `not known ${known(unknown)}`,
  )
  const words =
    on === null ? 'guard on –' : `guard on ${on}${noise} of ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`
  return rest.length === 0 ? words : `${words} (${rest.join(', ')})`
}

/** `than before: high +3, blocked −1`; `as many as before` where nothing changed. */
function changeWords(
  { by_risk_level, blocked, confirmed_risky, declined, karo_generated }: NonNullable<Data['change']>,
  passes: (field: string, value: string) => boolean,
): string {
  const changes = [
    ...RISK_LEVELS.filter((level) => passes('risk_level', level)).map(
      (level) => [level, by_risk_level[level]] as const,
    ),
    ...([
      ['blocked', blocked],
      ['confirmed', confirmed_risky],
      ['declined', declined],
      ['run by AI tools and programs', karo_generated],
    ] as const),
  ].flatMap(([what, change]) => (change === null || change === 0 ? [] : [[what, change] as const]))
  if (changes.length === 0) return 'as many as before\n'
  return `than before: ${changes.map(([what, change]) => `${what} ${signed(change)}`).join(', ')}\n`
}
