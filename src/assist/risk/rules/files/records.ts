// Rules about wiping the records of what was done: shell history and logs.

import { findTargets } from '../../carriers/listings.ts'
import { says } from '../../model.ts'
import type { Rules } from '../forms.ts'
import { inPlace, setIn } from '../rule.ts'
import { isRecursive, overwritten } from '../targets.ts'

const HISTORY_FILE =
  /(?:^|\/)\.(?:bash_history|zsh_history|history|local\/share\/fish\/fish_history|python_history|mysql_history|psql_history|lesshst)$|^\/var\/(?:spool\/)?mail\/[^/]+$/

export const RECORD_RULES: Rules = [
  {
    id: 'wipe-history',
    level: 'high',
    why: 'Removes the record of what was done.',
    finds: `
      history -c
      history clear
      rm|shred|unlink <records>
      unset words<variable>
      set +o history
      * writes<records>`,
    named: { records: HISTORY_FILE, variable: /^HIST(?:FILE|SIZE)$/ },
    when: (c) =>
      setIn(c, (name, value) =>
        /^(?:HISTFILE=(?:\/dev\/null)?|HISTSIZE=0|SAVEHIST=0|HISTFILESIZE=0)$/.test(`${name}=${value}`),
      ),
    example: 'history -c',
  },
  {
    id: 'wipe-logs',
    level: 'high',
    why: 'Removes the system’s record of what happened.',
    finds: `
      journalctl words<emptying>
      auditctl -D
      sed <logs> -i|--in-place`,
    named: { emptying: /^--vacuum-(?:time=\d+s?|size=\d+K?|files=[01])$/, logs: /^\/var\/log\// },
    tools: ['*'],
    when: (c, o) => {
      const victims = /^(?:rm|shred|unlink|find|gfind)$/.test(c.name)
        ? c.name.endsWith('find')
          ? says(c, /^-(?:delete|exec)$/) && !says(c, /^-(?:i?name|[mac]time|[mac]min|size|newer\w*)$/)
            ? findTargets(c.args).tops
            : []
          : o.operands
        : overwritten(c, o)
      return inPlace(c, victims, 'log').filter(
        (arg) =>
          /^\/var\/log\/(?:[^/]*$|(?:audit|journal)\b)/.test(`${arg.text}`.replace(/\/+$/, '/')) ||
          isRecursive(o) ||
          c.name.endsWith('find'),
      )
    },
    example: 'rm -rf /var/log/*',
  },
  {
    id: 'wipe-kernel-log',
    level: 'moderate',
    why: 'Empties the kernel’s messages.',
    finds: 'dmesg -C|--clear|-c|--read-clear',
    example: 'dmesg -C',
  },
]
