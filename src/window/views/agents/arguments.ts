// Reads the JSON Schema that an agent gives for the arguments of a tool: which fields a form has, and what is wrong with what
// was typed. It knows the words that tools use and lets everything else pass, because the agent checks its arguments itself.

/** What a person fills in. */
export interface Field {
  readonly name: string
  readonly kind: 'text' | 'number' | 'choice' | 'boolean' | 'json'
  readonly isRequired: boolean
  readonly says: string
  /** Of a choice. */
  readonly choices: readonly string[]
  /** What the field holds at first, as it would be typed. */
  readonly initial: string
}

type Schema = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const schemaOf = (value: unknown): Schema => (isObject(value) ? value : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Fields of a schema of an object; undefined where it describes none, so that all arguments are one text of JSON. */
export function fieldsOf(schema: Schema | null): readonly Field[] | undefined {
  if (schema === null || !isObject(schema.properties)) return undefined
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(schema.properties).map(([name, value]) => {
    const of = schemaOf(value)
    const choices = choicesOf(of)
    return {
      name,
      choices,
      isRequired: required.includes(name),
      says: textOf(of.description),
      kind: choices.length > 0 ? 'choice' : kindOf(of.type),
      initial: of.default === undefined ? '' : asTyped(of.default),
    }
  })
}

const asTyped = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const choicesOf = ({ enum: choices }: Schema): readonly string[] =>
  Array.isArray(choices) && choices.every((one) => typeof one === 'string') ? choices : []

function kindOf(type: unknown): Field['kind'] {
  if (type === 'string') return 'text'
  if (type === 'number' || type === 'integer') return 'number'
  return type === 'boolean' ? 'boolean' : 'json'
}

/** The value of what was typed into a field; `absent` where it was left empty. Throws an Error with what is wrong. */
export function readTyped(
  { kind, isRequired }: Field,
  typed: string,
): { readonly absent: true } | { readonly value: unknown } {
  if (typed === '' && !(kind === 'text' && isRequired)) return { absent: true }
  if (kind === 'text' || kind === 'choice') return { value: typed }
  if (kind === 'boolean') return { value: typed === 'true' }
  if (kind === 'number') {
    const value = Number(typed)
    if (typed.trim() === '' || !Number.isFinite(value)) throw new Error('This is not a number.')
    return { value }
  }
  try {
    return { value: JSON.parse(typed) }
  } catch {
    throw new Error('This is not JSON. A text needs quotation marks, a list square brackets.')
  }
}

/** How deep a schema is followed; deeper the agent checks by itself. */
const DEPTH_MAX = 8

/** What is wrong with `value`, in sentences; empty where nothing is. `where` names the place. */
export function problemsOf(
  schema: unknown,
  value: unknown,
  where = 'The arguments',
  depth = 0,
): readonly string[] {
  if (!isObject(schema) || depth > DEPTH_MAX) return []
  const wrongType = typeProblem(schema.type, value)
  if (wrongType !== undefined) return [`${where} ${wrongType}.`]
  if (Array.isArray(schema.enum) && !schema.enum.some((one) => JSON.stringify(one) === JSON.stringify(value)))
    return [`${where} has to be one of ${schema.enum.map((one) => JSON.stringify(one)).join(', ')}.`]
  if (typeof value === 'string') return boundProblems(schema, 'Length', value.length, where, 'characters')
  if (typeof value === 'number') return rangeProblems(schema, value, where)
  if (Array.isArray(value))
    return [
      ...boundProblems(schema, 'Items', value.length, where, 'items'),
      ...value.flatMap((item, i) => problemsOf(schema.items, item, `${where}, item ${i + 1},`, depth + 1)),
    ]
  return isObject(value) ? memberProblems(schema, value, where, depth) : []
}

function memberProblems(schema: Schema, value: Schema, where: string, depth: number): readonly string[] {
  const known = schemaOf(schema.properties)
  const required = Array.isArray(schema.required) ? schema.required : []
  const missing = required.filter((name) => typeof name === 'string' && !Object.hasOwn(value, name))
  const unknown =
    schema.additionalProperties === false
      ? Object.keys(value).filter((name) => !Object.hasOwn(known, name))
      : []
  return [
    ...missing.map((name) => `${name} is missing.`),
    ...unknown.map((name) => `${where} have no ${name}.`),
    ...Object.entries(value).flatMap(([name, member]) =>
      Object.hasOwn(known, name) ? problemsOf(known[name], member, name, depth + 1) : [],
    ),
  ]
}

const TYPES: Readonly<
  Record<string, { readonly fits: (value: unknown) => boolean; readonly words: string }>
> = {
  string: { fits: (value) => typeof value === 'string', words: 'a text' },
  number: { fits: (value) => typeof value === 'number', words: 'a number' },
  integer: { fits: Number.isInteger, words: 'a whole number' },
  boolean: { fits: (value) => typeof value === 'boolean', words: 'true or false' },
  array: { fits: Array.isArray, words: 'a list' },
  object: { fits: isObject, words: 'an object' },
  null: { fits: (value) => value === null, words: 'null' },
}

function typeProblem(type: unknown, value: unknown): string | undefined {
  const wanted = (Array.isArray(type) ? type : [type]).flatMap((one) =>
    typeof one === 'string' && Object.hasOwn(TYPES, one) ? [TYPES[one]!] : [],
  )
  if (wanted.length === 0 || wanted.some(({ fits }) => fits(value))) return undefined
  return `has to be ${wanted.map(({ words }) => words).join(' or ')}`
}

/** `minLength`, `maxLength`, `minItems`, `maxItems`. */
function boundProblems(
  schema: Schema,
  of: 'Length' | 'Items',
  size: number,
  where: string,
  words: string,
): readonly string[] {
  const [least, most] = [schema[`min${of}`], schema[`max${of}`]]
  return [
    ...(typeof least === 'number' && size < least ? [`${where} needs at least ${least} ${words}.`] : []),
    ...(typeof most === 'number' && size > most ? [`${where} may have at most ${most} ${words}.`] : []),
  ]
}

function rangeProblems({ minimum, maximum }: Schema, value: number, where: string): readonly string[] {
  return [
    ...(typeof minimum === 'number' && value < minimum ? [`${where} has to be at least ${minimum}.`] : []),
    ...(typeof maximum === 'number' && value > maximum ? [`${where} has to be at most ${maximum}.`] : []),
  ]
}
