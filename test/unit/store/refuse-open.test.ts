// Who has a database open is told by the file itself, not by a number that another filesystem gives as well.
import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { refuseOpen } from '../../../src/store/rescue/held.ts'
import { temporaryDatabase, temporaryDirectory } from '../../support/data/database.ts'

/** Two of them number their files alike. */
function memoryDisk(): string {
  const at = join(temporaryDirectory(), 'disk')
  mkdirSync(at)
  expect(spawnSync('mount', ['-t', 'tmpfs', 'karo-test', at]).status).toBe(0)
  onTestFinished(() => void spawnSync('umount', ['-l', at]))
  return at
}

test.runIf(process.getuid?.() === 0)(
  'a file of the same number elsewhere is none of its business',
  async () => {
    const [one, other] = [memoryDisk(), memoryDisk()]
    const closed = await temporaryDatabase(join(other, 'db'))
    await closed.close()
    await temporaryDatabase(join(one, 'db'))
    expect(statSync(join(one, 'db/LOCK')).ino).toBe(statSync(join(other, 'db/LOCK')).ino)
    await refuseOpen(join(other, 'db'))
    await expect(refuseOpen(join(one, 'db'))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`pid ${process.pid}`),
      hint: `Stop the daemon first (kill ${process.pid}).`,
    })
    await expect(refuseOpen(join(one, 'db'), async (pid) => `end ${pid}`)).rejects.toMatchObject({
      hint: `end ${process.pid}`,
    })
  },
)
