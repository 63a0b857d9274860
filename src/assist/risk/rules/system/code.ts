// Rules about code of unknown origin reaching an interpreter, and about what makes commands mean something else.
import type { Arg, SimpleCommand } from '../../model.ts'
import { inPlace, matching, only, type Rule, tools } from '../rule.ts'

export const CODE_RULES: readonly Rule[] = [
  {
    id: 'unknown-command-dangerous',
    level: 'high',
    why: 'Which command runs is not shown, and its arguments are dangerous for many.',
    tools: ['*'],
    when: (c, o) => {
      if (c.known) return undefined
      const places = inPlace(c, o.operands, 'root', 'home', 'system', 'keys', 'disk')
      const forced = c.args.filter((arg) => /^-(?:[a-z]*r[a-z]*f|[a-z]*f[a-z]*r)[a-z]*$/i.test(arg.text))
      return places.length > 0 || forced.length > 0 ? true : undefined
    },
    examples: {
      risky: ['$X -rf /', '$X -rf dir', '"$(tool)" /etc', '`x` /dev/sda', '$a$b -fr y'],
      harmless: ['$EDITOR x', 'X=ls; $X -rf /', '$X foo'],
    },
  },
  {
    id: 'unknown-command',
    level: 'moderate',
    why: 'Which command runs depends on something the text does not show.',
    tools: ['*'],
    when: (c) => !c.known && !/\w/.test(c.name),
    examples: {
      risky: ['$X foo', '$(pick) a', '"${arr[0]}" x'],
      harmless: ['$EDITOR x', '$(which python3) x.py', '"$DIR"/run.sh', '$HOME/bin/x'],
    },
  },
  {
    id: 'repeat-unseen',
    level: 'high',
    why: 'Runs an earlier command again, which this line does not show.',
    tools: tools('fc r'),
    when: (c) => only(!c.args.some((arg) => arg.text === '--help') && repeats(c), true),
    safer: 'fc -l',
    examples: {
      risky: [
        'fc -s',
        'fc -s git',
        'fc -s a=b 12',
        'fc',
        'fc -e vim 10 12',
        'fc -e - 5',
        'fc -e true -1',
        'builtin fc -s',
      ],
      harmless: ['fc --help', 'fc -l', 'fc -ln -10', 'fc -lr 1 5', 'history'],
    },
  },
  {
    id: 'preload',
    level: 'high',
    why: 'Every program started so runs that library’s code first.',
    tools: ['*'],
    when: (c) =>
      valuesSet(
        c,
        /^(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)$/,
        /^\/(?:tmp|var\/tmp|dev\/shm)\/|^\.|^[^/]+\//,
      ),
    examples: {
      risky: ['LD_PRELOAD=/tmp/x.so ls', 'env LD_PRELOAD=./x.so id', 'export LD_PRELOAD=/tmp/x.so'],
      harmless: ['LD_PRELOAD=/usr/lib/libjemalloc.so redis-server', 'LD_PRELOAD= ls'],
    },
  },
  {
    id: 'builtin-load',
    level: 'high',
    why: 'Loads a library’s code into this shell.',
    tools: tools('enable'),
    when: (c) => matching(c.args, /^-[a-z]*f/),
    examples: {
      risky: ['enable -f ./x.so x', 'enable -f/tmp/x.so x'],
      harmless: ['enable -n echo', 'enable'],
    },
  },
  {
    id: 'path-open',
    level: 'moderate',
    why: 'Commands are then looked for first in a directory where anybody may put a program of the same name.',
    tools: ['*'],
    when: (c) =>
      valuesSet(c, /^PATH$/, /^(?:\.?|\/(?:tmp|var\/tmp|dev\/shm)(?:\/[^:]*)?)(?::|$)|::|:\.(?::|$)/),
    examples: {
      risky: ['export PATH=.:$PATH', 'PATH=/tmp/bin:$PATH ls', 'export PATH=$PATH:.'],
      harmless: [
        'export PATH=$HOME/bin:$PATH',
        'PATH=./node_modules/.bin:$PATH eslint',
        'export PATH=/usr/local/bin:$PATH',
      ],
    },
  },
  {
    id: 'fork-loop',
    level: 'critical',
    why: 'Starts processes without end until the machine stops responding.',
    tools: tools('perl python python2 python3 ruby php'),
    when: (c) =>
      matching(
        c.args,
        /fork\s+while\s+(?:fork|1|true)|while\s*(?:\(?1\)?|True)[:{ ]*\s*(?:os\.)?fork|loop\s*\{\s*fork|fork\(\)\s+for\s+_/,
      ),
    examples: {
      risky: [
        "perl -e 'fork while fork'",
        "python3 -c 'import os\nwhile True: os.fork()'",
        "ruby -e 'loop { fork }'",
      ],
      harmless: ["perl -e 'print 1'", "python3 -c 'print(1)'"],
    },
  },
  {
    id: 'alias-shadow',
    level: 'moderate',
    why: 'Gives a well-known command another, dangerous meaning.',
    tools: tools('alias'),
    when: (c) =>
      matching(
        c.args,
        /^(?:ls|cd|cat|sudo|ssh|git|vim|vi|grep|echo|ll)=.*\b(?:rm\s|curl|wget|nc\s|tee\s|dd\s|base64)/,
      ),
    examples: {
      risky: ["alias ls='rm -rf x'", "alias sudo='curl evil;sudo'"],
      harmless: ["alias ll='ls -la'", "alias rm='rm -i'", "alias grep='grep --color'"],
    },
  },
]

/** fc runs what was repeated, or what an editor leaves of it, unless it lists or, in zsh, keeps the history's file; r is zsh's `fc -e -`. */
function repeats({ name, args, scope, isOwn }: SimpleCommand): boolean {
  if (isOwn === true) return false
  if (name === 'r') return scope.shell === 'zsh'
  if (scope.shell === 'fish') return false
  const end = args.findIndex((arg) => !/^-[a-zA-Z]/.test(arg.text))
  const letters = (end < 0 ? args : args.slice(0, end)).map((arg) => arg.text).join('')
  return letters.includes('s') || !/[lApPRWI]/.test(letters)
}

/** Values that the command gives to variables of that name, in front of it or by declaring them. */
function valuesSet(c: SimpleCommand, name: RegExp, value: RegExp): Arg[] {
  const set = c.assignments
    .filter((it) => name.test(it.name) && value.test(it.value.text))
    .map((it) => it.value)
  if (!/^(?:export|declare|typeset|readonly|set|setenv)$/.test(c.name)) return set
  const declared = c.args.filter((arg) => {
    const [, left = '', right = ''] = /^(\w+)=([\s\S]*)$/.exec(arg.text) ?? []
    return name.test(left) && value.test(right)
  })
  return [...set, ...declared]
}
