// What `--where` may say: the fields of each type, and how filters are read, checked and compared; loads nothing.
import type { QueryFilter } from '../../../protocols/messages/query.ts'
import { KaroError } from '../../base/errors.ts'
import { valuesOf } from './passes.ts'
import { type FilterField, findQueryType } from './query-types/index.ts'

type Operator = QueryFilter['operator']

/** Operators as people type them: the signs of the contract, and words that mean nothing to a shell. */
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
/** Characters that a label on the wire may not hold. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/**
 * `field=op:value`, or `field=value` for Equals. A value with a colon, or one that begins with the sign of an operator,
 * needs an operator before it. KaroError bad_request; `where` names the place. Whether the field exists is
 * checkFilters' business.
 */
export function parseFilter(text: string, where: string): QueryFilter {
  const misplaced = misplacedIn(text)
  if (misplaced !== undefined) throw bad(`'${text}' is not a filter`, where, `Write ${misplaced}`)
  const parts = /^([^=]*)=(.*)$/su.exec(text)
  const field = parts?.[1] ?? ''
  if (parts === null || field === '') throw bad(`'${text}' is not a filter`, where, HOW)
  const said = /^([^:]*):(.*)$/su.exec(parts[2] ?? '')
  const operator = said === null ? 'Equals' : operatorOf(said[1] ?? '')
  if (operator === undefined) {
    throw bad(
      `'${said?.[1]}' in '${text}' is not an operator`,
      where,
      `The operators are: ${Object.keys(OPERATORS).join(' ')}. A value with a colon needs one: ${field}=eq:…`,
    )
  }
  const value = (said === null ? parts[2] : said[2]) ?? ''
  return operator === 'InList'
    ? { field, operator, value: value.split(',').map((one) => one.trim()) }
    : { field, operator, value }
}

/** The filter that was probably meant, in words; undefined for a filter that is right, or nothing like one. */
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
  type: string,
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
export function ownerApplies(type: string, filter: QueryFilter): boolean {
  return wrongIn(type, filter) === undefined && fieldOf(type, filter.field)?.applied === 'owners'
}

/** The filters that are sent to the owners with the question. */
export function filtersForOwners(type: string, filters: readonly QueryFilter[]): QueryFilter[] {
  return filters.filter((filter) => fieldOf(type, filter.field)?.applied === 'owners')
}

/** Field of the one filter of a question about released totals: the role whose totals are asked for. */
const AUDIENCE = 'audience'

export const audienceFilter = (audience: string): QueryFilter => ({
  field: AUDIENCE,
  operator: 'Equals',
  value: audience,
})

/** Undefined: the filters are not those of a question about released totals. */
export function audienceIn([filter, ...others]: readonly QueryFilter[]): string | undefined {
  if (filter?.field !== AUDIENCE || filter.operator !== 'Equals' || others.length > 0) return undefined
  return filter.value
}

function wrongIn(
  type: string,
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

const fieldsOf = (type: string): Readonly<Record<string, FilterField>> => findQueryType(type)?.fields ?? {}

const fieldOf = (type: string, name: string): FilterField | undefined =>
  Object.hasOwn(fieldsOf(type), name) ? fieldsOf(type)[name] : undefined

function fieldsHint(type: string): string {
  const names = Object.keys(fieldsOf(type))
  return names.length === 0 ? 'It has none.' : `It has: ${names.join(', ')}.`
}

const bad = (what: string, where: string, hint?: string): KaroError =>
  new KaroError('bad_request', what, { where, hint })
