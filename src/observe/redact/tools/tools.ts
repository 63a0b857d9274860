// The rules about tools as a lookup by the tool's name.
import { STDIN_RULES } from '../stdin.ts'
import { DATABASE_TOOLS } from './database.ts'
import { LOGIN_TOOLS } from './login.ts'
import { NETWORK_TOOLS } from './network.ts'
import type { ToolRule } from './rule.ts'
import { SERVICE_TOOLS } from './services.ts'
import { STORE_TOOLS } from './stores.ts'
import { SYSTEM_TOOLS } from './system.ts'
import { WINDOWS_TOOLS } from './windows.ts'

export const TOOL_RULES: readonly ToolRule[] = [
  ...DATABASE_TOOLS,
  ...NETWORK_TOOLS,
  ...LOGIN_TOOLS,
  ...SYSTEM_TOOLS,
  ...STORE_TOOLS,
  ...SERVICE_TOOLS,
  ...WINDOWS_TOOLS,
]

export interface Tool {
  readonly rule: ToolRule
  readonly secret: RegExp | undefined
  readonly pair: RegExp | undefined
  readonly substituted: RegExp | undefined
  readonly secretLong: ReadonlySet<string>
  readonly pairLong: ReadonlySet<string>
  readonly prefixes: readonly string[]
  readonly keys: ReadonlySet<string>
  readonly valued: ReadonlySet<string>
  readonly files: ReadonlySet<string>
  /** Options with their dashes. */
  readonly harmless: ReadonlySet<string>
}

const list = (text: string | undefined): readonly string[] => text?.split(' ') ?? []
const option = (flags: string | undefined, letters: string | undefined): RegExp | undefined =>
  letters === undefined ? undefined : new RegExp(`^-[${flags ?? ''}]{0,16}[${letters}]`)

/** The rules of each tool, in the order of the tables. */
export const TOOLS = new Map<string, Tool[]>()
for (const rule of TOOL_RULES) {
  const tool: Tool = {
    rule,
    secret: option(rule.flags, rule.secret),
    pair: option(rule.flags, rule.pair),
    substituted: option(rule.flags, rule.substituted),
    secretLong: new Set(list(rule.secretLong)),
    pairLong: new Set(list(rule.pairLong)),
    prefixes: list(rule.prefixes),
    keys: new Set(list(rule.keys)),
    valued: new Set(list(rule.valued)),
    files: new Set(list(rule.files)),
    harmless: new Set(list(rule.harmless)),
  }
  for (const name of list(rule.tools)) TOOLS.set(name, [...(TOOLS.get(name) ?? []), tool])
}

export const STDIN = STDIN_RULES.map(({ tools, given, pair }) => ({
  tools: tools && new Set(list(tools)),
  given,
  pair: pair === true,
}))

const NAMES: ReadonlySet<string> = new Set(
  [...TOOL_RULES, ...STDIN_RULES].flatMap(({ tools }) => list(tools)),
)

/** For the code of the first character, a bit for each length of the names that begin with it. */
const LENGTHS = new Int32Array(128)
for (const name of NAMES) LENGTHS[name.charCodeAt(0) & 127]! |= 1 << (name.length & 31)

/** 1 for each character code that occurs in names. */
const IN_NAME = new Uint8Array(128)
for (const name of NAMES) for (const character of name) IN_NAME[character.charCodeAt(0)] = 1
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-')
  IN_NAME[character.charCodeAt(0)] = 1

/** A quote inside a word, which may hide a name. */
const BROKEN_WORD = /\w['"\\]+[\n\w]/

/** Quick test for a whole text: if false, no rule about tools applies. */
export function mayNameTool(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const first = text.charCodeAt(i)
    if (first > 127 || IN_NAME[first] === 0) continue
    const start = i
    for (let code = first; code < 128 && IN_NAME[code] === 1; )
      code = ++i < text.length ? text.charCodeAt(i) : 128
    const length = i - start
    // A length of 32 would share its bit with length 0.
    if (length > 31 || (LENGTHS[first]! & (1 << length)) === 0) continue
    if (NAMES.has(text.slice(start, i))) return true
  }
  return BROKEN_WORD.test(text)
}
