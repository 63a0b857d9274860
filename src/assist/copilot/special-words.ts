// Words that a tool reads in its own way: numbers with a dash, modes, signals, owners.
import type { Meaning } from './lexicon.ts'
import { exitCode, mode, signal } from './shell-words.ts'

const say = (text: string | undefined): Meaning | undefined =>
  text === undefined ? undefined : { text, source: 'karo' }

/** Meaning of a number, signal or mode with a dash: `kill -9`, `head -20`, `grep -3`, `chmod -x`. */
export function numeric(value: string, tool: string): Meaning | undefined {
  const plain = value.slice(1)
  if (tool === 'kill' || tool === 'killall' || tool === 'pkill') {
    const found = signal(plain)
    return say(found && `Sends ${found}`)
  }
  if (tool === 'chmod' && /^[rwxXst]+$/.test(plain)) return say(mode(value))
  if (!/^\d+$/.test(plain)) return undefined
  if (tool === 'journalctl')
    return say(plain === '1' ? 'The boot before this one' : `${plain} boots before this one`)
  if (tool === 'head' || tool === 'tail') return say(`Shows ${plain} lines`)
  if (tool === 'grep') return say(`Shows ${plain} lines before and after each match`)
  if (tool === 'git log') return say(`Shows only the last ${plain} commits`)
  return undefined
}

const DD: Readonly<Record<string, string>> = {
  if: 'Reads from this file or disk', of: 'Writes to this file or disk', bs: 'Block size', count: 'How many blocks', status: 'How much it reports while it runs',
  skip: 'Blocks to skip at the beginning of the input', seek: 'Blocks to skip at the beginning of the output', conv: 'How data is converted or written', iflag: 'How it reads', oflag: 'How it writes',
} // biome-ignore format: a compact table

/**
 * Meaning of an operand that the tool reads in its own way: a mode, a signal, an owner. `index` counts operands from 0.
 */
export function specialOperand(value: string, index: number, tool: string): Meaning | undefined {
  if (tool === 'chmod' && index === 0) return say(mode(value))
  if (tool === 'exit' || tool === 'return') return say(exitCode(value))
  if (tool === 'trap' && index > 0) return value === 'EXIT' ? say('When the shell ends') : say(signal(value))
  if (tool === 'dd') return say(DD[/^(\w+)=/.exec(value)?.[1] ?? ''])
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
