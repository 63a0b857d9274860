// The policy files that are ready to use say what stands in the expectations beside them.
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { tryExpectations } from '../../../../src/cli/policy/local.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

const FOLDER = join(import.meta.dirname, '../../../../configs/policies')
const TEMPLATES = globSync('*.test.toml', { cwd: FOLDER }).map((file) => basename(file, '.test.toml'))

test('each has its expectations', () =>
  expect(TEMPLATES.toSorted()).toEqual(
    globSync('*.cedar', { cwd: FOLDER })
      .map((file) => basename(file, '.cedar'))
      .filter((name) => name !== 'roles')
      .sort(),
  ))

test.each(TEMPLATES)('%s', async (name) => {
  const home = temporaryDirectory()
  const { outcomes, warnings } = await tryExpectations(
    { env: { KARO_HOME: home } },
    join(FOLDER, `${name}.test.toml`),
  )
  expect(warnings).toEqual([])
  expect(outcomes.filter(({ holds }) => !holds)).toEqual([])
  // Each rule about data decides something here, so that one which says nothing is noticed.
  const text = readFileSync(join(FOLDER, `${name}.cedar`), 'utf8')
  const rules = [...text.matchAll(/@id\("([^"]+)"\)/g)].flatMap(([, id]) =>
    id?.endsWith('.agents') ? [] : id,
  )
  const decided = new Set(outcomes.map(({ decision }) => decision.rule.split('@')[0]))
  expect(rules.filter((rule) => !decided.has(rule) && rule !== 'regulated.small_totals')).toEqual([])
})
