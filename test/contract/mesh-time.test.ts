// The mesh waits by nothing but timers that are handed to it, and what it decides does no I/O: else no test could own its time.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../src/mesh')
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

const RAW =
  /\b(setTimeout|setInterval|setImmediate|Date\.now|performance\.now|AbortSignal\.timeout|systemTimers|systemClock)\b/

test('no raw timer or clock in src/mesh', () => {
  const found = sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (RAW.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )
  expect(sources.length).toBeGreaterThan(40)
  expect(found).toEqual([])
})

test('the state machine imports no libp2p and no module of Node but hashes', () => {
  const found = sources
    .filter(({ path }) => path.startsWith('state/'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/from '((?:node:|@?libp2p|@chainsafe|@multiformats)[^']*)'/g)].map(
        ([, name]) => `${path} ${name}`,
      ),
    )
    .filter((use) => !use.endsWith(' node:crypto'))
  expect(found).toEqual([])
})
