// Adds a rule to the text of a rules file, or removes one, and keeps every other line.
import { KaroError } from '../../base/errors.ts'
import type { GuardRule } from './guard.ts'
import { parseRules } from './rules-file.ts'

export type NewRule = Omit<GuardRule, 'whose' | 'where'>

/** The text with the rule at its end. Throws KaroError bad_config if the file or the new rule is wrong. */
export function withRule(text: string, rule: NewRule, file: string): string {
  const { kind, until, ...fields } = rule
  const lines = Object.entries(fields).map(([name, value]) => `${name} = ${quoteToml(value)}`)
  if (until !== undefined) lines.push(`until = ${new Date(until).toISOString()}`)
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`
  const after = `${before}${before === '' ? '' : '\n'}[[${kind}]]\n${lines.join('\n')}\n`
  parseRules(after, file, 'own')
  return after
}

/**
 * A TOML string, literal if possible: the shells' quick guard does not decode backslashes and asks about every line
 * then.
 */
function quoteToml(value: string): string {
  return /^[\x20-\x26\x28-\x7e]*$/.test(value)
    ? `'${value}'`
    : JSON.stringify(value).replaceAll('\x7f', '\\u007f')
}

/**
 * The text without its rule `number` (from 1, in parseRules' order). Throws KaroError not_found, bad_config or
 * conflict.
 */
export function withoutRule(text: string, number: number, file: string): string {
  const { rules } = parseRules(text, file, 'own')
  const rule = rules[number - 1]
  if (rule === undefined) {
    throw new KaroError('not_found', `there is no rule ${number}`, {
      where: file,
      hint: rules.length === 0 ? 'The file has no rules.' : `It has rules 1 to ${rules.length}.`,
    })
  }
  const nth = rules.slice(0, number).filter(({ kind }) => kind === rule.kind).length
  const lines = text.split('\n')
  const headers = lines.flatMap((line, i) =>
    new RegExp(`^\\s*\\[\\[\\s*${rule.kind}\\s*\\]\\]`).test(line) ? [i] : [],
  )
  const start = headers[nth - 1]
  const next = start === undefined ? -1 : lines.findIndex((line, i) => i > start && /^\s*\[/.test(line))
  // Comments and empty lines right before the next table belong to that table.
  let end = next < 0 ? lines.length : next
  while (next >= 0 && end > start! + 1 && /^\s*(?:#.*)?$/.test(lines[end - 1]!)) end--
  // withRule puts an empty line before a rule.
  const blank = start !== undefined && start > 0 && lines[start - 1]!.trim() === ''
  const kept =
    start === undefined ? lines : [...lines.slice(0, blank ? start - 1 : start), ...lines.slice(end)]
  const rest = start === 0 ? kept.join('\n').replace(/^\n+/, '') : kept.join('\n')
  const left = isSame(parseRules(rest, file, 'own').rules, rules.toSpliced(number - 1, 1))
  if (left) return next < 0 ? rest.replace(/\n*$/, '\n').replace(/^\n$/, '') : rest
  throw new KaroError('conflict', 'this rule is written in a way that only an editor can take out', {
    where: rule.where,
    hint: 'Delete it in the file.',
  })
}

const isSame = (a: readonly GuardRule[], b: readonly GuardRule[]): boolean => {
  const text = (rules: readonly GuardRule[]): string =>
    JSON.stringify(rules.map(({ where: _, ...rule }) => rule))
  return text(a) === text(b)
}
