// What every room is built with.
import { expect, onTestFinished, test, vi } from 'vitest'
import { homePaths } from '../../../src/config/paths.ts'
import { layFoundation } from '../../../src/daemon/foundation.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

test('root decides for a service on which nobody typed anything, and whose node it is for an own one', () => {
  const own = vi.spyOn(process, 'getuid').mockReturnValue(997)
  onTestFinished(() => own.mockRestore())
  const laid = (service: boolean) =>
    layFoundation(
      {
        paths: homePaths({ KARO_HOME: temporaryDirectory() }),
        identity: testIdentity(1),
        env: {},
        service,
        terminal: false,
        write: () => {},
      },
      async () => new Map(),
    )
  expect(laid(false)).toMatchObject({ ownUid: 997, deciderUid: 997 })
  expect(laid(true)).toMatchObject({ ownUid: 997, deciderUid: 0 })
})
