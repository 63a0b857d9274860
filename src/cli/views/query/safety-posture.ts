// How karo query shows safety: bars by level of risk, what the guard did, and where nothing watches.
import { type QueryDataOf, RISK_LEVELS } from '../../../api/contract/shapes.ts'
import { bar } from '../../terminal/bars.ts'
import { RISK_COLOURS } from '../../terminal/risk-words.ts'
import { type Column, table } from '../../terminal/table.ts'
import { BAR_CELLS, type NodeRow, paint, type QueryTypeView, since } from './view.ts'

export const safetyPosture: QueryTypeView<QueryDataOf<'SafetyPosture'>> = {
  data(data, { screen, passes }, before) {
    if (data.nodes_reporting === 0) return ''
    const { by_risk_level: risk, nodes_reporting: nodes } = data
    const most = Math.max(1, ...Object.values(risk))
    const bars = table(
      RISK_LEVELS.filter((level) => passes('risk_level', level)).map((level) => ({
        level,
        count: risk[level],
      })),
      [
        { title: '', value: (row) => row.level, style: (row) => RISK_COLOURS[row.level] },
        {
          title: '',
          value: (row) => `${row.count}${since(row.count, before?.by_risk_level[row.level])}`,
          align: 'right',
        },
        {
          title: '',
          value: (row) => (row.count === 0 ? '' : bar(row.count / most, BAR_CELLS)),
          style: (row) => RISK_COLOURS[row.level],
        },
      ],
      screen,
    )
    const { blocked, confirmed_risky, karo_generated, nodes_guarded, hooks_silent } = data
    const acts =
      `blocked ${blocked}${since(blocked, before?.blocked)}, ` +
      `confirmed by a person ${confirmed_risky}${since(confirmed_risky, before?.confirmed_risky)}, ` +
      `written by Karo ${karo_generated}${since(karo_generated, before?.karo_generated)}\n`
    const guard = `guard on ${nodes_guarded} of ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`
    const states = [
      // While nobody reports one, there is none to turn on.
      ...(nodes_guarded === 0 ? [] : [paint(guard, nodes_guarded === nodes ? 'green' : 'yellow', screen)]),
      ...(hooks_silent === 0 ? [] : [paint(`hooks silent on ${hooks_silent}`, 'yellow', screen)]),
    ]
    return [
      bars,
      nodes_guarded + blocked + confirmed_risky + karo_generated === 0 ? '' : acts,
      states.length === 0 ? '' : `${states.join(', ')}\n`,
    ].join('')
  },
  perNode(nodes, name, age, screen) {
    const rows = nodes.flatMap((node) => (node.safety === undefined ? [] : [{ node, safety: node.safety }]))
    if (rows.length === 0) return ''
    type Row = (typeof rows)[number]
    return table(
      rows,
      [
        name,
        ...RISK_LEVELS.map(
          (level): Column<Row> => ({
            title: level.toUpperCase(),
            value: ({ safety }) => String(safety.by_risk_level[level]),
            align: 'right',
            style: ({ safety }) => (safety.by_risk_level[level] === 0 ? undefined : RISK_COLOURS[level]),
          }),
        ),
        ...(rows.some(({ safety }) => safety.guarded) ? GUARD_COLUMNS : []),
        {
          title: 'HOOKS',
          value: ({ safety }) => (safety.hook_silent ? 'silent' : 'ok'),
          style: ({ safety }) => (safety.hook_silent ? 'yellow' : undefined),
        },
        ...age,
      ],
      screen,
    )
  },
}

const GUARD_COLUMNS: readonly Column<{ safety: NonNullable<NodeRow['safety']> }>[] = [
  { title: 'BLOCKED', value: ({ safety }) => String(safety.blocked), align: 'right' },
  {
    title: 'GUARD',
    value: ({ safety }) => (safety.guarded ? 'on' : 'off'),
    style: ({ safety }) => (safety.guarded ? undefined : 'yellow'),
  },
]
