// The ids of all built-in rules, for an owner's exceptions and for completion.

import { RULES } from './rules/index.ts'
import { LINE_RULES } from './rules/system/lines.ts'

const ALL = [...RULES, ...LINE_RULES]

export const RULE_IDS = new Set(ALL.map(({ id }) => id))

const CORE = new Set(ALL.filter(({ core }) => core === true).map(({ id }) => id))

/** Whether the rule belongs to the catastrophic core, which no exception lowers. */
export const isCore = (id: string): boolean => CORE.has(id)
