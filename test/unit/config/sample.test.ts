// The sample file and the page are what the table says, and the sample means what it shows.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config/index.ts'
import { configurationPage, exampleText, sampleConfig, toToml } from '../../../src/config/sample.ts'
import { KEY_LIST, whenInForce } from '../../../src/config/table.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** Keys that mean nothing without another one, which the environment then gives. */
const NEEDS: Readonly<Record<string, Record<string, string>>> = {
  'discovery.dns_sd': { KARO_DISCOVERY_RESOLVERS: '10.0.0.53' },
}

function load(toml: string, env: Record<string, string> = {}) {
  const home = temporaryDirectory()
  writeFileSync(join(home, 'config.toml'), toml, { mode: 0o600 })
  return loadConfig({ home, env })
}

test('what commands read waits for nobody, what the daemon keeps for a reload, what is built upon for a restart', () => {
  const said = (sections: string[]) => new Set(sections.map((section) => whenInForce(section)))
  expect(said(['guard', 'ask', 'mcp'])).toEqual(new Set(['at once']))
  expect(said(['sharing', 'history', 'trust'])).toEqual(new Set(['reload']))
  expect(said(['mesh', 'overlay'])).toEqual(new Set(['restart']))
})

describe('the sample configuration', () => {
  test('is the committed one, and so is the page', () => {
    expect(readFileSync(join(ROOT, 'configs/config.toml'), 'utf8')).toBe(sampleConfig())
    expect(readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8')).toBe(configurationPage())
  })

  test('sets nothing', () => {
    const { sources, warnings } = load(sampleConfig())
    expect([...sources.values()].filter((source) => source !== 'default')).toEqual([])
    expect(warnings).toEqual([])
  })

  test('sets only the name when one is given, whatever it looks like', () => {
    for (const name of ['eng-042', 'a "quoted" \\ name', "O'Brien", '日本']) {
      const { config, sources } = load(sampleConfig({ name }))
      expect(config.node.name).toBe(name)
      expect([...sources].filter(([, source]) => source !== 'default').map(([path]) => path)).toEqual([
        'node.name',
      ])
    }
  })
})

test('the example of each key, alone in a file, sets exactly it', () => {
  for (const key of KEY_LIST) {
    const text = exampleText(key)
    // The example of a node id is cut short on purpose.
    if (text === undefined || text.includes('…')) continue
    const { sources } = load(`${text}\n`, NEEDS[key.path])
    const setByFile = [...sources]
      .filter(([, source]) => source.startsWith('config.toml'))
      .map(([path]) => path)
    expect(setByFile).toEqual([key.path])
  }
})

test('defaults pass their own checks', () => {
  for (const key of KEY_LIST) {
    const given = key.default instanceof Map ? {} : key.default
    expect(() => key.kind.check(given), key.path).not.toThrow()
    expect(toToml(key.default)).not.toBe('')
  }
})
