// One contract from operation to screen: the command line names operations, never paths, and takes their types as they are.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { doctorPage } from '../../scripts/doctor-page.ts'
import { ecsTable } from '../../scripts/ecs-table.ts'
import { metricsPage } from '../../scripts/metrics-page.ts'
import { filtersTable, titlesFile } from '../../scripts/queries-page.ts'
import { commandsTable, operationsIndex, tables } from '../../scripts/tables.ts'
import { OPERATIONS } from '../../src/api/contract/operations/index.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { ASKED_TYPES, queryType } from '../../src/exchange/query/query-types/index.ts'

const root = join(import.meta.dirname, '../..')
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

const PATH_TEXT = /['"`](?:GET |POST |DELETE )?\/api\/|\/v1\//
/** An answer that is given another type: `(await io.call(x)) as Y`. */
const CAST = /\.(?:call|look|lines|events)\((?:[^()]|\([^()]*\))*\)\)? as (?!const\b)/

test('src/cli holds no path of the API and casts no answer', () => {
  const files = globSync('src/cli/**/*.ts', { cwd: root })
  expect(files.length).toBeGreaterThan(100)
  expect(files.filter((path) => PATH_TEXT.test(textOf(path)))).toEqual([])
  expect(files.filter((path) => CAST.test(textOf(path)))).toEqual([])
})

test('both would be seen', () => {
  expect('get(`/api/v1/stats?period=${period}`)').toMatch(PATH_TEXT)
  expect('(await io.call(getStats, { query: { period } })) as Statistics').toMatch(CAST)
  expect("const x = await io.call(getStats)\nconst y = ['a'] as const").not.toMatch(CAST)
})

test('a page in a browser can load the descriptors and the client: nothing of Node is in them', async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    // Loaded only for the answer of a daemon of another build.
    external: ['../schemas/*', '../../schemas/*'],
    stdin: {
      resolveDir: root,
      contents: `export { createClient } from './src/api/contract/client/client.ts'
        export * from './src/api/contract/operations/index.ts'`,
    },
  })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs).toContain('src/api/contract/operations/share.ts')
  // Of the rooms behind the API only words and bounds.
  expect(inputs.filter((path) => /^src\/(?!api\/contract|base)/.test(path)).sort()).toEqual([])
})

test('what a command prints with --json is the answer of an operation of the list', async () => {
  const all = (await Promise.all(COMMANDS.map(({ load }) => load()))).flat()
  const shown = all.flatMap(({ name, shows }) => (shows === undefined ? [] : [{ name, shows }]))
  expect(shown.length).toBeGreaterThan(30)
  for (const { name, shows } of shown) {
    expect(OPERATIONS, name).toContain(shows)
    expect(shows.answer ?? shows.lines, name).toBeDefined()
  }
})

test.each(Object.entries(tables()))('%s is up to date (npm run docs)', (path, text) => {
  expect(textOf(path)).toBe(text)
})

test('a new file of a command comes last in its group', () => {
  const more = [...globSync('src/cli/commands/*/*.ts', { cwd: root }), 'src/cli/commands/mesh/a-toy.ts']
  const row = "    'a-toy': () => import('./commands/mesh/a-toy.ts'),"
  expect(commandsTable(more)).toBe(commandsTable().replace(/ {2}\},\n\}\n/, `${row}\n  },\n}\n`))
})

test('a new file of operations comes last in the list of them', () => {
  const folder = 'src/api/contract/operations'
  const more = [...globSync(`${folder}/**/*.ts`, { cwd: root }), `${folder}/agents/toy.ts`]
  const written = operationsIndex(more)
  expect(written).toContain("import * as toy from './agents/toy.ts'\n")
  expect(written.replace(/import \* as toy .*\n/, '')).toBe(operationsIndex().replace(/^]$/m, '  toy,\n]'))
})

test.each([
  ['docs/metrics.md', metricsPage],
  ['docs/doctor.md', doctorPage],
  ['src/window/views/titles.ts', titlesFile],
])('%s is up to date (npm run docs)', async (path, page) => {
  expect(textOf(path)).toBe(await page())
})

test('docs/queries.md has the filters of every query type (npm run docs)', () => {
  expect(textOf('docs/queries.md')).toContain(filtersTable())
})

test('docs/forward.md has every key of a record (npm run docs)', () => {
  expect(textOf('docs/forward.md')).toContain(ecsTable())
})

test.each(ASKED_TYPES.map((type) => queryType(type).word))(
  'docs/queries.md says what comes back for %s, in a row of its first table',
  (word) => {
    const hasRow = textOf('docs/queries.md').split('\n## ')[0]?.includes(`\n| \`${word}\` |`)
    expect(hasRow, `Add the row to the first table of docs/queries.md: | \`${word}\` | … |`).toBe(true)
  },
)
