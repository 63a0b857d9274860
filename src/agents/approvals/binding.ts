// The hash to which an approval is bound: over everything that decides the effect, so that one changed byte is another
// action.
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import type { Action, BoundFile } from '../types.ts'

/** Begins the hashed bytes, so that no other hash of Karo's can be one of these. */
const DOMAIN = 'karo-action-v1'

/**
 * BLAKE3, 64 hex digits, over agent, tool, argv, cwd, env, binds, input, target and requester, and over the files that it runs as code, as they are
 * now. Each text stands behind its
 * length and each list behind its number, so that no two actions have the same bytes. What is shown and not believed (why,
 * trace id) and what names the request (id, task) is not part of it.
 */
export function hashOf(action: Action, code: readonly BoundFile[] = []): string {
  const parts: (Uint8Array | string)[] = [DOMAIN]
  const number = (value: number): void => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(BigInt(value))
    parts.push(bytes)
  }
  const text = (value: string): void => {
    // Not UTF-8, in which half a surrogate pair and another one are the same bytes.
    const bytes = Buffer.from(value, 'utf16le')
    number(bytes.length)
    parts.push(bytes)
  }
  const optional = (value: string | undefined): void => {
    number(value === undefined ? 0 : 1)
    if (value !== undefined) text(value)
  }
  const { agent, tool, argv, cwd, env, binds, input, target, requester } = action
  text(agent)
  text(tool)
  number(argv.length)
  for (const word of argv) text(word)
  text(cwd)
  const variables = Object.keys(env).sort()
  number(variables.length)
  for (const name of variables) {
    text(name)
    text(env[name] as string)
  }
  number(binds.length)
  for (const { path, write } of binds) {
    text(path)
    number(write ? 1 : 0)
  }
  text(input)
  text(target)
  text(requester.node)
  optional(requester.person)
  optional(requester.operator)
  optional(requester.agent)
  for (const { path, hash } of code) {
    text(path)
    text(hash)
  }
  return toHex(blake3(parts))
}

/** What `for this task` lasts for: the login session out of which it is asked, else the task itself. */
export const taskOf = ({ task, requester }: Pick<Action, 'task' | 'requester'>): string =>
  requester.sessions?.find((one) => one.startsWith('session:')) ?? task
