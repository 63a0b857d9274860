// What is written from the role table: the shipped Cedar file, its schema, and the table in docs/policy.md.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROLES, type Role } from '../src/base/words/roles.ts'
import { SCHEMA } from '../src/trust/policy/cedar/schema.ts'
import { rowOf } from '../src/trust/policy/roles.ts'
import { SHARING_CATEGORIES, type SharingCategory } from '../src/trust/policy/types.ts'
import { defaultPolicies } from './policy-defaults.ts'

const BEGIN = '<!-- roles: begin -->'
const END = '<!-- roles: end -->'
const PAGE = 'docs/policy.md'

/** By path from the root of the tree; the page is the one on disk with its table anew. */
export function policyFiles(): ReadonlyMap<string, string> {
  const text = readFileSync(join(import.meta.dirname, '..', PAGE), 'utf8')
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`${PAGE}: the markers of the role table are missing`)
  return new Map([
    ['configs/policies/roles.cedar', defaultPolicies()],
    ['configs/policies/karo.cedarschema', SCHEMA],
    [PAGE, `${before}${BEGIN}\n${roleTable()}\n${END}${after}`],
  ])
}

const OPENS = { any: 'any node', team: 'nodes of their team' } as const

function roleTable(): string {
  const cell = (role: Role, level: 1 | 2, category: SharingCategory): string => {
    const row = rowOf(role, level, category)
    return row === undefined ? '–' : OPENS[row.from]
  }
  const rows = ROLES.flatMap((role) =>
    ([1, 2] as const).map(
      (level) =>
        `| ${role} | ${level} | ${SHARING_CATEGORIES.map((one) => cell(role, level, one)).join(' | ')} |`,
    ),
  )
  return [
    `| role | level | ${SHARING_CATEGORIES.map((one) => `\`${one}\``).join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(SHARING_CATEGORIES.length)}`,
    ...rows,
  ].join('\n')
}
