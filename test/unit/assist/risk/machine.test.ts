// What the check knows of this machine's files and disks changes how a line is judged.
import { expect, test } from 'vitest'
import { checkCommand, type Machine } from '../../../../src/assist/risk/index.ts'

const machine: Machine = {
  files: [],
  startFiles: [],
  programs: [],
  real: (path) => path,
  holds: (path) => path === '/home/me/src/project/notes.txt',
  isMounted: (path) => path === '/dev/sdc1',
}
const levelOf = (command: string) =>
  checkCommand(command, { home: '/home/me', cwd: '/home/me/src/project', machine }).risk_level

test('a disk that is mounted is blocked, another one beyond the first is asked about', () => {
  expect(levelOf('mkfs.vfat /dev/sdc1')).toBe('critical')
  expect(levelOf('dd if=x.iso of=/dev/sdc1')).toBe('critical')
  expect(levelOf('mkfs.vfat /dev/sdd1')).toBe('high')
  expect(levelOf('dd if=x.iso of=/dev/sdd')).toBe('high')
})

test('emptying a file that has something in it is asked about, and one without is not', () => {
  for (const file of ['notes.txt', './notes.txt', '~/src/project/notes.txt'])
    expect(levelOf(`> ${file}`), file).toBe('high')
  expect(levelOf(': > notes.txt')).toBe('high')
  expect(levelOf('> main.py')).toBe('moderate')
})
