// Rules about jobs that run later.
import { matching, NO_OUTPUT, redirectedTo } from '../../model.ts'
import type { Rules } from '../forms.ts'
import { type Rule, tools } from '../rule.ts'

export const CRON_REPLACE: Rule = {
  id: 'cron-replace',
  level: 'moderate',
  why: 'Replaces the scheduled jobs with what it reads.',
  tools: tools('crontab'),
  when: (c, o) => {
    if (o.flag('l', 'e', 'r')) return undefined
    const dash = matching(o.operands, /^-$/)
    return dash.length > 0 ? dash : c.args.length > 0 || c.input !== NO_OUTPUT || c.redirections.length > 0
  },
  example: '(crontab -l; echo "* * * * * x") | crontab -',
}

export const SCHEDULE_RULES: Rules = [
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
    finds: 'crontab <nothing>',
    named: { nothing: /^\/dev\/null$/ },
    when: (c) => matching(redirectedTo(c, /^<$/), /^\/dev\/null$/),
    example: 'crontab /dev/null',
  },
  {
    id: 'cron-write',
    level: 'moderate',
    why: 'Adds a job that runs as root, or a rule that acts when a device appears.',
    finds: '* changes<jobs>',
    named: {
      jobs: /^\/etc\/(?:crontab|cron\.[a-z]+\/.+|anacrontab|udev\/rules\.d\/.+)$|^\/var\/spool\/cron\/.+$/,
    },
    example: "echo '* * * * * root x' | sudo tee /etc/cron.d/x",
  },
]
