// karo join: an invite that is none is refused with the reason, before the daemon is asked.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
import { karo } from '../../support/node/played-daemon.ts'

test('a mistyped path is not called a mistyped code, and an empty file is called empty', async () => {
  const folder = temporaryDirectory()
  const empty = join(folder, 'code')
  writeFileSync(empty, ' \n')
  for (const [invite, says] of [
    [join(folder, 'missing'), 'there is no such file'],
    ['enrolment-of-nobody.json', 'there is no such file'],
    [empty, 'it is empty'],
  ] as const) {
    const { code, err, requests } = await karo({}, 'join', invite)
    expect([code, err]).toEqual([expect.any(Number), expect.stringContaining(says)])
    expect(code).not.toBe(0)
    expect(requests).toHaveLength(0)
  }
})
