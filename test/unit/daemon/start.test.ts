// Starting the rooms: what keeps one from starting is said so that a person can mend it.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import { startRooms } from '../../../src/daemon/start.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

test('a disk that is full while a room starts is named, with the advice', async () => {
  const home = temporaryDirectory()
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const room = { name: 'lock', start: () => Promise.reject(full), stop: async () => {} }
  const paths = { lock: join(home, 'karo.lock') }
  const options = { paths, service: false } as Parameters<typeof startRooms>[0]
  await expect(startRooms(options, [room], new AbortController().signal, silentLog)).rejects.toMatchObject({
    code: 'bad_file',
    message: `cannot write the node's directory: the disk of ${home} is full (ENOSPC)`,
  })
})
