// The catalogue of checks: complete, and the page made from it as it is; findings come together to one result.
import { describe, expect, test } from 'vitest'
import { doctorPage } from '../../../../scripts/doctor-page.ts'
import { CHECK_IDS, CHECKS } from '../../../../src/cli/doctor/catalogue.ts'
import { type Check, fail, ok, skipped, Unknown, warn } from '../../../../src/cli/doctor/check.ts'
import { examine, mend, resultOf } from '../../../../src/cli/doctor/doctor.ts'
import type { World } from '../../../../src/cli/doctor/world.ts'
import { karo } from '../../../support/node/played-daemon.ts'

test.each(CHECK_IDS.map((id) => [id, CHECKS[id]] as const))(
  '%s says what, why and what to do',
  (id, check) => {
    expect(id).toMatch(/^[a-z]+\.[a-z_]+$/)
    for (const text of [check.what, check.why])
      expect(text, 'a whole sentence of more than twenty characters').toMatch(/^\S.{20,}\.$/)
    expect(check.fix.length, 'what to do, in words').toBeGreaterThan(10)
    expect(doctorPage()).toContain(`### \`${id}\``)
  },
)

test('one result: the worst decides, each fix once, without one of its own the general one; and no more than a screen holds', () => {
  const many = Array.from({ length: 1000 }, (_, i) => warn(`node ${i}`, `trust ${i}`))
  expect({
    'what is better is not mentioned': resultOf('home.directory', [
      ok('fine'),
      warn('so so', 'do a'),
      fail('bad', 'do b'),
      skipped('no'),
    ]),
    'the same fix twice': resultOf('mesh.port', [fail('x', 'same'), fail('y', 'same')]),
    'no fix of its own': resultOf('mesh.port', [fail('x')]),
    'what is well has neither fix nor why': resultOf('mesh.port', [ok('a'), skipped('b')]),
    skipped: resultOf('mesh.port', [skipped('b')]),
    'said by nobody': resultOf('mesh.port', []),
    'a check that only warns does not fail': resultOf('shell.hooks', [fail('bad')]),
    'a thousand': resultOf('peers.pending', many),
  }).toMatchSnapshot()
})

describe('examining', () => {
  const world = (facts?: object) => ({ facts: async () => facts }) as unknown as World
  const look = (
    id: 'clock.peers' | 'peers.pending' | 'home.key' | 'mesh.names' | 'runtime.node',
    by: () => object,
  ) => ({ [id]: { ...CHECKS[id], look: async () => by() } as unknown as Check })

  test('what needs a daemon is skipped without one, and a check that breaks fails no other', async () => {
    const checks = {
      ...CHECKS,
      ...look('clock.peers', () => Promise.reject(new Error('asked all the same'))),
      ...look('peers.pending', () => Promise.reject(new Error('asked all the same'))),
      ...look('home.key', () => Promise.reject(new Error('broken'))),
      ...look('mesh.names', () => Promise.reject(new Unknown('see config.file'))),
      ...look('runtime.node', () => ok('here')),
    }
    const ids = ['clock.peers', 'home.key', 'mesh.names', 'runtime.node'] as const
    const told = async (facts: object | undefined, which: readonly (keyof typeof checks)[]) =>
      (await examine(world(facts), which, checks)).map(({ result }) => [result.outcome, result.detail])
    expect(await told(undefined, ids)).toEqual([
      ['skipped', 'only a daemon that runs can tell'],
      ['skipped', 'it could not be checked: broken'],
      ['skipped', 'see config.file'],
      ['ok', 'here'],
    ])
    const forAdministrators = ['skipped', 'only administrators may see this: sudo karo doctor']
    expect(await told({ limited: true }, ['peers.pending', 'people.held'])).toEqual([
      forAdministrators,
      forAdministrators,
    ])
  })

  test('safe fixes are done one by one, what cannot be is said, and a dry run does nothing', () => {
    let done = 0
    const safe = { says: 'do it', apply: () => void done++ }
    const broken = {
      says: 'break',
      apply: () => {
        throw new Error('EPERM')
      },
    }
    const examined = [{ result: resultOf('home.key', [fail('x')]), safe: [broken, safe] }]
    expect(mend(examined, true)).toEqual([
      { id: 'home.key', says: 'break' },
      { id: 'home.key', says: 'do it' },
    ])
    expect(done).toBe(0)
    expect(mend(examined, false)).toEqual([
      { id: 'home.key', says: 'break', failed: 'EPERM' },
      { id: 'home.key', says: 'do it' },
    ])
    expect(done).toBe(1)
  })
})

test('a name that is no check is answered with those that were meant', async () => {
  const asked = async (only: string) => {
    const { code, err } = await karo({}, 'doctor', '--only', only)
    return { code, said: err.replaceAll(/\s+/g, ' ') }
  }
  expect(await asked('store')).toMatchObject({
    code: 2,
    said: expect.stringContaining('Did you mean store.database, store.disk, store.retention?'),
  })
  // With commas there are several.
  expect((await asked('store.disk,mesh.prot')).said).toMatch(/'mesh.prot' is no check .*mean mesh.port\?/)
  expect((await asked('sandbox')).said).toContain('doctor --json names them')
})
