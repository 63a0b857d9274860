// How karo query shows every number that is counted by names: one row each, the most first, and what all come to.
import type { CountedType, QueryDataOf } from '../../../api/contract/shapes.ts'
import { table } from '../../terminal/table.ts'
import { byNode, changeAndNodes, known, type QueryTypeView, since } from './view.ts'

type Data = QueryDataOf<CountedType>

export const countedView = (headings: {
  readonly name: string
  readonly count: string
}): QueryTypeView<Data> => ({
  data({ rows, all }, { screen, least, off }, before) {
    if (rows.length === 0) return ''
    const [what, counts] = [headings.name.toUpperCase(), headings.count.toUpperCase()]
    const countBefore = (name: string) => before && (before.rows.find((row) => row.name === name)?.count ?? 0)
    const list = table(screen, rows, {
      [what]: { value: 'name', shrink: true },
      [`${counts}${off.values}`]: {
        value: ({ name, count }) => `${least(name)}${count}${since(count, countBefore(name))}`,
        align: 'right',
      },
      ...changeAndNodes(rows, ({ count }) => count, off),
    })
    return `${list}${all === null ? '' : `all together: ${known(all)}${off.values} ${headings.count}\n`}`
  },
  perNode: byNode((node) => (node.counted ?? []).map((row) => ({ node, row })), {
    [headings.name.toUpperCase()]: { value: ({ row }) => row.name, shrink: true },
    [headings.count.toUpperCase()]: ({ row }) => row.count,
  }),
})
