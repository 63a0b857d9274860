// One key of a configuration is set: comments, order and every other key stay, and what cannot be set so is refused.
import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { KaroError } from '../../../src/base/errors.ts'
import { readValue, setKey } from '../../../src/config/rewrite.ts'
import { KEY_LIST } from '../../../src/config/table.ts'

const keyOf = (path: string) => KEY_LIST.find((key) => key.path === path)!
const set = (text: string, path: string, written: string): string =>
  setKey(text, keyOf(path), readValue(keyOf(path), written), 'config.toml')

const TEXT = `# Ours.
[node]
name = "eng-042"   # as on the door

[mesh] # the LAN
# 9238 is taken here.
port = 9400

[sharing]
allow.peers = ["tools"] # by name
`

test.each([
  ['node.name', 'web-1', TEXT.replace('"eng-042"', '"web-1"')],
  ['mesh.port', '0', TEXT.replace('9400', '0')],
  ['mesh.lan_only', 'true', TEXT.replace('LAN\n', 'LAN\nlan_only = true\n')],
  ['sharing.max_level', '1', TEXT.replace('[sharing]\n', '[sharing]\nmax_level = 1\n')],
  ['history.ignore', 'export *, vault *', `${TEXT}\n[history]\nignore = ["export *","vault *"]\n`],
])('%s = %s', (path, written, after) => {
  expect(parse(set(TEXT, path, written))).toEqual(parse(after))
  const comments = (text: string) => text.match(/#.*/g)
  expect(comments(set(TEXT, path, written))).toEqual(comments(after))
})

test('an empty file gets the section, and a file without a line end keeps its last line', () => {
  expect(set('', 'mesh.port', '9300')).toBe('\n[mesh]\nport = 9300\n')
  expect(parse(set('[mesh]', 'mesh.port', '9300'))).toEqual({ mesh: { port: 9300 } })
  expect(parse(set('[node]\nname = "a"', 'mesh.port', '9300'))).toEqual({
    node: { name: 'a' },
    mesh: { port: 9300 },
  })
})

test('every key that a variable can set, with its default, leaves the rest alone', () => {
  for (const key of KEY_LIST) {
    if (key.kind.fromText === undefined || typeof key.default === 'object') continue
    const value = readValue(key, String(key.default))
    const after = parse(setKey(TEXT, key, value, 'config.toml'))
    expect(
      key.path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], after),
    ).toEqual(value)
  }
})

test.each([
  ['a section in braces', 'mesh = { port = 9400 }\n', 'mesh.lan_only', 'true'],
  ['a section of dotted keys', 'mesh.port = 9400\n', 'mesh.lan_only', 'true'],
])('%s is left as it is, and the person is told', (_, text, path, written) => {
  expect(() => set(text, path, written)).toThrow(KaroError)
})

test.each([
  ['node.name', TEXT, TEXT.replace('name = "eng-042"   ', '')],
  ['mesh.port', TEXT, TEXT.replace('port = 9400\n', '')],
  ['sharing.allow.peers', TEXT, TEXT.replace('allow.peers = ["tools"] ', '')],
  ['mesh.lan_only', TEXT, TEXT],
  ['mesh.port', '[mesh]\r\nport = 9400\r\nlan_only = true\r\n', '[mesh]\r\nlan_only = true\r\n'],
  ['mesh.port', '[mesh]\nport = 9400', ''],
  ['access.askers', 'access.askers = [\n  "ann", # one\n]\n[mesh]\n', '[mesh]\n'],
  ['mesh.port', '[mesh]\n  port = 9400\n  lan_only = true\n', '[mesh]\n  lan_only = true\n'],
  ['mesh.port', '[mesh]\n  port = 9400 # one\n', '[mesh]\n  # one\n'],
  ['mesh.port', '[mesh]\n  port = 9400', ''],
  ['mesh.port', '[mesh]\nport = 9400\n# 9238 is taken.\n', '[mesh]\n# 9238 is taken.\n'],
  ['mesh.port', '[mesh] # one\nport = 9400\n', '[mesh] # one\n'],
  ['mesh.port', 'a = 1\n[mesh]\nport = 9400\n\n[node]\n', 'a = 1\n\n[node]\n'],
  ['mesh.port', 'a = 1\n\n[mesh]\nport = 9400\n\n[node]\n', 'a = 1\n\n[node]\n'],
  ['mesh.port', '# Ours.\n[mesh]\nport = 9400\n\n[node]\n', '# Ours.\n[mesh]\n\n[node]\n'],
  ['mesh.port', '# Ours.\n\n[mesh]\nport = 9400\n\n[node]\n', '# Ours.\n\n[node]\n'],
  ['mesh.port', 'mesh = { port = 9400 }\n', 'mesh = {}\n'],
  ['mesh.port', 'mesh = { port = 9400, lan_only = true }\n', 'mesh = { lan_only = true }\n'],
  ['mesh.port', 'mesh = { lan_only = true, port = 9400 }\n', 'mesh = { lan_only = true }\n'],
])('%s is taken out', (path, text, after) => {
  expect(setKey(text, keyOf(path), undefined, 'config.toml')).toBe(after)
})

test('what was set and is taken out leaves the file as it was', () => {
  const key = keyOf('history.ignore')
  expect(setKey(set(TEXT, 'history.ignore', 'export *'), key, undefined, 'config.toml')).toBe(TEXT)
})

test('no section goes where a value is set', () => {
  const text = '[sharing]\n\n[sharing.allow]\npeers = ["team:tools"]\n'
  expect(set(text, 'sharing.allow.peers', '*')).toBe(text.replace('team:tools', '*'))
})

test('what stands behind a value that is set stays where it was', () => {
  expect(set('[mesh]\nport = 9400 # one\n', 'mesh.port', '22')).toBe('[mesh]\nport = 22 # one\n')
})

test.each([
  ['mesh.port', '70000', /mesh\.port is 70000, but must be/],
  ['mesh.port', 'many', /but must be/],
  ['guard.profile', 'stict', /but must be/],
])('%s = %s is refused', (path, written, why) => {
  expect(() => readValue(keyOf(path), written)).toThrow(why)
})

test('every list takes its entries between commas', () => {
  const lists = KEY_LIST.filter((key) => Array.isArray(key.default))
  expect(lists.map(({ path }) => path)).toContain('forward.to')
  for (const { path, kind } of lists) expect(kind.fromText?.('a, b'), path).toEqual(['a', 'b'])
})

test('behind + entries are added to a list, and a list may be written as config get shows it', () => {
  const key = keyOf('access.askers')
  expect(readValue(key, '+bob,ann', ['ann'])).toEqual(['ann', 'bob'])
  expect(readValue(key, '["bob", "group:leads"]', ['ann'])).toEqual(['bob', 'group:leads'])
  expect(() => readValue(key, '+group:', ['ann'])).toThrow('access.askers')
  expect(readValue(keyOf('mesh.port'), '+9300', 9238)).toBe(9300)
})
