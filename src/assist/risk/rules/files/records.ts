// Rules about wiping the records of what was done: shell history and logs.

import { SOMETHING } from '../../model.ts'
import type { FormRule } from '../forms.ts'

export const RECORD_RULES: readonly FormRule[] = [
  {
    id: 'wipe-history',
    level: 'high',
    why: 'Removes the record of what was done.',
    finds: `
      history -c
      history clear
      rm|shred|unlink <history>
      unset words<variable>
      set +o history
      * writes<history>
      * sets<unkept>`,
    named: {
      variable: /^HIST(?:FILE|SIZE)$/,
      unkept: /^(?:HISTFILE=(?:\/dev\/null)?|(?:HISTSIZE|SAVEHIST|HISTFILESIZE)=0)$/,
    },
    example: 'history -c',
  },
  {
    id: 'wipe-logs',
    level: 'high',
    why: 'Removes the system’s record of what happened.',
    finds: `
      journalctl words<emptying>
      auditctl -D
      sed <logs> -i|--in-place
      rm|shred|unlink operands@log<top>
      _ operands@log -r|-R|--recursive
      find|gfind tops@log words<acts>? !words<chooses>
      * writes@log<top>
      * writes@log -r|-R|--recursive`,
    named: {
      emptying: /^--vacuum-(?:time=\d+s?|size=\d+K?|files=[01])$/,
      logs: /^\/var\/log\//,
      top: new RegExp(`^/var/log/(?:(?:${SOMETHING}/)?[^/]*$|/*$|(?:audit|journal)\\b)`),
      acts: /^-(?:delete|exec)$/,
      chooses: /^-(?:i?name|[mac]time|[mac]min|size|newer\w*)$/,
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
