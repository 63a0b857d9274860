// Rules about code of unknown origin that reaches an interpreter, and about giving commands another meaning.
import type { Arg, SimpleCommand } from '../../model.ts'
import type { FormRule } from '../forms.ts'

export const CODE_RULES: readonly FormRule[] = [
  {
    id: 'unknown-command-dangerous',
    level: 'high',
    why: 'The line does not show which command runs, and many commands do harm with these arguments.',
    finds: `
      * ~unknown @root|home|system|keys|disk?
      * ~unknown words<forced>?`,
    named: {
      unknown: (_arg, { known }) => !known,
      forced: /^-(?:[a-z]*r[a-z]*f|[a-z]*f[a-z]*r)[a-z]*$/i,
    },
    example: '$X -rf /',
  },
  {
    id: 'unknown-command',
    level: 'moderate',
    why: 'The line does not show which command runs: it depends on a variable or on another command.',
    finds: '* ~unknown',
    named: { unknown: (_arg, { known, name }) => !known && !/\w/.test(name) },
    example: '$X foo',
  },
  {
    id: 'repeat-unseen',
    level: 'high',
    why: 'Runs an earlier command again; this line does not show which.',
    finds: 'fc|r ~repeats !--help',
    named: { repeats },
    example: 'fc -s',
  },
  {
    id: 'preload',
    level: 'high',
    why: 'Every program that is started with this setting runs the code of that library first.',
    finds: '* sets<library>',
    named: {
      library:
        /^(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES|PYTHONSTARTUP|NODE_OPTIONS|RUBYOPT|PERL5OPT)=(?:\/(?:tmp|var\/tmp|dev\/shm)\/|\.|[^/ ]+\/|.*(?:-r|-I|--require|--import|--loader)[ =]?\/(?:tmp|var\/tmp|dev\/shm)\/)/s,
    },
    example: 'LD_PRELOAD=/tmp/x.so ls',
  },
  {
    id: 'builtin-load',
    level: 'high',
    why: 'Loads a library’s code into this shell.',
    finds: 'enable words<library>',
    named: { library: /^-[a-z]*f/ },
    example: 'enable -f ./x.so x',
  },
  {
    id: 'path-open',
    level: 'moderate',
    why: 'Lets anybody replace a command: the shell then looks for commands in a directory that other users can write to.',
    finds: '* sets<open>',
    named: {
      open: /^PATH=(?:\.?(?::|$)|.*(?:::|:\.(?::|$)))|^(?:(?:PYTHON|NODE_|CLASS|LD_LIBRARY_|GIT_EXEC_|LUA_C?|GCONV_|)PATH|PERL5LIB|RUBYLIB)=\/(?:tmp|var\/tmp|dev\/shm)(?:\/|:|$)/s,
    },
    example: 'export PATH=.:$PATH',
  },
  {
    id: 'fork-loop',
    level: 'critical',
    why: 'Starts processes without end until the machine stops responding.',
    finds: 'perl|python|python2|python3|ruby|php words<endless>',
    named: {
      endless:
        /fork\s+while\s+(?:fork|1|true)|while\s*(?:\(?1\)?|True)[:{ ]*\s*(?:os\.)?fork|loop\s*\{\s*fork|fork\(\)\s+for\s+_/,
    },
    example: "perl -e 'fork while fork'",
  },
  {
    id: 'alias-shadow',
    level: 'moderate',
    why: 'Gives a well-known command another, dangerous meaning.',
    finds: 'alias words<shadow>',
    named: {
      shadow:
        /^(?:ls|cd|cat|sudo|su|ssh|scp|git|vim|vi|grep|echo|ll|passwd|gpg|docker|kubectl)=.*\b(?:rm\s|curl|wget|nc\s|tee\s|dd\s|base64|strace|script\s|\/tmp\/)/,
    },
    example: "alias ls='rm -rf x'",
  },
]

/**
 * Whether fc runs old commands: always, unless it only lists them or, in zsh, handles the history file. zsh's `r` is
 * `fc -e -`.
 */
function repeats(_arg: Arg, { name, args, scope, isOwn }: SimpleCommand): boolean {
  if (isOwn === true) return false
  if (name === 'r') return scope.shell === 'zsh'
  if (scope.shell === 'fish') return false
  const end = args.findIndex((arg) => !/^-[a-zA-Z]/.test(arg.text))
  const letters = (end < 0 ? args : args.slice(0, end)).map((arg) => arg.text).join('')
  return letters.includes('s') || !/[lApPRWI]/.test(letters)
}
