// Who may manage the node and who may ask through it: by the lists as they are now, and never by what cannot be looked up.

import { describe, expect, test } from 'vitest'
import { type Log, silentLog } from '../../../../src/base/run/log.ts'
import { DEFAULTS } from '../../../../src/config/table.ts'
import { createAccess, KEPT_MS, LOOKUP_MS, type NameService } from '../../../../src/trust/access/index.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'

const UIDS: Readonly<Record<string, number>> = { root: 0, toor: 0, ann: 1001, bob: 1002 }
const ALL = { admin: true, asks: true }
const NONE = { admin: false, asks: false }

function world(
  access: { admins?: readonly string[]; askers?: readonly string[] } = {},
  { ownUid = 990, ...over }: Partial<NameService> & { ownUid?: number } = {},
) {
  const time = new VirtualTime()
  const config = {
    access: { ...DEFAULTS.access, ...access } as {
      admins: readonly string[]
      askers: readonly string[]
    },
  }
  const groups: Record<string, readonly number[]> = { 'karo-admin': [], leads: [] }
  const gids = Object.keys(groups)
  const asked: string[] = []
  const warned: string[] = []
  const names: NameService = {
    nameOf: async (uid) => Object.keys(UIDS).find((name) => UIDS[name] === uid),
    async uidOf(user) {
      asked.push(user)
      return UIDS[user]
    },
    async gidOf(group) {
      const at = gids.indexOf(group)
      return at < 0 ? undefined : 900 + at
    },
    groupsOf: async (uid) => gids.flatMap((name, i) => (groups[name]!.includes(uid) ? [900 + i] : [])),
    local: async () => ({ users: [], groups: [] }),
    ...over,
  }
  const log: Log = { ...silentLog, warn: (fields) => void warned.push(String(fields.entry ?? fields.reason)) }
  const room = createAccess({ config, names, ownUid, clock: time.clock, timers: time, log })
  const wait = (ms: number): Promise<void> => time.wait(ms)
  return { room, config, groups, asked, warned, time, wait }
}

describe('rights', () => {
  test('by default root manages, and nobody asks but who manages', async () => {
    const { room } = world()
    expect(await room.of(0)).toEqual(ALL)
    expect(await room.of(1001)).toEqual(NONE)
  })

  test('members of a group have what it has, by name, uid or group', async () => {
    const { room, groups } = world({ admins: ['group:karo-admin', '4242'], askers: ['bob', 'group:leads'] })
    groups['karo-admin'] = [1001]
    groups.leads = [1003]
    expect(await room.of(1001)).toEqual(ALL)
    expect(await room.of(4242)).toEqual(ALL)
    expect(await room.of(1002)).toEqual({ admin: false, asks: true })
    expect(await room.of(1003)).toEqual({ admin: false, asks: true })
    // Not root by being root: the list says who.
    expect(await room.of(0)).toEqual(NONE)
  })

  test('whoever has two names has the rights of both', async () => {
    expect(await world({ admins: ['toor'] }).room.of(0)).toEqual(ALL)
  })

  test('"*" lets everybody ask, and nobody manage', async () => {
    const { room } = world({ askers: ['*'] })
    expect(await room.of(54_321)).toEqual({ admin: false, asks: true })
  })

  test('a node of one’s own is one’s own, whatever the lists say; of the machine’s the service is nobody special', async () => {
    expect(await world({ admins: [] }, { ownUid: 1001 }).room.of(1001)).toEqual(ALL)
    expect(await world({ admins: [] }, { ownUid: 1001 }).room.of(1002)).toEqual(NONE)
    expect(await world({ admins: [] }).room.of(995)).toEqual(NONE)
  })

  test('names that nobody has grant nothing, not even to each other', async () => {
    const { room } = world({ admins: ['zoe', 'group:nobodies'], askers: [] })
    await forAllAsyncIn({ numRuns: 50 }, fc.nat(0xffff_fffe), async (uid) => {
      expect(await room.of(uid)).toEqual(NONE)
    })
  })
})

describe('look-ups', () => {
  test('are kept for seconds, and then what has changed holds', async () => {
    const { room, groups, asked, wait } = world()
    groups['karo-admin'] = [1001]
    expect(await room.of(1001)).toEqual(ALL)
    groups['karo-admin'] = []
    const before = asked.length
    expect(await room.of(1001)).toEqual(ALL)
    expect(asked.length).toBe(before)
    await wait(KEPT_MS)
    expect(await room.of(1001)).toEqual(NONE)
  })

  test('a reload holds at once, also for what was being looked up', async () => {
    const gate = Promise.withResolvers<string>()
    const { room, config, time } = world({ admins: ['ann'] }, { nameOf: () => gate.promise })
    const before = room.of(1001)
    // It is being looked up.
    await time.pass(() => true)
    config.access = { admins: [], askers: [] }
    room.reload()
    const now = room.of(1001)
    gate.resolve('ann')
    expect(await before).toEqual(ALL)
    expect(await now).toEqual(NONE)
  })

  test('one that fails or never ends grants nothing, is told, and holds up nobody for longer than it may', async () => {
    const { room, warned, time } = world(
      { admins: ['group:karo-admin', '7'] },
      { groupsOf: () => new Promise(() => {}) },
    )
    const began = time.clock.monotonic()
    expect(await time.during(room.of(1001))).toEqual(NONE)
    expect(time.clock.monotonic() - began).toBe(LOOKUP_MS)
    expect(warned).toEqual([`no answer within ${LOOKUP_MS / 1000} s`])

    const failing = world({}, { groupsOf: () => Promise.reject(new Error('the directory is down')) })
    expect(await failing.room.of(1001)).toEqual(NONE)
    expect(failing.warned).toEqual(['Error: the directory is down'])
    // Whose name the files know is found, whatever entries stand beside it.
    expect(await failing.room.of(0)).toEqual(ALL)
    const hanging = world({ admins: ['somebody@directory', 'root'] }, { uidOf: () => new Promise(() => {}) })
    expect(await hanging.room.of(0)).toEqual(ALL)
  })

  test('whom the machine’s own files name has their rights at once, however many look-ups hang', async () => {
    const asked: number[] = []
    const { room, time, wait } = world(
      { admins: ['root', 'group:karo-admin', '1003'], askers: ['carl'] },
      {
        nameOf(uid) {
          asked.push(uid)
          return new Promise(() => {})
        },
        async local(uid) {
          if (uid === 0) return { users: ['root', 'toor'], groups: ['root'] }
          if (uid === 1001) return { users: ['ann'], groups: ['ann', 'karo-admin'] }
          if (uid === 1002) return { users: ['carl', '1003'], groups: ['carl'] }
          return { users: [], groups: [] }
        },
      },
    )
    const hanging = room.of(54_321)
    await time.pass(() => asked.length > 0)
    // Without a moment passing, and again when nothing is kept any more.
    for (let round = 0; round < 2; round++) {
      const began = time.clock.monotonic()
      expect([await room.of(0), await room.of(1001), await room.of(1003)]).toEqual([ALL, ALL, ALL])
      expect(time.clock.monotonic()).toBe(began)
      await wait(KEPT_MS)
    }
    expect(asked).toEqual([54_321])
    expect(await hanging).toEqual(NONE)
    // Called by a number they do not have; of the rest the directory would have to say.
    expect(await time.during(room.of(1002))).toEqual({ admin: false, asks: true })
  })

  test('while the files cannot be read, the name service alone says who is who', async () => {
    const { room, warned } = world({}, { local: () => Promise.reject(new Error('no such file')) })
    expect([await room.of(0), await room.of(1001)]).toEqual([ALL, NONE])
    expect(warned).toEqual(['Error: no such file', 'Error: no such file'])
  })

  test.each([
    [40, 40],
    [200, 64],
  ])('asked again and again for %i people while one hangs, it asks for %i', async (people, asks) => {
    let calls = 0
    const gate = Promise.withResolvers<undefined>()
    const hanging = () => {
      calls++
      return gate.promise
    }
    const { room, time, wait } = world({ admins: ['ann'] }, { nameOf: hanging })
    const settled: unknown[] = []
    for (let round = 0; round < 3; round++) {
      for (let uid = 1; uid <= people; uid++) room.of(uid).then((rights) => settled.push(rights))
      await wait(KEPT_MS)
    }
    await time.pass(() => settled.length === 3 * people)
    expect(settled).toHaveLength(3 * people)
    expect(calls).toBe(1)
    gate.resolve(undefined)
    await time.pass(() => false)
    expect(calls).toBe(asks)
  })

  test('names of the file that nobody has are told at the start and at a reload; those of the default are not', async () => {
    const lists = { admins: ['root', 'zoe', 'group:karo-admin'], askers: ['*', '77'] }
    const { room, warned, config, time } = world(lists)
    await room.start()
    await time.pass(() => false)
    expect(warned).toEqual(['zoe'])
    config.access = { admins: [], askers: ['group:nobodies', 'group:leads'] }
    room.reload()
    await time.pass(() => false)
    expect(warned).toEqual(['zoe', 'group:nobodies'])
    await room.stop()
  })
})
