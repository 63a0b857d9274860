// Which directory is the person's home: HOME, or what the user database says.
import { userInfo } from 'node:os'
import { expect, test } from 'vitest'
import { neededHome, personHome } from '../../../src/base/run/person-home.ts'

test('an absolute HOME is the home, any other is asked of the system', () => {
  expect(personHome({ HOME: '/h' })).toBe('/h')
  for (const env of [{}, { HOME: '' }, { HOME: 'h' }, { HOME: './h' }])
    expect(personHome(env)).toBe(userInfo().homedir)
  expect(neededHome({ HOME: '/h' })).toBe('/h')
})
