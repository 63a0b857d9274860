// Rules about wiping the records of what was done: shell history and logs.
import { findTargets } from '../../carriers/listings.ts'
import { inPlace, matching, naming, only, type Rule, tools } from '../rule.ts'
import { isRecursive, overwritten } from '../targets.ts'

const HISTORY_FILE =
  /(?:^|\/)\.(?:bash_history|zsh_history|history|local\/share\/fish\/fish_history|python_history|mysql_history|psql_history|lesshst)$|^\/var\/(?:spool\/)?mail\/[^/]+$/

export const RECORD_RULES: readonly Rule[] = [
  {
    id: 'wipe-history',
    level: 'high',
    why: 'Removes the record of what was done.',
    tools: ['*'],
    when: (c, o) => {
      if (c.name === 'history') return only(o.flag('c')) || only(c.args[0]?.text === 'clear')
      if (/^(?:rm|shred|unlink)$/.test(c.name)) return matching(o.operands, HISTORY_FILE)
      if (c.name === 'unset') return matching(c.args, /^HIST(?:FILE|SIZE)$/)
      const assigned = [
        ...c.assignments.map((set) => `${set.name}=${set.value.text}`),
        ...(/^(?:export|declare|typeset)$/.test(c.name) ? c.args.map((arg) => arg.text) : []),
      ]
      if (
        assigned.some((text) =>
          /^(?:HISTFILE=(?:\/dev\/null)?|HISTSIZE=0|SAVEHIST=0|HISTFILESIZE=0)$/.test(text),
        )
      )
        return true
      if (c.name === 'set' && /^\+o$/.test(c.args[0]?.text ?? '') && c.args[1]?.text === 'history')
        return true
      return naming(c, overwritten(c, o), HISTORY_FILE)
    },
    example: 'history -c',
  },
  {
    id: 'wipe-logs',
    level: 'high',
    why: 'Removes the system’s record of what happened.',
    tools: ['*'],
    when: (c, o) => {
      if (c.name === 'journalctl')
        return only(matching(c.args, /^--vacuum-(?:time=\d+s?|size=\d+K?|files=[01])$/).length)
      if (c.name === 'auditctl') return only(o.flag('D'))
      if (c.name === 'sed') return matching(o.flag('i', 'in-place') ? o.operands : [], /^\/var\/log\//)
      const victims = /^(?:rm|shred|unlink|find|gfind)$/.test(c.name)
        ? c.name.endsWith('find')
          ? c.args.some((arg) => arg.text === '-delete' || arg.text === '-exec')
            ? findTargets(c.args).tops.filter(
                () => !c.args.some((arg) => /^-(?:i?name|[mac]time|[mac]min|size|newer\w*)$/.test(arg.text)),
              )
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
    tools: tools('dmesg'),
    when: (_c, o) => o.flag('C', 'clear', 'c', 'read-clear') !== undefined,
    example: 'dmesg -C',
  },
]
