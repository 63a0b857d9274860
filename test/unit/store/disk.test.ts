// A disk that refuses a write: all that comes after is refused at once, until the database has been opened anew.
import { expect, test } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import { writeBatch } from '../../../src/store/level/database.ts'
import { watchDisk } from '../../../src/store/level/disk.ts'
import { temporaryDatabase, temporaryDirectory } from '../../support/data/database.ts'
import { until } from '../../support/run/until.ts'

test('after one write that the disk refused none is tried, reading goes on, and it recovers by itself', async () => {
  const directory = temporaryDirectory()
  const db = await temporaryDatabase(directory)
  await db.put(Buffer.from('before'), Buffer.from('1'))
  const put = db.put.bind(db)
  let tried = 0
  db.put = (async () => {
    tried++
    throw Object.assign(new Error('No space left on device'), { code: 'LEVEL_IO_ERROR' })
  }) as never
  const disk = watchDisk({ db, directory, log: silentLog, retryMs: 1 })
  const write = () => db.put(Buffer.from('after'), Buffer.from('2'))
  const refused = { code: 'LEVEL_IO_ERROR', message: 'No space left on device' }
  await expect(write()).rejects.toMatchObject(refused)
  // It would be taken if it were tried.
  expect(disk.trouble()).toBe('No space left on device')
  await expect(write()).rejects.toMatchObject(refused)
  expect(tried).toBe(1)
  await until(() => disk.trouble() === undefined, { what: 'it is opened anew' })
  expect(await db.get(Buffer.from('before'))).toEqual(Buffer.from('1'))
  await put(Buffer.from('after'), Buffer.from('2'))
  expect(await db.get(Buffer.from('after'))).toEqual(Buffer.from('2'))
  await disk.stop()
})

test('of many changes none is tried either while the disk refuses, and they are written once it takes them', async () => {
  const directory = temporaryDirectory()
  const db = await temporaryDatabase(directory)
  const changes = Array.from({ length: 1_000 }, (_, i) => ({
    type: 'put' as const,
    key: Buffer.from(`key ${i}`),
    value: Buffer.from(`${i}`),
  }))
  let refuses = true
  let tried = 0
  const batch = db.batch.bind(db) as () => ReturnType<typeof db.batch>
  db.batch = (() => {
    const chained = batch()
    const write = chained.write.bind(chained)
    chained.write = async () => {
      tried++
      if (refuses) throw Object.assign(new Error('No space left on device'), { code: 'LEVEL_IO_ERROR' })
      return write()
    }
    return chained
  }) as never
  const disk = watchDisk({ db, directory, log: silentLog, retryMs: 1 })
  const refused = { code: 'LEVEL_IO_ERROR', message: 'No space left on device' }
  await expect(writeBatch(db, changes)).rejects.toMatchObject(refused)
  await expect(writeBatch(db, changes)).rejects.toMatchObject(refused)
  expect(tried).toBe(1)
  expect(await db.keys().all()).toEqual([])
  refuses = false
  await until(() => disk.trouble() === undefined, { what: 'it is opened anew' })
  await writeBatch(db, changes)
  expect(await db.values().all()).toHaveLength(1_000)
  await disk.stop()
})
