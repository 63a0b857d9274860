// The rules about tools as one lookup by the tool's name, ready to be applied.
import { STDIN_RULES } from './redact-stdin.ts'
import type { ToolRule } from './redact-tool-rule.ts'
import { DATABASE_TOOLS } from './redact-tools-database.ts'
import { LOGIN_TOOLS } from './redact-tools-login.ts'
import { NETWORK_TOOLS } from './redact-tools-network.ts'
import { SYSTEM_TOOLS } from './redact-tools-system.ts'

export const TOOL_RULES: readonly ToolRule[] = [
  ...DATABASE_TOOLS,
  ...NETWORK_TOOLS,
  ...LOGIN_TOOLS,
  ...SYSTEM_TOOLS,
]

export interface Tool {
  readonly rule: ToolRule
  readonly secret: RegExp | undefined
  readonly pair: RegExp | undefined
  readonly secretLong: ReadonlySet<string>
  readonly pairLong: ReadonlySet<string>
  readonly prefixes: readonly string[]
  readonly keys: ReadonlySet<string>
  readonly valued: ReadonlySet<string>
  /** With their dashes. */
  readonly harmless: ReadonlySet<string>
}

const list = (text: string | undefined): readonly string[] => text?.split(' ') ?? []
const option = (flags: string | undefined, letters: string | undefined): RegExp | undefined =>
  letters === undefined ? undefined : new RegExp(`^-[${flags ?? ''}]{0,16}[${letters}]`)

/** Those of a name, in the order of the rules. */
export const TOOLS = new Map<string, Tool[]>()
for (const rule of TOOL_RULES) {
  const tool: Tool = {
    rule,
    secret: option(rule.flags, rule.secret),
    pair: option(rule.flags, rule.pair),
    secretLong: new Set(list(rule.secretLong)),
    pairLong: new Set(list(rule.pairLong)),
    prefixes: list(rule.prefixes),
    keys: new Set(list(rule.keys)),
    valued: new Set(list(rule.valued)),
    harmless: new Set(list(rule.harmless)),
  }
  for (const name of list(rule.tools)) TOOLS.set(name, [...(TOOLS.get(name) ?? []), tool])
}

export const STDIN = STDIN_RULES.map(({ tools, given }) => ({ tools: tools && new Set(list(tools)), given }))

const NAMES = new Set([...TOOL_RULES, ...STDIN_RULES].flatMap(({ tools }) => list(tools)))
/** Quick test for a whole text: without a match no rule about tools applies. A quote in a word may hide a name. */
export const MAY_NAME_TOOL = new RegExp(
  `(?<![\\w-])(?:${[...NAMES].join('|')})(?![\\w-])|\\w['"\\\\]+[\\n\\w]`,
)
