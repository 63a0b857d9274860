// The form for the arguments of a tool: which fields a schema makes, and what it says of what was typed. Schemas come from agents.
import { expect, test } from 'vitest'
import { type Field, fieldsOf, problemsOf, readTyped } from '../../../src/window/views/agents/arguments.ts'

const schema = {
  type: 'object',
  properties: {
    path: { type: 'string', description: 'the file', minLength: 1, maxLength: 5 },
    mode: { enum: ['read', 'write'], default: 'read' },
    lines: { type: 'integer', minimum: 1, maximum: 9 },
    deep: { type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'] },
    sure: { type: 'boolean' },
  },
  required: ['path'],
  additionalProperties: false,
}

test('a field for each member, of the kind that its type asks for', () => {
  expect(fieldsOf(schema)).toEqual([
    { name: 'path', kind: 'text', isRequired: true, says: 'the file', choices: [], initial: '' },
    {
      name: 'mode',
      kind: 'choice',
      isRequired: false,
      says: '',
      choices: ['read', 'write'],
      initial: 'read',
    },
    { name: 'lines', kind: 'number', isRequired: false, says: '', choices: [], initial: '' },
    { name: 'deep', kind: 'json', isRequired: false, says: '', choices: [], initial: '' },
    { name: 'sure', kind: 'boolean', isRequired: false, says: '', choices: [], initial: '' },
  ])
  for (const none of [null, {}, { properties: [] }, { properties: 'x' }])
    expect(fieldsOf(none)).toBeUndefined()
})

test('what was typed becomes a value of that kind, or says why it is none', () => {
  const field = (kind: Field['kind'], isRequired = false): Field => ({
    name: 'x',
    kind,
    isRequired,
    says: '',
    choices: [],
    initial: '',
  })
  expect(readTyped(field('text'), '')).toEqual({ absent: true })
  expect(readTyped(field('text', true), '')).toEqual({ value: '' })
  expect(readTyped(field('number'), ' 4 ')).toEqual({ value: 4 })
  expect(readTyped(field('boolean'), 'false')).toEqual({ value: false })
  expect(readTyped(field('json'), '[1]')).toEqual({ value: [1] })
  expect(() => readTyped(field('number'), 'four')).toThrow('not a number')
  expect(() => readTyped(field('json'), '{')).toThrow('not JSON')
})

test('each thing that does not fit is said in a sentence', () => {
  expect(problemsOf(schema, { path: 'a', mode: 'read', lines: 9, deep: { on: true } })).toEqual([])
  expect(problemsOf(schema, { mode: 'run', lines: 0.5, deep: {}, other: 1 })).toEqual([
    'path is missing.',
    'The arguments have no other.',
    'mode has to be one of "read", "write".',
    'lines has to be a whole number.',
    'on is missing.',
  ])
  expect(problemsOf(schema, { path: '' })).toEqual(['path needs at least 1 characters.'])
  expect(problemsOf(schema, { path: 'abcdef' })).toEqual(['path may have at most 5 characters.'])
  expect(problemsOf(schema, { path: 'a', lines: 10 })).toEqual(['lines has to be at most 9.'])
  const list = { type: 'array', items: { type: 'string' }, maxItems: 1 }
  expect(problemsOf(list, [1, 'a'])).toEqual([
    'The arguments may have at most 1 items.',
    'The arguments, item 1, has to be a text.',
  ])
  expect(problemsOf({ type: ['string', 'null'] }, 4)).toEqual(['The arguments has to be a text or null.'])
})

test('a schema that makes no sense, names what every object has, or goes round in itself, is let pass', () => {
  for (const odd of [null, 4, [], { type: 4 }, { type: 'constructor' }, { required: 'x', enum: 4 }])
    expect(problemsOf(odd, { a: 1 })).toEqual([])
  expect(problemsOf({ required: ['toString', '__proto__'] }, {})).toEqual([
    'toString is missing.',
    '__proto__ is missing.',
  ])
  const round: { properties: Record<string, unknown> } = { properties: {} }
  round.properties.a = round
  const value: Record<string, unknown> = {}
  value.a = value
  expect(problemsOf(round, value)).toEqual([])
})
