// Rules about jobs that run later.
import { NO_OUTPUT } from '../../model.ts'
import type { FormRule } from '../forms.ts'

export const CRON_REPLACE = {
  id: 'cron-replace',
  level: 'moderate',
  why: 'Replaces the scheduled jobs with what it reads.',
  finds: `
    !-l|-e|-r
    crontab <dash>
    crontab ~fed`,
  named: {
    dash: /^-$/,
    fed: (_arg, { args, input, redirections }) =>
      args.length > 0 || input !== NO_OUTPUT || redirections.length > 0,
  },
  example: '(crontab -l; echo "* * * * * x") | crontab -',
} as const satisfies FormRule

export const SCHEDULE_RULES: readonly FormRule[] = [
  {
    id: 'cron-remove',
    level: 'high',
    why: 'Deletes all scheduled jobs without asking.',
    finds: 'crontab -r !-i',
    example: 'crontab -r',
  },
  CRON_REPLACE,
  {
    id: 'cron-empty',
    level: 'high',
    why: 'Replaces all scheduled jobs with nothing.',
    finds: `
      crontab <nothing>
      crontab reads<nothing>`,
    named: { nothing: /^\/dev\/null$/ },
    example: 'crontab /dev/null',
  },
  {
    id: 'cron-write',
    level: 'moderate',
    why: 'Adds a job that runs as root, or a rule that acts when a device appears.',
    finds: '* changes<jobs>',
    example: "echo '* * * * * root x' | sudo tee /etc/cron.d/x",
  },
]
