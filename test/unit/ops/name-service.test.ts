// The system's own name service says the same as its own tool.
import { execFileSync } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLocalNames } from '../../../src/ops/system/local-names.ts'
import { createNameService } from '../../../src/ops/system/name-service.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

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

test('the machine’s own files say of root what the name service does', async () => {
  const { users, groups } = await names.local(0)
  expect(users).toContain(await names.nameOf(0))
  const gids = await Promise.all(groups.map((group) => names.gidOf(group)))
  expect(gids.sort()).toEqual([...(await names.groupsOf(0))].sort())
})

test('the files name people by all their names, and groups by members and as the primary one; a change holds at once', async () => {
  const home = temporaryDirectory()
  const [passwd, group] = [join(home, 'passwd'), join(home, 'group')]
  writeFileSync(
    passwd,
    'root:x:0:0:root:/root:/bin/sh\ntoor:x:0:5::/root:/bin/sh\nann:x:1001:100::/home/ann:/bin/sh\n' +
      '# eve:x:1002:0:::\n+eve:x:1002:0:::\n-eve:x:1002:0:::\neve:x::0:::\n\n+::::::\n',
  )
  writeFileSync(
    group,
    'root:x:0:\nops:x:5:\nusers:x:100:\nkaro-admin:x:900:bob,ann\n+:::eve\nanns:x:901:anna,\n',
  )
  const local = createLocalNames(passwd, group)
  expect(await local(0)).toMatchObject({ users: ['root', 'toor'], groups: ['root', 'ops'] })
  expect(await local(1001)).toMatchObject({ users: ['ann'], groups: ['users', 'karo-admin'] })
  expect(await local(1002)).toMatchObject({ users: [], groups: [] })
  // As usermod does it: another file in its place.
  writeFileSync(join(home, 'group+'), 'users:x:100:\nkaro-admin:x:900:bob\n')
  renameSync(join(home, 'group+'), group)
  expect(await local(1001)).toMatchObject({ users: ['ann'], groups: ['users'] })
  renameSync(passwd, join(home, 'passwd-'))
  await expect(local(1001)).rejects.toThrow()
})
