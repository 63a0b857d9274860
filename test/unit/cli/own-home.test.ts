// A shell of su goes by no directory of the person who was before.
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { envOfUser, mayOthersChange, refuseOthersHome } from '../../../src/cli/shells/own-home.ts'
import { startInBackground } from '../../../src/cli/start/background.ts'
import { homePaths } from '../../../src/config/paths.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'

const ADA = 61_281
const BOB = 61_282
const isRoot = process.getuid?.() === 0
const homeOf = (uid: number, name: string): string => {
  const path = join(temporaryDirectory(), name)
  mkdirSync(path)
  chownSync(path, uid, uid)
  return path
}

test.runIf(isRoot)('a home of one’s own, or of root, is meant; another user’s is not', () => {
  const adas = { KARO_HOME: homeOf(ADA, 'k'), HOME: homeOf(ADA, 'h') }
  expect(envOfUser(adas, ADA)).toBe(adas)
  const roots = { KARO_HOME: homeOf(0, 'k'), HOME: '/root' }
  expect(envOfUser(roots, 0)).toBe(roots)
  expect(envOfUser(roots, ADA)).toBe(roots)
  for (const uid of [0, BOB]) {
    expect(envOfUser({ ...adas, HOME: homeOf(uid, 'own') }, uid)).not.toHaveProperty('KARO_HOME')
    expect(envOfUser({ HOME: adas.HOME, TERM: 'x' }, uid)).toEqual({ HOME: userInfo().homedir, TERM: 'x' })
  }
})

test.runIf(isRoot)(
  'for root no step of the way may be another user’s, nor a link that one could turn',
  () => {
    const adas = homeOf(ADA, 'h')
    const inside = join(adas, 'roots')
    mkdirSync(inside)
    expect(envOfUser({ KARO_HOME: inside }, 0)).toEqual({})
    const link = join(adas, 'link')
    symlinkSync(homeOf(0, 'k'), link)
    expect(mayOthersChange(homeOf(0, 'open'))).toBe(false)
    const open = homeOf(0, 'open')
    chmodSync(open, 0o777)
    expect(mayOthersChange(join(open))).toBe(true)
    chmodSync(open, 0o1777)
    expect(mayOthersChange(join(open))).toBe(false)
    expect(envOfUser({ KARO_HOME: link, HOME: '/root' }, 0)).toEqual({ HOME: '/root' })
  },
)

test('nothing is made in a home whose name is not UTF-8: its path would be that of another directory', async () => {
  const HOME = join(temporaryDirectory(), 'ren\uFFFD')
  for (const words of [
    ['init', '--solo'],
    ['shell', 'install', 'bash'],
  ])
    expect(await commandLine(words, { env: { HOME } })).toMatchObject({
      code: 2,
      err: expect.stringContaining('not UTF-8'),
    })
  expect(existsSync(HOME)).toBe(false)
})

test.runIf(isRoot)('root leaves no log in a node of another user', async () => {
  const home = homeOf(ADA, 'k')
  const asked = { env: {}, socket: join(home, 'karo.sock') }
  await expect(startInBackground(asked, homePaths({ KARO_HOME: home }))).rejects.toMatchObject({
    code: 'bad_file',
    message: expect.stringContaining('belongs to another user'),
  })
  expect(readdirSync(home)).toEqual([])
})

test.runIf(isRoot)('root makes nothing in the home of another user, and may in one of its own', () => {
  const refused = expect.objectContaining({ code: 'refused', hint: expect.stringContaining(`'#${ADA}'`) })
  const adas = homeOf(ADA, 'h')
  for (const home of [adas, join(adas, '.local/share/karo')])
    expect(() => refuseOthersHome(home)).toThrow(refused)
  expect(() => refuseOthersHome(join(homeOf(0, 'h'), '.local/share/karo'))).not.toThrow()
})

test.runIf(isRoot).each(['init', 'shell install bash', 'hook install claude'])(
  'karo %s of root leaves the home of another user as it was',
  async (words) => {
    const HOME = homeOf(ADA, 'h')
    const { code, err } = await commandLine(words.split(' '), { env: { HOME, SHELL: '/bin/bash' } })
    expect([code, err]).toEqual([4, expect.stringContaining('another user')])
    expect(readdirSync(HOME)).toEqual([])
  },
)
