// karo stats: your own work in numbers.
import { callDaemon } from '../../../api/contract/client.ts'
import { STATISTICS_PERIODS } from '../../../api/contract/constants.ts'
import { type MostUsedShape, RISK_LEVELS, type StatisticsShape } from '../../../api/contract/shapes.ts'
import { EXIT } from '../../../base/errors.ts'
import type { Command } from '../../command.ts'
import { mostUsedView, statsView } from '../../views/stats.ts'

export const stats: readonly Command[] = [
  {
    name: 'stats',
    summary: 'your commands in numbers: tools, categories, failures, hours, risk, beside the period before',
    args: [
      {
        name: 'period',
        required: false,
        description: 'how far back, today included: 1, 7, 30 or 365 days',
        choices: STATISTICS_PERIODS,
      },
    ],
    options: [{ name: 'commands', description: 'also the commands that ran most often' }],
    examples: [
      { run: 'karo stats', does: 'today, beside yesterday until the same time' },
      { run: 'karo stats week --commands', does: 'the last 7 days, and what was typed most' },
      { run: 'karo stats month --json', does: 'the last 30 days, for a script' },
    ],
    async run(io, { args, options }) {
      const period = typeof args.period === 'string' ? args.period : 'today'
      const numbers = (await callDaemon(io, 'GET', `/api/v1/stats?period=${period}`)) as StatisticsShape
      const most =
        options.commands === true
          ? ((await callDaemon(io, 'GET', `/api/v1/stats/commands?period=${period}`)) as MostUsedShape)
          : undefined
      if (io.json) io.out(`${JSON.stringify({ ...numbers, ...most })}\n`)
      else io.out(statsView(numbers, RISK_LEVELS, io) + (most === undefined ? '' : mostUsedView(most, io)))
      return EXIT.done
    },
  },
]
