// What `--where` may say: the fields of each type, and how filters are read, checked and compared; loads nothing.
import type { QueryFilter, QueryType } from '../../../protocols/messages/query.ts'
import { KaroError } from '../../base/errors.ts'
import { RISK_NAMES } from './result.ts'

export interface FilterField {
  readonly kind: 'text' | 'number'
  /** `owners`: sent with the question, so that the rest never leaves them; `here`: compared with the merged rows. */
  readonly applied: 'owners' | 'here'
  readonly meaning: string
  /** All it can be, where that is known. */
  readonly values?: readonly string[]
  /** Of a number: the least and the most it can be. */
  readonly range?: readonly [number, number]
}

/** Monday first, as `daily` is. */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const

export const FILTER_FIELDS: Readonly<Record<QueryType, Readonly<Record<string, FilterField>>>> = {
  ToolUsage: {
    tool: { kind: 'text', applied: 'owners', meaning: 'name in the public dictionary of tools' },
    category: { kind: 'text', applied: 'owners', meaning: 'its category, e.g. git' },
    uses: { kind: 'number', applied: 'here', meaning: 'uses over all nodes' },
    nodes: { kind: 'number', applied: 'here', meaning: 'nodes that used it' },
    failure_rate: { kind: 'number', applied: 'here', meaning: '0 to 1', range: [0, 1] },
    change: { kind: 'number', applied: 'here', meaning: 'uses more than in the period before' },
  },
  SafetyPosture: {
    risk_level: { kind: 'text', applied: 'owners', meaning: 'of commands', values: RISK_NAMES },
  },
  ActivityPatterns: {
    hour: { kind: 'number', applied: 'here', meaning: 'of the day, 0 to 23', range: [0, 23] },
    day: { kind: 'text', applied: 'here', meaning: 'of the week', values: WEEKDAYS },
  },
  Anomalies: {},
  NodeHealth: {
    name: { kind: 'text', applied: 'here', meaning: 'what the node is called here' },
    fingerprint: { kind: 'text', applied: 'owners', meaning: '16 hex digits' },
    version: { kind: 'text', applied: 'owners', meaning: 'of Karo' },
    online: { kind: 'text', applied: 'here', meaning: 'it answers', values: ['true', 'false'] },
    uptime_seconds: { kind: 'number', applied: 'here', meaning: 'since it started' },
    events_24h: {
      kind: 'number',
      applied: 'here',
      meaning: 'commands of the 24 hours before the last full hour, rounded',
    },
  },
}

type Operator = QueryFilter['operator']

/** As typed: the signs of the contract, and words that no shell reads as its own. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': 'Equals',
  eq: 'Equals',
  '!=': 'NotEquals',
  ne: 'NotEquals',
  contains: 'Contains',
  in: 'InList',
  '>': 'GreaterThan',
  gt: 'GreaterThan',
  '<': 'LessThan',
  lt: 'LessThan',
}

const FITS: Readonly<Record<FilterField['kind'], readonly Operator[]>> = {
  text: ['Equals', 'NotEquals', 'Contains', 'InList'],
  number: ['Equals', 'NotEquals', 'InList', 'GreaterThan', 'LessThan'],
}

const SAID: Readonly<Record<Operator, string>> = {
  Equals: '=',
  NotEquals: '!=',
  Contains: 'contains',
  InList: 'in',
  GreaterThan: '>',
  LessThan: '<',
}

export const FILTERS_MAX = 16
/** Code points of one value, as on the wire. */
const VALUE_MAX = 64
const LIST_MAX = 16
/** UTF-8 bytes of all values together, so that the question stays below its limit of 4 KiB. */
const VALUES_BYTES_MAX = 1536

const NUMBER = /^-?\d{1,15}(?:\.\d{1,9})?$/
/** An operator where the one `=` belongs (`tool!=git`), or without its colon (`tool=!=git`). */
const MISPLACED = /^\s*(\w+)\s*(=?)\s*(!=|>=|<=|>|<|=)\s*:?\s*(.*)$/su
const MEANT: Readonly<Record<string, string>> = {
  '=': 'eq',
  '!=': 'ne',
  '>': 'gt',
  '>=': 'gt',
  '<': 'lt',
  '<=': 'lt',
}
const HOW = 'Write field=operator:value, e.g. tool=contains:git, uses=gt:10 or tool=in:git,npm.'
/** What a label on the wire may not hold. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/**
 * `field=op:value`, or `field=value` for Equals. A value with a colon, or one that begins with the sign of an operator,
 * needs an operator before it. KaroError bad_request; `where` names the place. Whether the field exists is
 * checkFilters' business.
 */
export function parseFilter(text: string, where: string): QueryFilter {
  const misplaced = misplacedIn(text)
  if (misplaced !== undefined) throw bad(`'${text}' is no filter`, where, `Write ${misplaced}`)
  const parts = /^([^=]*)=(.*)$/su.exec(text)
  const field = parts?.[1] ?? ''
  if (parts === null || field === '') throw bad(`'${text}' is no filter`, where, HOW)
  const said = /^([^:]*):(.*)$/su.exec(parts[2] ?? '')
  const operator = said === null ? 'Equals' : operatorOf(said[1] ?? '')
  if (operator === undefined) {
    throw bad(
      `'${said?.[1]}' in '${text}' is no operator`,
      where,
      `The operators are: ${Object.keys(OPERATORS).join(' ')}. A value with a colon needs one: ${field}=eq:…`,
    )
  }
  const value = (said === null ? parts[2] : said[2]) ?? ''
  return operator === 'InList'
    ? { field, operator, value: value.split(',').map((one) => one.trim()) }
    : { field, operator, value }
}

/** The words for what was probably meant; undefined when it is written as it should be, or not nearly. */
function misplacedIn(text: string): string | undefined {
  const said = /^[^=]*=([^:]*):/su.exec(text)?.[1]
  if (said !== undefined && operatorOf(said) !== undefined) return undefined
  const [, field, equals, sign = '', value] = MISPLACED.exec(text) ?? []
  // The usual way, field=value.
  if (field === undefined || (sign === '=' && equals === '')) return undefined
  const meant = `${field}=${MEANT[sign]}:${value}`
  if (sign === '>=' || sign === '<=')
    return `${meant}, which means ${sign === '>=' ? 'more' : 'less'} than ${value}.`
  return meant
}

const operatorOf = (word: string): Operator | undefined =>
  Object.hasOwn(OPERATORS, word) ? OPERATORS[word] : undefined

/**
 * Throws KaroError bad_request that says what is wrong, where, and which fields the type has; `called` is what the
 * type is called there.
 */
export function checkFilters(
  type: QueryType,
  filters: readonly QueryFilter[],
  where = 'filters',
  called: string = type,
): void {
  if (filters.length > FILTERS_MAX) throw bad(`there are more than ${FILTERS_MAX} filters`, where)
  let bytes = 0
  for (const filter of filters) {
    const wrong = wrongIn(type, filter, called)
    if (wrong !== undefined) throw bad(wrong.what, where, wrong.hint)
    for (const value of valuesOf(filter)) bytes += new TextEncoder().encode(value).length
  }
  if (bytes > VALUES_BYTES_MAX) throw bad('the filters are too long together', where)
}

/** True when this node can apply the filter to its own data of that type; anything else would answer another question. */
export function ownerApplies(type: QueryType, filter: QueryFilter): boolean {
  return wrongIn(type, filter) === undefined && fieldOf(type, filter.field)?.applied === 'owners'
}

/** Those that go with the question. */
export function filtersForOwners(type: QueryType, filters: readonly QueryFilter[]): QueryFilter[] {
  return filters.filter((filter) => fieldOf(type, filter.field)?.applied === 'owners')
}

function wrongIn(
  type: QueryType,
  filter: QueryFilter,
  called: string = type,
): { what: string; hint?: string } | undefined {
  const field = fieldOf(type, filter.field)
  if (field === undefined) return { what: `${called} has no field '${filter.field}'`, hint: fieldsHint(type) }
  const { kind } = field
  if (!FITS[kind].includes(filter.operator)) {
    return {
      what: `'${SAID[filter.operator]}' does not fit ${filter.field}, which is a ${kind}`,
      hint: `It can be compared with: ${FITS[kind].map((one) => SAID[one]).join(' ')}.`,
    }
  }
  const values = valuesOf(filter)
  if (values.length === 0 || values.length > LIST_MAX) {
    return {
      what: `${filter.field} is compared with ${values.length} values`,
      hint: `Give 1 to ${LIST_MAX}.`,
    }
  }
  for (const value of values) {
    const wrong = wrongValue(filter, field, value)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function wrongValue(
  { field: name, operator }: QueryFilter,
  field: FilterField,
  value: string,
): { what: string; hint?: string } | undefined {
  if (value === '') return { what: `${name} is compared with nothing`, hint: HOW }
  if ([...value].length > VALUE_MAX)
    return { what: `a value of ${name} is longer than ${VALUE_MAX} characters` }
  if (UNPRINTABLE.test(value)) return { what: `a value of ${name} holds control or format characters` }
  if (field.kind === 'number' && !NUMBER.test(value))
    return { what: `'${value}' is not a number, and ${name} takes one, as in ${name}=gt:10` }
  const { values, range } = field
  if (range !== undefined && (Number(value) < range[0] || Number(value) > range[1])) {
    return { what: `'${value}' is out of range`, hint: `${name} can be ${range[0]} to ${range[1]}.` }
  }
  if (values !== undefined && operator !== 'Contains' && !values.includes(value.toLowerCase())) {
    return { what: `'${value}' is no ${name}`, hint: `It can be: ${values.join(', ')}.` }
  }
  return undefined
}

const fieldOf = (type: QueryType, name: string): FilterField | undefined =>
  Object.hasOwn(FILTER_FIELDS[type], name) ? FILTER_FIELDS[type][name] : undefined

function fieldsHint(type: QueryType): string {
  const names = Object.keys(FILTER_FIELDS[type])
  return names.length === 0 ? 'It has none.' : `It has: ${names.join(', ')}.`
}

const valuesOf = (filter: QueryFilter): readonly string[] =>
  filter.operator === 'InList' ? filter.value : [filter.value]

/** Whether a row passes. Text is compared without regard to case; a value that is not known passes no filter. */
export function passes(filter: QueryFilter, actual: string | number | null): boolean {
  if (actual === null) return false
  if (typeof actual === 'number') return compareNumber(filter, actual)
  const text = actual.toLowerCase()
  const [first = '', ...rest] = valuesOf(filter).map((value) => value.toLowerCase())
  switch (filter.operator) {
    case 'Equals':
      return text === first
    case 'NotEquals':
      return text !== first
    case 'Contains':
      return text.includes(first)
    case 'InList':
      return [first, ...rest].includes(text)
    case 'GreaterThan':
    case 'LessThan':
      return false
  }
}

function compareNumber(filter: QueryFilter, actual: number): boolean {
  const [first = Number.NaN, ...rest] = valuesOf(filter).map(Number)
  switch (filter.operator) {
    case 'Equals':
      return actual === first
    case 'NotEquals':
      return actual !== first
    case 'InList':
      return [first, ...rest].includes(actual)
    case 'GreaterThan':
      return actual > first
    case 'LessThan':
      return actual < first
    case 'Contains':
      return false
  }
}

const bad = (what: string, where: string, hint?: string): KaroError =>
  new KaroError('bad_request', what, { where, ...(hint === undefined ? {} : { hint }) })
