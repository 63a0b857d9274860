// The system's own name service says the same as its own tool.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { createNameService } from '../../../src/ops/name-service.ts'

const names = createNameService()
const getent = (database: string): string[][] =>
  execFileSync('getent', [database], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split(':'))

test('users and groups are found by their names, and nobody by another', async () => {
  for (const [name = '', , uid] of getent('passwd')) {
    expect(await names.uidOf(name), name).toBe(Number(uid))
    // Of two names for one number the first is the name.
    const first = getent('passwd').find(([, , other]) => other === uid)
    expect(await names.nameOf(Number(uid))).toBe(first![0])
  }
  for (const [name = '', , gid] of getent('group')) expect(await names.gidOf(name), name).toBe(Number(gid))
  for (const nobody of ['', 'no-such-user-here', 'ü', 'x'.repeat(5_000)]) {
    expect(await names.uidOf(nobody)).toBeUndefined()
    expect(await names.gidOf(nobody)).toBeUndefined()
  }
})

test('everybody’s groups, the primary one among them', async () => {
  for (const [name = '', , uid] of getent('passwd')) {
    const said = execFileSync('id', ['-G', name], { encoding: 'utf8' }).trim().split(' ').map(Number)
    expect([...(await names.groupsOf(Number(uid)))].sort(), name).toEqual(said.sort())
  }
  expect(await names.nameOf(3_999_999_999)).toBeUndefined()
  expect(await names.groupsOf(3_999_999_999)).toEqual([])
})
