// Which copy from before an upgrade a program of an earlier schema is pointed to.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../../../src/base/clock.ts'
import { noFaults } from '../../../../src/base/run/faults.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createCopies } from '../../../../src/ops/care/before-upgrade.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

test('the newest copy is one that the program can restore, and a whole one', () => {
  const home = temporaryDirectory()
  const { newest } = createCopies({
    paths: { home, config: join(home, 'config.toml') },
    node: { nodeId: 'n', name: 'ash' },
    clock: systemClock,
    log: silentLog,
    faults: noFaults,
  })
  expect(newest(9)).toBeUndefined()
  for (const name of [
    'before-upgrade-from-5.tar',
    'before-upgrade-from-10.tar',
    '.before-upgrade-from-6.tar.tmp',
  ])
    writeFileSync(join(home, name), '')
  expect([4, 6, 10].map(newest)).toEqual([
    undefined,
    join(home, 'before-upgrade-from-5.tar'),
    join(home, 'before-upgrade-from-10.tar'),
  ])
})
