// An export of a part has what a search with the same filters finds, and nothing of anybody else.

import { expect, test } from 'vitest'
import { exportRoutes } from '../../../src/api/routes/export.ts'
import { createEventRepository } from '../../../src/store/events/events.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { eventOf, ingest } from '../../support/data/events.ts'
import { T0 } from '../../support/data/spool.ts'

test('words in any case, a directory and those below it, a shell, a span', async () => {
  const events = createEventRepository(await temporaryDatabase())
  const made = [
    eventOf(1, { command: 'Make Test', cwd: '/srv/a' }),
    eventOf(2, { command: 'make', cwd: '/srv/ab' }),
    eventOf(3, { command: 'make', cwd: '/srv', shell: 'zsh' }),
    eventOf(4, { command: 'ls', cwd: '/srv/a/b' }),
    eventOf(5, { command: 'make of another', uid: 1001 }),
  ]
  await ingest(events, made)
  const { get } = servingOver(exportRoutes, { store: { events } }, owner(1000))
  const exported = async (query: string) => {
    const { status, text } = await get(`/api/v1/export?${query}`)
    expect(status).toBe(200)
    const [, ...lines] = text.trimEnd().split('\n')
    const all = lines.map((line) => JSON.parse(line) as { command?: string; end?: number })
    expect(all.pop()).toEqual({ end: all.length })
    return all.map(({ command }) => command)
  }
  expect(await exported('')).toEqual(['Make Test', 'make', 'make', 'ls'])
  expect(await exported('word=MAKE&word=test')).toEqual(['Make Test'])
  expect(await exported('cwd=/srv/a')).toEqual(['Make Test', 'ls'])
  expect(await exported('cwd=/srv/&word=make')).toEqual(['Make Test', 'make'])
  expect(await exported('cwd=/')).toHaveLength(4)
  expect(await exported('shell=zsh')).toEqual(['make'])
  const at = (n: number) => new Date(T0 / 1000 + n * 1000).toISOString()
  expect(await exported(`since=${at(2)}&until=${at(4)}`)).toEqual(['make', 'make'])
})
