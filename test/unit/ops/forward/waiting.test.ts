// A target that takes entries for months gathers nothing in memory.
import { getEventListeners } from 'node:events'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createForward } from '../../../../src/ops/forward/index.ts'
import type { Outlet } from '../../../../src/ops/forward/outlet.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { depsFor, entry, LEDGER } from '../../../support/node/forwarding.ts'
import { until } from '../../../support/run/until.ts'

const outlets: Outlet[] = []
vi.mock(import('../../../../src/ops/forward/file.ts'), async (original) => {
  const { openFile } = await original()
  return {
    async openFile(path) {
      const outlet = await openFile(path)
      outlets.push(outlet)
      return outlet
    },
  }
})

test('what waits for the next entry leaves nothing at the connection when the entry is there', async () => {
  const path = join(temporaryDirectory(), 'out')
  const ledger = [...LEDGER]
  const deps = depsFor(`ecs+file:${path}`, { ledger })
  let news = (_seq: number): void => {}
  const onWritten = (told: typeof news) => {
    news = told
    return () => {}
  }
  const forward = createForward({ ...deps, audit: { ...deps.audit, onWritten } })
  await forward.start(new AbortController().signal)
  for (let seq = 6; seq < 10; seq++) {
    ledger.push(entry(seq, 'node_started'))
    news(seq)
    await until(() => forward.status()[0]?.waiting === 0, { what: 'it is sent', pollMs: 5 })
  }
  expect(getEventListeners(outlets.at(-1)!.ended, 'abort').length).toBeLessThan(2)
  await forward.stop()
})
