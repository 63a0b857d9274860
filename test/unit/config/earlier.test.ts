// Configurations of earlier versions, the file of a new home and one edited by hand, start this version and can be rewritten.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/index.ts'
import { migrateText } from '../../../src/config/rewrite.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const EARLIER = join(import.meta.dirname, '../../support/earlier')
const textOf = (name: string): string => readFileSync(join(EARLIER, `${name}.toml`), 'utf8')

function load(text: string) {
  const home = temporaryDirectory()
  writeFileSync(join(home, 'config.toml'), text, { mode: 0o600 })
  return loadConfig({ home, env: {} })
}

test.each([
  ['854f4bc', ['config.toml:149: [privacy] ']],
  [
    '854f4bc-edited',
    [
      'config.toml:8: [privacy] ',
      'config.toml:14: sharing.deny.untrusted ',
      'config.toml:17: discovery.subnet ',
    ],
  ],
  ['3fc4784', []],
  [
    '3fc4784-edited',
    [
      'config.toml:2: peers.trusted.karo:ed25519:Fhkq',
      'config.toml:6: peers.trusted.karo:ed25519:uEC9',
      'config.toml:11: agents.sandbox = "systemd" ',
    ],
  ],
] as const)('%s is read, with a warning for each retired piece, and rewritten once', (name, expected) => {
  const text = textOf(name)
  const { warnings, values } = load(text)
  expect(warnings.map((one, i) => one.slice(0, expected[i]?.length))).toEqual(expected)
  for (const one of warnings) expect(one).toContain('karo config migrate')

  const { text: now, changes } = migrateText(text, 'config.toml')
  expect(changes).toHaveLength(expected.length)
  const again = load(now)
  expect(again.warnings).toEqual([])
  expect(again.values).toEqual(values)
  expect(migrateText(now, 'config.toml')).toEqual({ text: now, changes: [] })
  // Comments and the order of the lines stay.
  const comments = (of: string): string[] => of.split('\n').filter((line) => line.startsWith('#'))
  expect(comments(now)).toEqual(expect.arrayContaining(comments(text)))
})

test('what was set by hand stays as it was, its comments too', () => {
  expect(migrateText(textOf('854f4bc-edited'), 'config.toml').text).toMatch(
    /^# Ours, since November\.\n\[node\]\nname = "eng-042" {3}# as on the door\n\n\[mesh\]\nport = 9400\n\n# \[privacy\] is of .*\n#\[privacy\]\n# The aggregators asked for it\.\n#bucket = "6h"\n\n\[sharing\]\nmax_level = 1\n# sharing\.deny\.untrusted is .*\n#deny\.untrusted = true\n/,
  )
  const { text } = migrateText(textOf('3fc4784-edited'), 'config.toml')
  expect(text).toContain('K50" = { name = "root", level = "peer" }\n')
  expect(text).toContain('#introducer = true\nname = "birch"\n')
})

test('a key that no version knew is refused as before, and a retired name elsewhere is no retired key', () => {
  expect(() => load('[privacies]\n')).toThrow('unknown key privacies')
  expect(() => load('[mesh]\nintroducer = true\n')).toThrow('unknown key mesh.introducer')
  expect(() => load('[agents]\nsandbox = "chroot"\n')).toThrow('agents.sandbox')
})
