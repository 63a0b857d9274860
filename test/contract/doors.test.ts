// The doors between rooms hold: no import in the tree goes where doors.ts does not let it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkDoors, doorsTable, readRooms, readSources } from '../../scripts/doors.ts'

const root = join(import.meta.dirname, '../..')

describe('doors', () => {
  test('every import of the tree goes through a door', () => {
    const report = checkDoors(readSources(root))
    expect(report.violations).toEqual([])
    expect(report.modules).toBeGreaterThan(50)
    expect(report.imports).toBeGreaterThan(100)
  })

  test.each([
    ['static', "import { events } from '../store/events/events.ts'"],
    ['type only', "import type { EventRepository } from '../store/events/events.ts'"],
    ['inline type', "import { type Level0 } from '../base/level0/level0.ts'"],
    ['re-export', "export { markLevel0 } from '../base/level0/level0.ts'"],
    ['star re-export', "export * from '../base/level0/level0.ts'"],
    ['dynamic', "const events = await import('../store/events/events.ts')"],
    ['type query', "export type T = import('../base/level0/level0.ts').Level0<string>"],
    ['side effect', "import '../observe/record/observe.ts'"],
    ['computed', 'const room = await import(name)'],
    ['package', "import fastify from 'fastify'"],
    ['program', "import { spawn } from 'node:child_process'"],
  ])('a planted %s import from mesh to level 0 is found', (_, text) => {
    const report = checkDoors([
      { path: 'src/mesh/link/planted.ts', text: `// planted\n${text.replace('../', '../../')}\n` },
    ])
    expect(report.violations).toHaveLength(1)
    expect(report.violations[0]).toMatch(/^src\/mesh\/link\/planted\.ts:2: /)
  })

  test.each([
    'mesh',
    'exchange/query',
    'exchange/documents',
    'trust/consent',
    'insight/statistics',
    'trust/peers',
  ])('%s, which faces the network, reaches no module that hands out events', (room) => {
    for (const module of [
      'index.ts',
      'store.ts',
      'events/events.ts',
      'events/rows.ts',
      'processes/rows.ts',
    ]) {
      const up = '../'.repeat(room.split('/').length)
      const text = `import type { Anything } from '${up}store/${module}'`
      expect(checkDoors([{ path: `src/${room}/planted.ts`, text }]).violations).toHaveLength(1)
    }
  })

  test('protocols may import nothing of src, and only mesh may load libp2p', () => {
    const up = "import { x } from '../src/base/run/room.ts'"
    expect(checkDoors([{ path: 'protocols/planted.ts', text: up }]).violations).toHaveLength(1)
    const libp2p = "import type { A } from '@libp2p/interface'"
    expect(checkDoors([{ path: 'src/exchange/query/p.ts', text: libp2p }]).violations).toEqual([
      'src/exchange/query/p.ts:1: exchange/query may not load @libp2p/interface; only mesh may',
    ])
  })

  test('a room that would import one below its own line is refused, and so is one that is not there', () => {
    expect(() => readRooms('base : mesh\nmesh : base')).toThrow('base may import mesh')
    expect(() => readRooms('base :\nmesh : bas')).toThrow('mesh may import bas,')
    expect(readRooms('base :\nbase/a :\nmesh : base/* - why')[2]).toMatchObject({
      opens: new Set(['base', 'base/a']),
      because: 'why',
    })
  })

  test('docs/architecture.md shows the table as it is', () => {
    expect(readFileSync(join(root, 'docs/architecture.md'), 'utf8')).toContain(doorsTable())
  })
})
