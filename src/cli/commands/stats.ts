// karo stats: your own work in numbers.
import { callDaemon } from '../../api/client.ts'
import { RISK_LEVELS, STATISTICS_PERIODS, type StatisticsShape } from '../../api/shapes.ts'
import { EXIT } from '../../base/errors.ts'
import type { Command } from '../command.ts'
import { statsView } from '../views/stats.ts'

export const stats: readonly Command[] = [
  {
    name: 'stats',
    summary: 'your commands in numbers: tools, categories, failures, hours, risk',
    args: [
      {
        name: 'period',
        required: false,
        description: 'how far back, today included: 1, 7, 30 or 365 days',
        choices: STATISTICS_PERIODS,
      },
    ],
    options: [],
    examples: [
      { run: 'karo stats', does: 'today' },
      { run: 'karo stats month --json', does: 'the last 30 days, for a script' },
    ],
    async run(io, { args }) {
      const period = typeof args.period === 'string' ? args.period : 'today'
      const numbers = (await callDaemon(io, 'GET', `/api/v1/stats?period=${period}`)) as StatisticsShape
      io.out(io.json ? `${JSON.stringify(numbers)}\n` : statsView(numbers, RISK_LEVELS, io))
      return EXIT.done
    },
  },
]
