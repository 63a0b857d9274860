// What agents and people think with, where it is a function of values: templates, ranks, plans, reviews and their bounds.

import { describe, expect, test } from 'vitest'
import { reviewed } from '../../../src/agents/builtins/review.ts'
import { cosine, fused, numbersOf, vectorBytes } from '../../../src/agents/memory/memory.ts'
import { createWordIndex } from '../../../src/agents/memory/words.ts'
import { stepsIn } from '../../../src/agents/planner/by-model.ts'
import { clausesOf, embeddedPlan } from '../../../src/agents/planner/embedded.ts'
import { checked, type Draft, type Offer } from '../../../src/agents/planner/plan.ts'
import { attemptAfter } from '../../../src/agents/planner/planner.ts'
import { render, variablesOf } from '../../../src/agents/prompts/template.ts'
import { KaroError } from '../../../src/base/errors.ts'
import fc, { anyText, forAll } from '../../support/run/properties.ts'

describe('templates', () => {
  test('variables that are required, that have a default, and braces that mean themselves', () => {
    const text = 'Explain {{what}} in {{language = English }}: \\{{what}} {{what}}'
    expect(variablesOf(text)).toEqual([
      { name: 'what', default: null },
      { name: 'language', default: 'English' },
    ])
    expect(render(text, { what: 'tar' })).toBe('Explain tar in English: {{what}} tar')
    expect(render(text, { what: 'tar', language: '' })).toBe('Explain tar in : {{what}} tar')
  })

  test('every variable that is missing is named, and one that there is not is an error', () => {
    expect(() => render('{{a}} {{b}} {{c=x}}', {})).toThrow('these variables have no value: a, b')
    expect(() => render('{{focus}}', { focus: 'x', focsu: 'y' })).toThrow("no variable 'focsu'")
    for (const text of ['', ' ', '{{', '{{a', '{{1a}}', '{{a b}}', '{{{a}}}', '{{a=1}} {{a=2}}'])
      expect(() => variablesOf(text), text).toThrow(KaroError)
  })

  test('a value is put in as it is, whatever stands in it', () => {
    forAll(anyText(), fc.string(), (value, around) => {
      const plain = around.replaceAll('{', '').replaceAll('\\', '')
      expect(render(`${plain}{{v}}${plain}`, { v: value })).toBe(plain + value + plain)
    })
    expect(render('{{a}}', { a: '{{b}} $(id) `id` ${x}' })).toBe('{{b}} $(id) `id` ${x}')
  })

  test('any text is a template or refused, and rendering it never throws anything else', () => {
    const pieces = fc.constantFrom('{', '}', '{{', '}}', '\\', 'a', '=', ' ', '\n', '{{x}}', '{{y=z}}')
    forAll(fc.array(pieces, { maxLength: 12 }), (parts) => {
      try {
        render(parts.join(''), { x: '1' })
      } catch (error) {
        expect(error).toBeInstanceOf(KaroError)
      }
    })
  })
})

describe('ranks', () => {
  test('vectors come back as they were, to 32 bits', () => {
    forAll(fc.array(fc.float({ noNaN: true }), { maxLength: 20 }), (numbers) => {
      expect(numbersOf(vectorBytes(numbers))).toEqual(numbers)
    })
  })

  test('likeness is within its bounds for any vectors', () => {
    const vector = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 8 })
    forAll(vector, vector, (a, b) => {
      const likeness = cosine(a, b)
      expect(Math.abs(likeness)).toBeLessThanOrEqual(1 + 1e-9)
      expect(cosine(b, a)).toBeCloseTo(likeness)
    })
    expect(cosine([1, 0], [0, 1])).toBe(0)
    expect(cosine([1, 2], [1, 2, 3])).toBe(0)
  })

  test('what both orders have stands above what one has, and all of it is there once', () => {
    const found = fused({ words: ['a', 'b'], meaning: ['c', 'b'] })
    expect(found.map(({ id }) => id)).toEqual(['b', 'a', 'c'])
    expect(found[0]).toEqual({ id: 'b', score: 1, by: ['words', 'meaning'] })
  })

  test('words are found by their beginning and with a slip, and not once they are removed', () => {
    const index = createWordIndex([
      { id: '1', text: 'The staging database moved to db-2' },
      { id: '2', text: 'Lunch is at noon' },
    ])
    for (const query of ['database', 'datab', 'databse', 'STAGING moved'])
      expect(index.search(query)).toEqual(['1'])
    index.remove('1')
    index.add({ id: '3', text: 'another database' })
    expect(index.search('database')).toEqual(['3'])
    expect(index.search('x'.repeat(10_000))).toEqual([])
  })
})

const OFFERS: readonly Offer[] = [
  {
    agent: 'kMemory:notes',
    tool: 'search_notes',
    readOnly: true,
    description: 'Searches your notes',
    inputSchema: { properties: { query: { type: 'string' } }, required: ['query'] },
  },
  {
    agent: 'kExecutor:files',
    tool: 'read_file',
    readOnly: true,
    description: 'Reads a file',
    inputSchema: { properties: { path: { type: 'string' } }, required: ['path'] },
  },
  {
    agent: 'kExecutor:files',
    tool: 'list_trash',
    readOnly: false,
    description: 'Lists the trash',
    inputSchema: null,
  },
]
const draft = (id: string, over: Partial<Draft> = {}): Draft => ({
  id,
  what: 'w',
  after: [],
  agent: 'kMemory:notes',
  tool: 'search_notes',
  command: '',
  input: { query: 'x' },
  ...over,
})

const harmless = () => undefined

describe('plans', () => {
  test('a command that is blocked makes it no plan, and what is risky about one stands on its step', () => {
    const command = draft('a', { agent: '', tool: '', input: {}, command: 'x' })
    expect(() => checked([command], OFFERS, () => ({ blocked: true, why: 'it wipes' }))).toThrow('it wipes')
    const [step] = checked([command], OFFERS, () => ({ blocked: false, why: 'it changes much' }))
    expect(step?.warning).toBe('it changes much')
  })

  test('steps stand behind those that they wait for, in any order they came', () => {
    const steps = fc
      .integer({ min: 1, max: 12 })
      .chain((count) =>
        fc.tuple(
          fc.array(fc.array(fc.nat(count), { maxLength: 3 }), { minLength: count, maxLength: count }),
          fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
        ),
      )
    forAll(steps, ([waits, order]) => {
      const drafts = order.map((i) =>
        draft(`s${i}`, { after: (waits[i] ?? []).filter((one) => one < i).map((one) => `s${one}`) }),
      )
      const planned = checked(drafts, OFFERS, harmless)
      expect(planned.map(({ id }) => id).sort()).toEqual(drafts.map(({ id }) => id).sort())
      for (const [i, { after }] of planned.entries())
        for (const id of after) expect(planned.findIndex((one) => one.id === id)).toBeLessThan(i)
    })
  })

  test.each<[string, readonly Draft[]]>([
    ['no step', []],
    ['a circle', [draft('a', { after: ['b'] }), draft('b', { after: ['a'] })]],
    ['itself', [draft('a', { after: ['a'] })]],
    ['nobody', [draft('a', { after: ['z'] })]],
    ['twice', [draft('a'), draft('a')]],
    ['a tool that nobody offers', [draft('a', { tool: 'delete_all' })]],
    ['an argument too few', [draft('a', { input: {} })]],
    ['a command of an agent', [draft('a', { command: 'ls' })]],
    ['a command that hides something', [draft('a', { agent: '', tool: '', command: 'ls \u001b[2J' })]],
    ['an id that is a path', [draft('../x')]],
    ['too many', Array.from({ length: 21 }, (_, i) => draft(`s${i}`))],
  ])('refused: %s', (_, drafts) => {
    expect(() => checked(drafts, OFFERS, harmless)).toThrow(KaroError)
  })

  test('a class is by the name, and Green only for what says that it only reads', () => {
    const steps = checked(
      [
        draft('a'),
        draft('b', { agent: 'kExecutor:files', tool: 'list_trash', input: {} }),
        draft('c', { agent: '', tool: '', input: {}, command: 'df -h' }),
      ],
      OFFERS,
      harmless,
    )
    expect(steps.map(({ class: of, kind }) => [kind, of])).toEqual([
      ['Search', 'green'],
      ['ListDirectory', 'low'],
      ['ExecuteCommand', 'high'],
    ])
  })

  test('a goal is cut into clauses, and each becomes a tool, a command, or is named as unknown', async () => {
    expect(clausesOf('read the file /etc/hosts, then do it. x')).toEqual([
      'read the file /etc/hosts',
      'do it',
      'x',
    ])
    const goal =
      'search my notes for "staging database", then read the file /etc/hosts, then show free disk space, then sing'
    const { drafts, unknown } = await embeddedPlan(goal, OFFERS, async (clause) =>
      clause.includes('disk') ? 'df -h' : undefined,
    )
    expect(drafts.map(({ id, after, tool, command, input }) => [id, after, tool || command, input])).toEqual([
      ['s1', [], 'search_notes', { query: 'staging database' }],
      ['s2', ['s1'], 'read_file', { path: '/etc/hosts' }],
      ['s3', ['s2'], 'df -h', {}],
    ])
    expect(unknown).toEqual(['sing'])
    expect(() => checked(drafts, OFFERS, harmless)).not.toThrow()
  })

  test('a result is taken of a step of an agent, into an argument that is a text, and never into code', () => {
    const source = draft('s1')
    const taking = (takes: Readonly<Record<string, string>>, over: Partial<Draft> = {}) =>
      checked([draft('s2', { input: {}, takes, ...over }), source], OFFERS, harmless)
    const [first, second] = taking({ query: 's1' })
    expect([first?.id, second?.id, second?.after, second?.takes]).toEqual([
      's1',
      's2',
      ['s1'],
      { query: 's1' },
    ])
    const offers = [
      {
        ...(OFFERS[0] as Offer),
        inputSchema: { properties: { command: { type: 'string' }, n: { type: 'number' } } },
      },
    ]
    for (const [takes, over, why] of [
      [{ query: 's9' }, {}, 'not a step of an agent'],
      [{ query: 's2' }, {}, 'circle'],
      [{ other: 's1' }, { input: { query: 'x' } }, 'takes no text as other'],
      [{ query: 's1' }, { input: { query: 'x' } }, 'is given and taken'],
      [{ x: 's1' }, { agent: '', tool: '', input: {}, command: 'df -h' }, 'a command takes no result'],
    ] as const)
      expect(() => taking(takes, over), why).toThrow(why)
    const among = (takes: Readonly<Record<string, string>>) =>
      checked([draft('s2', { input: {}, takes }), draft('s1', { input: {} })], offers, harmless)
    expect(() => among({ command: 's1' })).toThrow('is code')
    expect(() => among({ n: 's1' })).toThrow('takes no text as n')
    const properties = { argv: { type: 'array' }, cwd: { type: 'string' }, stdin: { type: 'string' } }
    const command: Offer = {
      agent: 'kExecutor:command',
      tool: 'exec',
      description: '',
      readOnly: false,
      inputSchema: { properties },
    }
    for (const argument of ['stdin', 'cwd'])
      expect(() =>
        checked(
          [
            draft('s2', {
              agent: command.agent,
              tool: command.tool,
              input: { argv: ['sh'] },
              takes: { [argument]: 's1' },
            }),
            source,
          ],
          [...OFFERS, command],
          harmless,
        ),
      ).toThrow(`no result is put into a command: ${argument} has to be given`)
    const yours = draft('s1', { agent: '', tool: '', input: {}, command: 'df -h' })
    expect(() =>
      checked([draft('s2', { input: {}, takes: { query: 's1' } }), yours], OFFERS, harmless),
    ).toThrow('not a step of an agent')
  })

  test('a step without an agent goes to the one that is offered first', () => {
    const other = { ...(OFFERS[0] as Offer), agent: 'kExecutor:idle' }
    const [step] = checked([draft('s1', { agent: '' })], [other, ...OFFERS], harmless)
    expect(step?.agent).toBe('kExecutor:idle')
  })

  test('a reply is a plan or refused, whatever it is', () => {
    const good = { id: 's1', what: 'x', after: [], agent: 'a', tool: 't', input: '{"q":1}', command: '' }
    expect(stepsIn(JSON.stringify({ steps: [good] }))).toEqual([{ ...good, input: { q: 1 } }])
    expect(stepsIn(`\`\`\`json\n${JSON.stringify({ steps: [good] })}\n\`\`\``)).toHaveLength(1)
    const takes = [{ argument: 'q', step: 's0' }]
    expect(stepsIn(JSON.stringify({ steps: [{ ...good, takes }] }))[0]?.takes).toEqual({ q: 's0' })
    forAll(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        stepsIn(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'unavailable' })
      }
    })
  })

  test('a step that began to run is never given again', () => {
    const task = (...states: string[]) =>
      ({ state: states.at(-1), events: states.map((state) => ({ state })) }) as unknown as Parameters<
        typeof attemptAfter
      >[1]
    const denied = task('submitted', 'rejected')
    expect(attemptAfter({}, undefined)).toBe(1)
    expect(attemptAfter({ attempt: 1 }, task('submitted', 'working', 'failed'))).toBeUndefined()
    expect(attemptAfter({ attempt: 1 }, task('submitted'))).toBeUndefined()
    expect(attemptAfter({ attempt: 1 }, denied)).toBe(2)
    expect(attemptAfter({ attempt: 2 }, denied)).toBe(3)
    expect(attemptAfter({ attempt: 9 }, denied)).toBeUndefined()
    // The task is forgotten already.
    expect(attemptAfter({ attempt: 1 }, undefined)).toBeUndefined()
    expect(attemptAfter({ attempt: 1, over: 'ran' }, undefined)).toBeUndefined()
    expect(attemptAfter({ attempt: 1, over: 'never ran' }, undefined)).toBe(2)
  })
})

test('a review holds when every check does, and without a model nobody judges a goal', async () => {
  const json = JSON.stringify({ content: [{ type: 'text', text: 'all 12 tests passed' }] })
  const task = { id: 't', state: 'completed' } as const
  const nobody = async () => undefined
  expect(await reviewed(task, json, { contains: 'passed', lacks: 'failed' }, nobody)).toMatchObject({
    holds: true,
  })
  expect(await reviewed(task, json, { contains: 'failed' }, nobody)).toMatchObject({ holds: false })
  expect(await reviewed({ ...task, state: 'failed' }, undefined, {}, nobody)).toMatchObject({ holds: false })
  expect(await reviewed(task, json, { goal: 'tests pass' }, nobody)).toMatchObject({ holds: false })
  const yes = async () => ({ reached: true, why: 'they do', by: '127.0.0.1:1' })
  expect(await reviewed(task, json, { goal: 'tests pass' }, yes)).toMatchObject({ holds: true })
})

test('a review of which a part was not looked at does not hold', async () => {
  const task = { id: 't', state: 'completed' } as const
  const link = { type: 'resource_link', uri: `karo:artifact/${'a'.repeat(32)}` }
  const kept = JSON.stringify({ content: [{ type: 'text', text: 'The result has 9 characters.' }, link] })
  const asked: string[] = []
  const yes = async (text: string) => {
    asked.push(text)
    return { reached: true, why: 'it is', by: '127.0.0.1:1' }
  }
  expect(await reviewed(task, kept, { lacks: 'failed', goal: 'x' }, yes)).toMatchObject({
    holds: false,
    checks: [{ check: 'completed' }, { check: 'complete', detail: expect.stringContaining('aaaaaaaaaaaa') }],
  })
  expect(asked).toEqual([])
  const long = JSON.stringify({ content: [{ type: 'text', text: 'x'.repeat(12_001) }] })
  expect(await reviewed(task, long, { goal: 'x' }, yes)).toMatchObject({
    holds: false,
    checks: [{}, { detail: expect.stringContaining('the first 12000 of 12001') }],
  })
})
