// What a shell writes into the resident judge's pipe: one request is one write of at most PIPE_BUF bytes.
import { RESIDENT } from '../../observe/hooks/guard/guard.ts'
import type { Shell } from '../risk/index.ts'

/**
 * A record is `nonce=field` for each field, each ended by a NUL, and one NUL more; the last field is the nonce. So pieces of
 * several requests never make one: a line would be judged by the words of another shell. Line ends are U+001D, because a
 * shell writes a text with line ends in several pieces.
 */
export interface Request {
  /** Digits that the answer has to repeat. */
  readonly nonce: string
  /** The process that waits for the answer, and its descriptor on a pipe of its own. */
  readonly pid: number
  readonly fd: number
  readonly shell: Shell
  /** The words that start the program which judges otherwise. */
  readonly program: readonly string[]
  readonly length: number
  readonly names: string
  readonly line: string
  readonly env: Readonly<Record<string, string>>
}

/** Characters that may wait for their end: a request is one piece of at most PIPE_BUF (4 096) bytes, so it comes whole. */
const MOST_WAITING = 16_384
const NUMBER = /^\d{1,15}$/

/** Cuts what comes from the pipe into requests. What is no request is dropped. */
export function requestReader(): (text: string) => readonly Request[] {
  let waiting = ''
  return (text) => {
    const records = (waiting + text).split('\0\0')
    waiting = records.pop() ?? ''
    if (waiting.length > MOST_WAITING) waiting = ''
    return records.flatMap((record) => parse(record) ?? [])
  }
}

function parse(record: string): Request | undefined {
  const nonce = record.slice(0, Math.max(0, record.indexOf('=')))
  const fields = record.split('\0')
  if (!fields.every((field) => field.startsWith(`${nonce}=`)) || fields.pop() !== `${nonce}=${nonce}`)
    return undefined
  const [version, pid, fd, shell, program, length, names, line, ...env] = fields.map((field) =>
    field.slice(nonce.length + 1).replaceAll('\u001d', '\n'),
  )
  if (version !== RESIDENT.version || line === undefined) return undefined
  if (![nonce, pid, fd, length].every((one) => NUMBER.test(one ?? ''))) return undefined
  if (shell !== 'bash' && shell !== 'zsh' && shell !== 'fish') return undefined
  return {
    nonce,
    pid: Number(pid),
    fd: Number(fd),
    shell,
    program: (program ?? '').split('\u001f'),
    length: Number(length),
    names: names ?? '',
    line,
    env: Object.fromEntries(env.map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)])),
  }
}
