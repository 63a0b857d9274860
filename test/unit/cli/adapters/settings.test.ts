// The tools' settings files: ours goes in once and out again, and nothing else changes by a byte.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ADAPTERS, type HookSettings } from '../../../../src/cli/adapters/index.ts'
import {
  type Json,
  memberOf,
  NotEditable,
  parseNode,
  withAdded,
  withoutElement,
} from '../../../../src/cli/adapters/json-edit.ts'
import {
  isBare,
  MARK,
  ownHooks,
  ownLines,
  undone,
  withHooks,
  withoutHooks,
} from '../../../../src/cli/adapters/settings.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const LINE = `karo hook x || exit 0 ${MARK}`
const tools = Object.values(ADAPTERS).flatMap(({ name, settings }) =>
  settings === undefined || settings.plugin !== undefined ? [] : [[name, settings] as [string, HookSettings]],
)

describe.each(tools)('%s', (_, settings) => {
  const wanted = settings.entries(LINE)

  test('an empty file becomes what the tool documents', () => {
    const made = withHooks('', settings, LINE)
    expect(JSON.parse(made)).toEqual({ ...settings.fixed, hooks: wanted })
    expect(made.endsWith('}\n')).toBe(true)
    expect(isBare(withoutHooks(made), settings)).toBe(true)
  })

  test('a byte order mark stays where it is', () => {
    const bytes = Buffer.from('\uFEFF{"model":"x"}\n').toString('latin1')
    const once = withHooks(bytes, settings, LINE)
    expect(once.startsWith(bytes.slice(0, 4))).toBe(true)
    expect(JSON.parse(once.slice(3)).hooks).toEqual(wanted)
    expect(JSON.parse(withoutHooks(once).slice(3))).toMatchObject({ model: 'x' })
  })

  test('twice is once, and what stood there before comes back byte by byte', () => {
    for (const text of [
      '{}',
      '{"model":"x"}\n',
      '{\n    "model": "x",\n    "hooks": {\n        "Stop": [\n            {"hooks": []}\n        ]\n    }\n}\n',
      '{\r\n\t"permissions": {"allow": ["Bash(ls:*)"]},\r\n\t"$schema": "é"\r\n}',
      '{ "hooks" : { "disabled": ["a"] } , "a" : 1.50e2 }',
    ]) {
      const bytes = Buffer.from(text).toString('latin1')
      const once = withHooks(bytes, settings, LINE)
      expect(withHooks(once, settings, LINE)).toBe(once)
      expect(JSON.parse(once)).toEqual({
        ...JSON.parse(bytes),
        ...settings.fixed,
        hooks: { ...JSON.parse(bytes).hooks, ...wanted },
      })
      const back = JSON.parse(withoutHooks(once))
      for (const key of Object.keys(settings.fixed ?? {})) delete back[key]
      expect(back).toEqual(JSON.parse(bytes))
      if (Object.keys(settings.fixed ?? {}).length === 0) expect(withoutHooks(once)).toBe(bytes)
    }
  })

  test('an older line of ours is replaced, and hooks of others stay, also in the same group', () => {
    const [event, entries] = Object.entries(wanted)[0]!
    const own = (entries as readonly Json[])[0] as { hooks?: readonly Json[] }
    const other = { type: 'command', command: 'audit.sh', bash: 'audit.sh' }
    const mixed = own.hooks === undefined ? [other, own] : [{ ...own, hooks: [other, ...own.hooks] }]
    const text = JSON.stringify({ hooks: { [event]: mixed } }, null, 2).replaceAll(LINE, `old ${MARK}`)
    const edited = withHooks(text, settings, LINE)
    expect(ownHooks(edited)).toEqual(
      Object.fromEntries(Object.entries(wanted).sort(([a], [b]) => (a < b ? -1 : 1))),
    )
    expect(edited).not.toContain('old #')
    expect(JSON.stringify(JSON.parse(withoutHooks(edited)).hooks[event])).toContain('audit.sh')
    expect(withoutHooks(edited)).not.toContain(MARK)
  })

  test('what is no such file is left alone', () => {
    for (const text of [
      ...(settings.comments ? [] : ['// comment\n{}']),
      '{"a":1,}',
      '[]',
      '7',
      '{"hooks":[]}',
      '{"hooks":{}, "hooks":{}}',
      '\u{feff}{}',
      `{"a":${'['.repeat(500)}${']'.repeat(500)}}`,
    ]) {
      expect(() => withHooks(text, settings, LINE)).toThrow(NotEditable)
    }
    const [event] = Object.keys(wanted)
    expect(() => withHooks(JSON.stringify({ hooks: { [event!]: {} } }), settings, LINE)).toThrow(NotEditable)
  })
})

test.each([
  ['{"a":1,}', 1, 8],
  ['{\n  "a": [1, 2],\n  "b": no\n}', 3, 8],
  ['{\n  // mine\n  "a": {"b": 1 "c": 2}\n}', 3, 16],
  ['{"a": "\\q"}', 1, 7],
  ['{"a": 01}', 1, 7],
  ['{\n  "a": 1\n', 3, 1],
  ['{} /* end */ {}', 1, 14],
])('of %j it is said from where on it is broken', (text, line, column) => {
  expect(() => withHooks(text, ADAPTERS.gemini.settings!, LINE)).toThrow(`line ${line}, column ${column} on`)
})

test('a plugin is a file of Karo’s own: written whole, found again, removed whole, and never in place of another', () => {
  const settings = ADAPTERS.opencode.settings!
  const once = withHooks('', settings, LINE)
  expect(withHooks(once, settings, LINE)).toBe(once)
  expect(ownLines(once)).toEqual([LINE])
  expect(ownLines(withHooks(once, settings, `a "b" \\ ${MARK}`))).toEqual([`a "b" \\ ${MARK}`])
  expect(Object.keys(ownHooks(once))).toEqual(['plugin'])
  expect(isBare(withoutHooks(once), settings)).toBe(true)
  expect(() => withHooks('export const Mine = 1\n', settings, LINE)).toThrow(NotEditable)
  expect(() => ownLines(once.replace(/^const LINE = "/m, '$&\\q'))).toThrow(NotEditable)
})

test.each([
  ['a shell that is killed', 'kill -KILL $$', '/bin/sh'],
  ['another code', 'exit 3', '/bin/sh'],
  ['no shell at all', 'true', '/nonexistent/sh'],
])('a strict plugin denies after %s, and another one lets the command run', async (_, run, shell) => {
  const load = async (line: string) => {
    const text = withHooks('', ADAPTERS.opencode.settings!, line).replaceAll('/bin/sh', shell)
    const file = join(temporaryDirectory(), 'plugin.mjs')
    writeFileSync(file, text)
    const { Karo } = await import(file)
    return (await Karo({ directory: '/srv' }))['tool.execute.before']
  }
  const call = [{ tool: 'bash', callID: '1' }, { args: { command: 'ls' } }]
  // The whole line is what a shell is asked, so that it can be killed before it gets to its end.
  await expect((await load(`${run}; true || exit 2 ${MARK}`))(...call)).rejects.toThrow('guard.on_error')
  await (await load(`${run}; true ${MARK}`))(...call)
})

test('comments stay where a tool reads them, also beside what was added and is gone again', () => {
  const { settings } = ADAPTERS.gemini
  for (const text of [
    '// mine\n{\n  // theme\n  "theme": "dark" // as always\n}\n',
    '{ /* nothing yet: "hooks": {} */ }\n',
    '{\n  "url": "http://x/y", /* a */\n  "b": [1, /* two */ 2]\n}\n',
  ]) {
    const once = withHooks(text, settings!, LINE)
    expect(Object.keys(ownHooks(once))).toEqual(['AfterTool', 'BeforeTool'])
    for (const [comment] of text.matchAll(/\/\/ \w.*|\/\*.*?\*\//g)) expect(once).toContain(comment)
    expect(withHooks(once, settings!, LINE)).toBe(once)
    const without = withoutHooks(once)
    expect(without).not.toContain(MARK)
    for (const [comment] of text.matchAll(/\/\/ \w.*|\/\*.*?\*\//g)) expect(without).toContain(comment)
  }
})

test('whatever else stands in such a file, ours goes in and out and the rest stays', () => {
  const entries = fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 })
  const hooks = fc.dictionary(fc.constantFrom('PreToolUse', 'Stop', 'x'), entries)
  const files = fc.record({ hooks, other: fc.jsonValue({ maxDepth: 2 }) }, { requiredKeys: [] })
  forAll(files, fc.constantFrom(undefined, 2, '\t'), fc.constantFrom(...tools), (value, layout, tool) => {
    const [, settings] = tool
    const text = JSON.stringify(value, null, layout)
    const before = JSON.parse(text)
    const once = withHooks(text, settings, LINE)
    const wanted = settings.entries(LINE) as Record<string, readonly Json[]>
    const after = JSON.parse(once)
    for (const [event, own] of Object.entries(wanted)) {
      expect(after.hooks[event]).toEqual([...(before.hooks?.[event] ?? []), ...own])
    }
    expect(withHooks(once, settings, LINE)).toBe(once)
    expect(undone(once, settings, text)).toBe(text)
    expect(undone(`${once}\n`, settings, text)).toBe(`${withoutHooks(once)}\n`)
    const { hooks: left = {}, ...rest } = JSON.parse(withoutHooks(once))
    for (const key of Object.keys(settings.fixed ?? {})) delete rest[key]
    const { hooks: had = {}, ...others } = before
    expect(rest).toEqual(others)
    // A list that was empty is as if it were not there.
    const full = (lists: Record<string, unknown[]>) =>
      Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0))
    expect(full(left)).toEqual(full(had))
  })
})

describe('edits of JSON', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 })
  const layouts = fc.constantFrom(undefined, 1, 2, 4, '\t')

  test('adding and taking away is as if the value were changed, whatever the layout', () => {
    forAll(object, fc.jsonValue(), layouts, (value, more, layout) => {
      const text = JSON.stringify(value, null, layout)
      const node = parseNode(text)
      if (node.kind !== 'members') throw new Error('an object is an object')
      const key = 'k'.repeat(1 + Math.max(0, ...Object.keys(value).map(({ length }) => length)))
      const longer = withAdded(text, node, more as Json, key)
      expect(JSON.parse(longer)).toEqual({ ...JSON.parse(text), [key]: JSON.parse(JSON.stringify(more)) })
      const again = parseNode(longer)
      if (again.kind !== 'members') throw new Error('an object is an object')
      expect(withoutElement(longer, again, again.elements.length - 1)).toBe(text)
      const keys = Object.keys(JSON.parse(text))
      keys.forEach((gone, index) => {
        const { [gone]: _, ...rest } = JSON.parse(text)
        const at = node.elements.findIndex((member) => member.key === gone)
        expect(JSON.parse(withoutElement(text, node, at))).toEqual(rest)
        expect(index).toBeLessThan(keys.length)
      })
    })
  })

  test('places are those of the values', () => {
    forAll(object, layouts, (value, layout) => {
      const text = ` ${JSON.stringify(value, null, layout)}\n`
      for (const [key, inner] of Object.entries(JSON.parse(text))) {
        const node = memberOf(parseNode(text), key)!
        expect(JSON.parse(text.slice(node.start, node.end))).toEqual(inner)
      }
    })
  })
})
