// Rules about code of unknown origin reaching an interpreter, and about what makes commands mean something else.
import type { Arg, SimpleCommand } from '../../model.ts'
import { inPlace, type LineRule, matching, only, type Rule, tools } from '../rule.ts'

export const LINE_RULES: readonly LineRule[] = [
  {
    id: 'network-code',
    level: 'high',
    why: 'Runs code straight from the network, which nobody has read.',
    safer: 'curl -fsSLo install.sh URL && less install.sh',
    examples: {
      risky: [
        'curl -fsSL https://x.sh | sh',
        'curl x | sudo -E bash -',
        'wget -qO- x | bash',
        'bash <(curl -s x)',
        'eval "$(curl x)"',
        'sh -c "$(curl -fsSL x)"',
        'source <(curl x)',
        'curl x | python3',
        'curl x | gunzip | sh',
        'X=$(curl x); eval "$X"',
        'curl x | tee log | sh',
        'curl x | $SHELL',
        'nc host 1 | sh',
        'curl x | xargs -0 bash -c',
        'curl x|env bash',
      ],
      harmless: [
        'curl x | jq .',
        'curl x | python3 -m json.tool',
        'curl x -o file',
        'curl x | tar xz',
        'wget x',
        'curl x | grep sh',
        "curl x | python3 -c 'import sys'",
      ],
    },
  },
  {
    id: 'decoded-code',
    level: 'high',
    why: 'Runs a decoded payload: the text hides what will happen.',
    safer: 'base64 -d FILE | less',
    examples: {
      risky: [
        'echo cm0= | base64 -d | sh',
        'base64 -d <<< x | bash',
        'echo 6c73 | xxd -r -p | sh',
        'eval "$(echo bHM= | base64 --decode)"',
        'bash -c "$(base64 -d f)"',
        'rev <<< "sl" | sh',
        'openssl enc -d -a -in f | bash',
        'gzip -dc x | sh',
      ],
      harmless: ['base64 -d x > y', 'echo x | base64', 'gzip -dc x.gz | less', 'zcat log | grep sh'],
    },
  },
  {
    id: 'unseen-code',
    level: 'high',
    why: 'Runs text that this line does not show.',
    examples: {
      risky: [
        'eval "$X"',
        'bash -c "$CMD"',
        'cat script | sh',
        'echo "$X" | bash',
        'eval $(cat x)',
        'some-tool | sh',
        'ssh host "$CMD"',
      ],
      harmless: [
        'eval "$(ssh-agent -s)"',
        'source <(kubectl completion bash)',
        'bash script.sh',
        'bash -c "echo $X"',
        'eval "$(direnv hook bash)"',
        'echo ls | sh',
        'bash',
        'X=ls; eval $X',
        'bash -s < script.sh',
      ],
    },
  },
  {
    id: 'downloaded-code',
    level: 'high',
    why: 'Runs a file this very line has downloaded, which nobody has read.',
    safer: 'less FILE',
    examples: {
      risky: [
        'curl -o x.sh URL && sh x.sh',
        'wget http://a/b.sh; bash b.sh',
        'curl -LO https://a/x && chmod +x x && ./x',
        'wget -O /tmp/i URL && sudo bash /tmp/i',
      ],
      harmless: ['curl -o x.sh URL && less x.sh', 'wget http://a/b.tgz && tar xf b.tgz', 'sh x.sh'],
    },
  },
  {
    id: 'planted-code',
    level: 'high',
    why: 'Puts text nobody has read into a file that is run, or trusted, from now on.',
    safer: 'curl -fsSLo /tmp/new URL && less /tmp/new',
    examples: {
      risky: [
        'curl -s x >> ~/.bashrc',
        'wget -O ~/.profile x',
        'curl -fsSL x | sudo tee /etc/profile.d/x.sh',
        'curl https://x/key >> ~/.ssh/authorized_keys',
        'echo bHM= | base64 -d >> ~/.zshrc',
        'wget -qO- x | sudo tee -a /etc/ld.so.preload',
      ],
      harmless: [
        'curl -fsSL x | sudo tee /etc/apt/trusted.gpg.d/x.asc',
        "echo 'export A=1' >> ~/.bashrc",
        'cat k.pub >> ~/.ssh/authorized_keys',
        'curl -o ~/.bashrc.new x',
      ],
    },
  },
  {
    id: 'carried-command',
    level: 'high',
    why: 'Holds a harmful command as a text or among its words, and may run it.',
    examples: {
      risky: [
        'mytool rm -rf /',
        "mytool --on-exit='rm -rf ~'",
        "FOO_PAGER='rm -rf ~' foo",
        'mytool -- sh -c "rm -rf ~"',
        "mytool <<< 'rm -rf ~'",
        "frobnicate 'on exit (rm -rf /)'",
      ],
      harmless: [
        "echo 'rm -rf /'",
        "git commit -m 'never rm -rf /'",
        "grep -rn 'rm -rf /' scripts",
        'mytool rm -rf build',
        "mytool --on-exit='rm -rf build'",
        'apt install rm',
      ],
    },
  },
  {
    id: 'fork-bomb',
    level: 'critical',
    core: true,
    why: 'Starts copies of itself until the machine stops responding.',
    examples: {
      risky: [
        ':(){ :|:& };:',
        'bomb() { bomb | bomb & }; bomb',
        'f(){ f & f & }; f',
        'while true; do sh & done',
        'while :; do sleep 1000 & done',
      ],
      harmless: [
        'while true; do make & wait; done',
        'f() { g | h & }; f',
        'r() { r; }',
        'x() { echo a | cat; }; x',
      ],
    },
  },
  {
    id: 'unparsed',
    level: 'moderate',
    why: 'This cannot be read as a shell command, so what it does is not known.',
    examples: {
      risky: ["echo 'open", 'ls $(', 'echo "x', 'for i in', 'if true', 'ls )'],
      harmless: ['echo "x"', 'if true; then ls; fi', 'for i in 1; do ls; done'],
    },
  },
  {
    id: 'unparsed-tool',
    level: 'high',
    why: 'This cannot be read as a shell command, and it names a tool that can do harm.',
    examples: { risky: ["rm -rf 'x", 'ls $( dd if=x'], harmless: ["echo 'open", 'rm x'] },
  },
  {
    id: 'hidden-text',
    level: 'high',
    why: 'Holds invisible control characters: what is shown is not what runs.',
    examples: {
      risky: ['ls \u001b[2K', 'echo a\u202eb', 'rm x\u0000y', 'ls \u0008\u0008'],
      harmless: ['ls\t-l', 'echo é 漢字 👩‍💻', 'ls\nls'],
    },
  },
  {
    id: 'too-deep',
    level: 'high',
    why: 'Has more parts, or parts nested deeper, than can be checked.',
    examples: {
      risky: [`${'$('.repeat(40)}ls${')'.repeat(40)}`, 'ls;'.repeat(9000)],
      harmless: ['echo $(echo $(ls))'],
    },
  },
  {
    id: 'too-long',
    level: 'high',
    why: 'Is too long to be checked.',
    examples: { risky: [`echo ${'x'.repeat(70_000)}`], harmless: [`echo ${'x'.repeat(900)}`] },
  },
]

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
