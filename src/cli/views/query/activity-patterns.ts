// View of ActivityPatterns: a chart of the day's hours, and bars by weekday.
import { type QueryDataOf, WEEKDAYS } from '../../../api/contract/shapes.ts'
import { chart, spark } from '../../terminal/bars.ts'
import { paint, table } from '../../terminal/table.ts'
import { barOf, byNode, known, orNone, type QueryTypeView, since, thanBefore } from './view.ts'

/** 24 hours of two cells and a gap: 71 cells, which an 80 column screen holds. */
const HOUR_CELLS = 2
const CHART_LINES = 4

/** The lowest line of the chart, with `?` under hours that are not known: an empty column is one without commands. */
const markUnknown = (line: string, hourly: readonly (number | null)[]): string =>
  hourly
    .map((count, hour) => {
      const at = hour * (HOUR_CELLS + 1)
      return (count === null ? '?' : line.slice(at, at + HOUR_CELLS)).padEnd(HOUR_CELLS)
    })
    .join(' ')
    .trimEnd()

export const activityPatterns: QueryTypeView<QueryDataOf<'ActivityPatterns'>> = {
  data(data, { screen, passes, off }, before) {
    if (data.total_commands === 0) return ''
    const shown = [data.total_commands, ...data.hourly, ...data.daily]
    if (shown.every((count) => count === null)) return ''
    const { hourly, daily, total_commands: total, unique_commands: unique } = data
    const most = Math.max(1, ...daily.map(orNone))
    const days = table(
      screen,
      // Of totals that are of no whole days nothing is told by day, which is no sign that too few machines had any.
      WEEKDAYS.map((day, i) => ({ day, count: daily[i] ?? null })).filter(
        ({ day }) => passes('day', day) && daily.some((count) => count !== null),
      ),
      {
        '': ({ day }) => `${day.slice(0, 1).toUpperCase()}${day.slice(1, 2)}`,
        ' ': {
          value: ({ count }) => `${known(count)}${count === null ? '' : off.values}`,
          align: 'right',
        },
        '  ': { value: ({ count }) => barOf(count, most), style: () => 'cyan' },
      },
    )
    const lines = chart(hourly.map(orNone), CHART_LINES, HOUR_CELLS)
    const hours = [...lines.slice(0, -1), markUnknown(lines.at(-1) ?? '', hourly)].map(
      (line) => `${paint('cyan', line, screen)}\n`,
    )
    const axis = hourly.map((_, hour) => String(hour).padEnd(HOUR_CELLS)).join(' ')
    return (
      `${known(total)}${total === null ? '' : off.values}${since(total, before?.total_commands)} ${total === 1 ? 'command' : 'commands'}${unique === null ? '' : `, ${unique} different`}${thanBefore(data.change)}\n\n` +
      `${hours.join('')}${paint('dim', axis.trimEnd(), screen)}\n${days && `\n${days}`}` +
      (shown.includes(null) ? '\n? and –: of no machine, or of too few to be told, or not released\n' : '')
    )
  },
  perNode: byNode((node) => (node.activity ? [{ node, activity: node.activity }] : []), {
    COMMANDS: ({ activity }) => activity.total_commands,
    DIFFERENT: ({ activity }) => activity.unique_commands,
    'HOURS 0 TO 23': { value: ({ activity }) => spark(activity.hourly), style: () => 'cyan' },
  }),
  notes({ total_commands }, fields) {
    const [hour, day] = [fields.has('hour'), fields.has('day')]
    if (total_commands === 0 || !(hour || day)) return []
    if (hour && day) return ['The filter applies to hours and days only; the totals include everything.']
    return [
      hour
        ? 'The filter applies to hours only; the totals and the days include everything.'
        : 'The filter applies to days only; the totals and the hours include everything.',
    ]
  },
}
