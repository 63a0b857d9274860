// What a person says yes to is what happens, whatever a name or "the last one" means by then.
import { expect, test, vi } from 'vitest'
import { karo } from '../../support/node/played-daemon.ts'

const { confirm } = vi.hoisted(() => ({ confirm: vi.fn(async (_: unknown, _question: string) => true) }))
vi.mock('../../../src/cli/terminal/confirm.ts', async (original) => ({
  ...(await original<object>()),
  confirm,
}))

const imported = (id: number) => ({
  id,
  source: 'bash',
  file: '/home/ann/.bash_history',
  started_at: '2026-11-01T10:00:00.000Z',
  finished_at: null,
  events: 10 * id,
})

test('the import that was named is taken out, and not one that has ended since', async () => {
  const lists = [[imported(3)], [imported(4), imported(3)]]
  const { code, requests } = await karo(
    {
      'GET /api/v1/imports': () => ({ imports: lists.shift() ?? [] }),
      'POST /api/v1/imports/undo': { removed: 30, left: 0 },
    },
    ...['import', 'undo'],
  )
  expect(confirm.mock.calls[0]?.[1]).toContain('30 commands that import 3 brought')
  expect([code, requests.at(-1)?.body]).toEqual([0, { id: 3 }])
})
