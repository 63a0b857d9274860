// Writes of one turn of the event loop are one batch: all of them or none, and on disk if any asked for it.
import { expect, test, vi } from 'vitest'
import type { Change } from '../../../src/store/level/database.ts'
import { writeWithTurn } from '../../../src/store/level/turn.ts'
import { temporaryDatabase } from '../../support/data/database.ts'

const put = (key: string, value: string): Change => ({
  type: 'put',
  key: Buffer.from(key),
  value: Buffer.from(value),
})

test('what is written in one turn is one batch, durable if one part is, and the later change of a key holds', async () => {
  const db = await temporaryDatabase()
  const batch = vi.spyOn(db, 'batch')
  await Promise.all([
    writeWithTurn(db, [put('a', '1'), put('b', '1')]),
    Promise.resolve().then(() => writeWithTurn(db, [put('a', '2')], { sync: true })),
  ])
  const calls = (): (readonly [readonly Change[], object])[] => batch.mock.calls as never
  expect(calls().map(([changes, options]) => [changes.length, options])).toEqual([[3, { sync: true }]])
  expect(Buffer.from((await db.get(Buffer.from('a')))!).toString()).toBe('2')
  await writeWithTurn(db, [put('c', '1')])
  expect(batch).toHaveBeenCalledTimes(2)
  expect(calls().at(-1)?.[1]).toEqual({ sync: false })
})

test('an error reaches everybody whose changes were in the batch, and the next batch goes on', async () => {
  const db = await temporaryDatabase()
  const bad = { type: 'put', key: undefined, value: Buffer.of(1) } as unknown as Change
  const settled = await Promise.allSettled([writeWithTurn(db, [put('a', '1')]), writeWithTurn(db, [bad])])
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await db.get(Buffer.from('a'))).toBeUndefined()
  await writeWithTurn(db, [put('a', '1')])
  expect(await db.get(Buffer.from('a'))).toBeDefined()
  await db.close()
  await expect(writeWithTurn(db, [put('a', '1')])).rejects.toThrow()
})
