// The table of known files: what each sign of its globs means, and that a kind has the files that it is about and no others.
import { expect, test } from 'vitest'
import { isKnown, knownFiles } from '../../../../src/assist/risk/known-files.ts'

test.each([
  ['accounts', '/etc/sudoers.d/10-me', '/etc/sudoersx'],
  ['jobs', '/etc/cron.daily/x', '/etc/cron.daily/'],
  ['key', '/home/me/.ssh/id_rsa', '/home/me/.ssh/id_rsa.pub'],
  ['dropin', '/proc/1/oom_adj', '/proc/sys/kernel/panic'],
  ['history', './.bash_history', './x.bash_history'],
  ['later', '/usr/lib/systemd/system-generators', '/usr/lib/systemd/systemx'],
  ['credential', '.ssh/id_rsa', 'x/.ssh/id_rsa'],
  ['credential', '.config/chromium/Default/Login Data', '.config/chromium/Default/Bookmarks'],
  ['secret', '/etc/shadow-', '/etc/shadow--'],
])('%s has %s and not %s', (kind, has, hasNot) => {
  expect(isKnown(kind, has)).toBe(true)
  expect(isKnown(kind, hasNot)).toBe(false)
})

test('a kind that nobody has listed is told', () => {
  expect(knownFiles('nothing')).toBeUndefined()
})
