// karo stats: shows a person's own commands in numbers.
import { STATISTICS_PERIODS } from '../../../api/contract/constants.ts'
import { getMostUsed, getStats } from '../../../api/contract/operations/stats.ts'
import { RISK_LEVELS } from '../../../api/contract/shapes.ts'
import { defineCommand } from '../../command.ts'
import { withNode } from '../../kept/with-node.ts'
import { mostUsedView, statsView } from '../../views/stats.ts'

/** The most frequent commands that are shown unasked. */
const SHOWN = 5

export const commands = [
  defineCommand('stats', {
    summary: 'show your commands in numbers (tools, failures, hours, risk), compared with the period before',
    shows: getStats,
    args: {
      period: {
        optional: true,
        description: 'how far back, today included: 1, 7, 30 or 365 days',
        choices: STATISTICS_PERIODS,
      },
    },
    options: {
      commands: 'more of the commands that ran most often; with --json, any of them',
    },
    examples: {
      'karo stats': 'today, compared with yesterday until the same time',
      'karo stats week --commands': 'the last 7 days, with more of the most frequent commands',
      'karo stats month --json': 'the last 30 days, for a script',
    },
    async run(io, { args, options }) {
      const { period = 'today' } = args
      const numbers = await withNode(io, () => io.call(getStats, { query: { period } }))
      const most =
        options.commands === true || !io.json
          ? await io.call(getMostUsed, {
              query: { period, ...(options.commands !== true && { limit: SHOWN }) },
            })
          : undefined
      if (io.json) io.out(`${JSON.stringify({ ...numbers, ...most })}\n`)
      else io.out(statsView(numbers, RISK_LEVELS, io) + (most ? mostUsedView(most, io) : ''))
    },
  }),
]
