// The doors between rooms hold: no import in the tree goes where doors.ts does not let it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkDoors, doorsTable, readSources } from '../../scripts/doors.ts'

const root = join(import.meta.dirname, '../..')

describe('doors', () => {
  test('every import of the tree goes through a door', () => {
    const report = checkDoors(readSources(root))
    expect(report.violations).toEqual([])
    expect(report.modules).toBeGreaterThan(50)
    expect(report.imports).toBeGreaterThan(100)
  })

  test.each([
    ['static', "import { events } from '../store/events.ts'"],
    ['type only', "import type { EventRepository } from '../store/events.ts'"],
    ['inline type', "import { type Level0 } from '../observe/level0.ts'"],
    ['re-export', "export { markLevel0 } from '../observe/level0.ts'"],
    ['star re-export', "export * from '../observe/level0.ts'"],
    ['dynamic', "const events = await import('../store/events.ts')"],
    ['type query', "export type T = import('../observe/level0.ts').Level0<string>"],
    ['side effect', "import '../observe/observe.ts'"],
    ['computed', 'const room = await import(name)'],
    ['package', "import fastify from 'fastify'"],
  ])('a planted %s import from mesh to level 0 is found', (_, text) => {
    const report = checkDoors([{ path: 'src/mesh/planted.ts', text: `// planted\n${text}\n` }])
    expect(report.violations).toHaveLength(1)
    expect(report.violations[0]).toMatch(/^src\/mesh\/planted\.ts:2: /)
  })

  test('whoever faces the network comes to one repository, never to the door that hands out events', () => {
    for (const room of ['mesh', 'query', 'sharing', 'insight', 'trust']) {
      for (const module of ['index.ts', 'store.ts', 'events.ts', 'event-rows.ts', 'event-commands.ts']) {
        const text = `import type { Anything } from '../store/${module}'`
        expect(checkDoors([{ path: `src/${room}/planted.ts`, text }]).violations).toHaveLength(1)
      }
    }
  })

  test('protocols may import nothing of src, and nobody but mesh may load libp2p', () => {
    expect(
      checkDoors([{ path: 'protocols/planted.ts', text: "import { x } from '../src/base/run/room.ts'" }])
        .violations,
    ).toHaveLength(1)
    expect(
      checkDoors([{ path: 'src/query/p.ts', text: "import type { A } from '@libp2p/interface'" }]).violations,
    ).toEqual(['src/query/p.ts:1: query may not load @libp2p/interface; only mesh may'])
  })

  test('docs/architecture.md shows the table as it is', () => {
    expect(readFileSync(join(root, 'docs/architecture.md'), 'utf8')).toContain(doorsTable())
  })
})
