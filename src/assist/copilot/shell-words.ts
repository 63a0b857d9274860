// Meanings of the shell's own signs and words that have parts, and of words that a tool reads in its own way: redirections, variables, numbers with a dash, modes, owners.
import type { Meaning, Tool } from './lexicon.ts'

/**
 * Meaning of a redirection such as `2>` or `<<<` with its target as typed; undefined for an unknown sign. `does`: what is known of a
 * sign, and of a stream by its number.
 */
export function redirection(
  operator: string,
  target: string,
  does: (name: string) => string | undefined,
): string | undefined {
  const [, descriptor, sign = ''] = /^(\d*|\{\w+\})([<>&|]+)$/.exec(operator) ?? []
  const stream = (number: string): string => does(`stream ${number}`) ?? `file descriptor ${number}`
  const to = /^(?:\/dev\/null|-)$/.test(target) ? ` ${target}` : /^\d$/.test(target) ? ' number' : ''
  return (does(`redirection ${sign}${to}`) ?? does(`redirection ${sign}`))
    ?.replace('OUTPUT', stream(descriptor || '1'))
    .replace('INPUT', stream(descriptor || '0'))
    .replace('TARGET', stream(target))
}

const OPERATIONS: readonly (readonly [RegExp, string])[] = [
  [/^:?-/, 'or, if it is not set, the text after it'],
  [/^:?=/, 'set first to the text after it if it was not set'],
  [/^:?\?/, 'or, if it is not set, an error'],
  [/^:?\+/, 'the text after it if the variable is set, else nothing'],
  [/^##/, 'without the longest beginning that fits the pattern'],
  [/^#/, 'without the shortest beginning that fits the pattern'],
  [/^%%/, 'without the longest end that fits the pattern'],
  [/^%/, 'without the shortest end that fits the pattern'],
  [/^\/\//, 'with every match of the pattern replaced'],
  [/^\//, 'with the first match of the pattern replaced'],
  [/^:/, 'a part of it, from that position'],
  [/^\^\^/, 'in capitals'],
  [/^,,/, 'in small letters'],
  [/^[\^,]/, 'with its first letter changed'],
  [/^\[/, 'an entry of it'],
]

/** Meaning of a variable as typed: `$HOME`, `${x:-y}`, `$?`. `does`: what is known of one by its name. */
export function variable(text: string, does: (name: string) => string | undefined): string {
  const named = (name: string): string =>
    does(name) ?? (/^[1-9]$/.test(name) ? `argument ${name}` : `the value of the variable ${name}`)
  const plain = /^\$([A-Za-z_]\w*|[0-9?$!@*#_-])$/.exec(text)?.[1]
  if (plain !== undefined) return `Is replaced by ${named(plain)}`
  const length = /^\$\{#(\w+)/.exec(text)?.[1]
  if (length !== undefined) return `Is replaced by the length of ${named(length)}`
  const [, name, rest = ''] = /^\$\{!?([A-Za-z_]\w*|[0-9?$!@*#_-])(.*)\}$/s.exec(text) ?? []
  if (name === undefined) return 'Is replaced by the value of a variable'
  const how = OPERATIONS.find(([sign]) => sign.test(rest))?.[1]
  return `Is replaced by ${named(name)}${how === undefined ? '' : `, ${how}`}`
}

const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'Success', 1: 'General failure', 2: 'Wrong usage, by convention', 126: 'Found but not executable', 127: 'Command not found',
} // biome-ignore format: a compact table

/** What the number behind `exit` or `return` tells the calling program. */
function exitCode(word: string): string | undefined {
  if (!/^\d{1,3}$/.test(word)) return undefined
  const n = Number(word)
  if (n > 128 && n < 160) return `Ended by signal ${n - 128}`
  return EXIT_CODES[n] ?? 'Failure; what the number means is up to the command'
}

/** Meaning of a chmod mode: `755`, `u+x`, `go-w`. */
function mode(word: string): string | undefined {
  if (/^[0-7]{3,4}$/.test(word)) {
    const who = ['owner', 'group', 'others']
    const texts = [...word.slice(-3)].map((digit, i) => `${who[i]} ${rights(Number(digit))}`)
    const special = word.length === 4 ? Number(word[0]) : 0
    const extra = [special & 4 && 'setuid', special & 2 && 'setgid', special & 1 && 'sticky'].filter(Boolean)
    return `Permissions: ${texts.join(', ')}${extra.length > 0 ? `; ${extra.join(', ')}` : ''}`
  }
  const symbolic = /^([ugoa]*)([+=-])([rwxXst]*)$/.exec(word)
  if (symbolic === null) return undefined
  const [, who = '', sign = '', what = ''] = symbolic
  const people: Readonly<Record<string, string>> = {
    u: 'the owner',
    g: 'the group',
    o: 'others',
    a: 'everyone',
  }
  const names: Readonly<Record<string, string>> = {
    r: 'read', w: 'write', x: 'execute', X: 'execute (directories, and what already is)', s: 'setuid/setgid', t: 'sticky',
  } // biome-ignore format: a compact table
  const verb = { '+': 'Gives', '-': 'Takes away from', '=': 'Sets for' }[sign] as string
  const whom = who === '' ? 'everyone' : [...who].map((one) => people[one]).join(' and ')
  const rightsText = what === '' ? 'nothing' : [...what].map((one) => names[one]).join(', ')
  return `${verb} ${whom}: ${rightsText}`
}

function rights(digit: number): string {
  const list = [digit & 4 && 'read', digit & 2 && 'write', digit & 1 && 'execute'].filter(Boolean)
  return list.length === 0 ? 'nothing' : list.join('+')
}

const say = (text: string | undefined): Meaning | undefined =>
  text === undefined ? undefined : { text, source: 'karo' }

/** Meaning of a number or mode with a dash: `head -20`, `grep -3`, `chmod -x`. */
export function numeric(value: string, tool: string): Meaning | undefined {
  const plain = value.slice(1)
  if (tool === 'chmod' && /^[rwxXst]+$/.test(plain)) return say(mode(value))
  if (!/^\d+$/.test(plain)) return undefined
  if (tool === 'journalctl')
    return say(plain === '1' ? 'The boot before this one' : `${plain} boots before this one`)
  if (tool === 'head' || tool === 'tail') return say(`Shows ${plain} lines`)
  if (tool === 'grep') return say(`Shows ${plain} lines before and after each match`)
  if (tool === 'git log') return say(`Shows only the last ${plain} commits`)
  return undefined
}

/**
 * Meaning of an operand that the tool reads in its own way: a mode, a signal, an owner. `index` counts operands from 0.
 */
export function specialOperand(
  value: string,
  index: number,
  { name: tool, shipped }: Tool,
): Meaning | undefined {
  if (tool === 'chmod' && index === 0) return say(mode(value))
  if (tool === 'exit' || tool === 'return') return say(exitCode(value))
  if (tool === 'dd' || (tool === 'trap' && index > 0)) return shipped(value.replace(/=.*/s, ''))
  if (tool === 'kill' && /^%\d+$/.test(value)) return say(`Job ${value.slice(1)} of this shell`)
  if ((tool === 'chown' || tool === 'chgrp') && index === 0 && value.includes(':')) {
    const [user = '', group = ''] = value.split(':')
    return say(`Owner ${user || 'unchanged'}, group ${group || 'unchanged'}`)
  }
  if (tool === 'ssh' && index === 0) return say('The machine to log in to')
  if (tool === 'date' && value.startsWith('+'))
    return say('The format: %Y year, %m month, %d day, %H:%M:%S time, %s seconds since 1970')
  if ((tool === 'cp' || tool === 'mv' || tool === 'cd') && value === '.')
    return say('The directory you are in')
  return undefined
}

/** Options that mean the same to every program. */
export const COMMON: Readonly<Record<string, Meaning>> = {
  '--help': { text: 'Shows a summary of its options', source: 'karo' },
  '--version': { text: 'Shows its version', source: 'karo' },
}
