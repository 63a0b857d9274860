// What `npm test -- --changed` chooses: tests that import a change, journeys of its room, and nothing that lies far from it.
import { describe, expect, test } from 'vitest'
import { JOURNEYS, journeysOf, type Source, sourcesOf, touchedBy } from '../../scripts/changed.ts'

const sources = sourcesOf()
const paths = new Set(sources.map(({ path }) => path))
const touched = (...changed: string[]): string[] => touchedBy(changed, sources) ?? ['everything']

test('each file of the product has journeys, and each journey is a test', () => {
  const product = [...paths].filter((path) => /^(src\/.+|protocols)\/[^/]+$/.test(path))
  expect(product.filter((path) => journeysOf(path) === undefined)).toEqual([])
  const named = Object.values(JOURNEYS).flat()
  expect(named.filter((name) => !paths.has(`test/integration/${name}.test.ts`))).toEqual([])
})

test('a change of a room touches the tests that import it, and of the program only its journeys', () => {
  const tests = touched('src/mesh/state/overlay.ts')
  expect(tests).toEqual(
    expect.arrayContaining(['test/sim/mesh.test.ts', 'test/integration/mesh/lan.test.ts']),
  )
  expect(tests.filter((path) => path.startsWith('test/integration/'))).toHaveLength(
    JOURNEYS['src/mesh']!.length,
  )
  expect(tests).not.toContain('test/unit/assist/risk/rules.test.ts')
})

test.each([
  ['a test touches itself', 'test/unit/base/quota.test.ts', 'test/unit/base/quota.test.ts'],
  [
    'what tests share touches those that import it',
    'test/support/node/lan.ts',
    'test/integration/mesh/lan.test.ts',
  ],
  [
    'a program of tests touches those that name it',
    'test/support/agents/acp-agent.mjs',
    'test/integration/assist/acp.test.ts',
  ],
  ['shell code touches its room', 'src/observe/hooks/karo.zsh', 'test/integration/shell/zsh-hook.test.ts'],
])('%s', (_, changed, test) => {
  expect(touched(changed)).toContain(test)
})

test('packages and how tests are run touch everything, a page only tests of the repository', () => {
  expect(touched('package-lock.json')).toEqual(['everything'])
  expect(touched('vitest.config.ts')).toEqual(['everything'])
  expect(touched('docs/queries.md').filter((path) => !path.startsWith('test/contract/'))).toEqual([])
})

describe('an import', () => {
  const reaches = (text: string): boolean => {
    const files: Source[] = [
      { path: 'src/mesh/a.ts', text: 'export const a = 1' },
      { path: 'test/unit/x.test.ts', text },
    ]
    return touchedBy(['src/mesh/a.ts'], files)?.includes('test/unit/x.test.ts') === true
  }
  test.each([
    "import { a } from '../../src/mesh/a.ts'",
    "import {\n  type B,\n  a,\n} from '../../src/mesh/a.ts'",
    "export * from '../../src/mesh/a.ts'",
    "import '../../src/mesh/a.ts'",
    "const a = await import('../../src/mesh/a.ts')",
    "vi.mock('../../src/mesh/a.ts')",
  ])('reaches: %j', (text) => {
    expect(reaches(text)).toBe(true)
  })
  test.each([
    "import type { A } from '../../src/mesh/a.ts'",
    "import { type A, type B } from '../../src/mesh/a.ts'",
    "import { b } from '../../src/mesh/b.ts'",
  ])('of types alone reaches nothing: %j', (text) => {
    expect(reaches(text)).toBe(false)
  })
})
