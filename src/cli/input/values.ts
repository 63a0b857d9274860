// Reads values of options that the daemon takes in another form than they are typed. What has only to be short enough, the daemon checks.
import { KaroError } from '../../base/errors.ts'
import type { OptionsByName } from '../command.ts'
import { usage } from '../usage.ts'

/** Reads a whole number from `least` to `most`. Throws KaroError bad_request; `where` names the option, e.g. `--limit`. */
export const whole =
  (least: number, most: number) =>
  (text: string, where: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw usage(`'${text}' is not a whole number from ${least} to ${most}`, where)
  }

/** Reads words that are one text. */
export const joined = (words: readonly string[]): string => words.join(' ').trim()

export const nameless = (where: string) =>
  usage(
    'the name of the node is empty',
    where,
    'Give its id, its name or its fingerprint: karo peers shows them.',
  )

/** One fingerprint may come in groups of four; any other word is a node of its own. Empty where a word is blank. */
export function nodesOf(words: readonly string[]): readonly string[] {
  if (words.some((word) => word.trim() === '')) return []
  const isOne = words.length > 1 && words.every((word) => /^[0-9a-f]{1,8}$/i.test(word))
  return isOne ? [words.join(' ')] : words
}

/**
 * Joins the words for one node (or team, or role): a single word, or a fingerprint in groups. Throws KaroError
 * `bad_request` if the words name several; `where` names the command.
 */
export function oneNode(all: readonly string[], where: string): string {
  const [one = '', ...others] = nodesOf(all)
  if (one === '') throw nameless(where)
  if (others.length === 0) return one
  throw usage(
    `this takes one node, but '${all.join("', '")}' are ${all.length}`,
    where,
    'Put a name with a blank into quotes.',
  )
}

/** `members` without those that are undefined. */
export const defined = <T extends object>(members: { [Name in keyof T]: T[Name] | undefined }): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T

/**
 * `a,b` as a list. `none`, or an empty text, is an empty list, which takes labels away. Throws KaroError `bad_request` where
 * `none` stands beside other words; `where` names the option.
 */
export function commaList(text: string, where: string): string[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
  if (!words.includes('none')) return words
  const others = words.filter((word) => word !== 'none').join(', ')
  if (others === '') return []
  const known = where === '--role' ? ' karo policy show lists the roles.' : ''
  throw usage(`'none' stands alone, and not beside ${others}`, where, `Leave out none, or ${others}.${known}`)
}

/** `--role` and `--team` of a command that gives them. */
export const ASSIGNED = {
  role: {
    value: 'role,..',
    as: 'roles',
    reads: commaList,
    description: 'roles, in place of any before; none for no role',
    completes: 'role',
  },
  team: {
    value: 'team,..',
    as: 'teams',
    reads: commaList,
    description: 'teams, in place of any before; none for no team',
    completes: 'team',
  },
} as const satisfies OptionsByName

/** What they change. */
export const assignedBy = ({
  role,
  team,
}: {
  readonly role?: string[] | undefined
  readonly team?: string[] | undefined
}) => defined<{ roles?: string[]; teams?: string[] }>({ roles: role, teams: team })

/** The daemon names the member of a request that is wrong; a person typed an option. `options`: what was typed, by the member. */
export function asTyped(error: unknown, options: Readonly<Record<string, string>>): unknown {
  if (!(error instanceof KaroError)) return error
  const { code, message, hint } = error
  const where = options[error.where ?? '']
  return where === undefined ? error : new KaroError(code, message, { where, hint, cause: error })
}
