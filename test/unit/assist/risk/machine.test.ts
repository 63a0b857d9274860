// What the check knows of this machine's files and disks changes how a line is judged.
import { expect, test } from 'vitest'
import { checkCommand, type Machine } from '../../../../src/assist/risk/index.ts'

const machine: Machine = {
  files: [],
  startFiles: [],
  programs: [],
  real: (path) => path,
  holds: (path) => /^\/home\/me\/src\/project\/(?:notes\.txt|disk\.img|site\.key)$/.test(path),
  isMounted: (path) => path === '/dev/sdc1' || path === '/dev/vg0/root',
}
const levelOf = (command: string) =>
  checkCommand(command, { home: '/home/me', cwd: '/home/me/src/project', machine }).risk_level

test('a disk that is mounted is blocked, another one beyond the first is asked about', () => {
  expect(levelOf('mkfs.vfat /dev/sdc1')).toBe('critical')
  expect(levelOf('dd if=x.iso of=/dev/sdc1')).toBe('critical')
  expect(levelOf('mkfs.vfat /dev/sdd1')).toBe('high')
  expect(levelOf('dd if=x.iso of=/dev/sdd')).toBe('high')
})

test('of volumes those that are mounted are blocked, and the others are asked about', () => {
  expect(levelOf('mkfs.ext4 /dev/vg0/root')).toBe('critical')
  expect(levelOf('mkfs.ext4 /dev/vg0/new')).toBe('high')
  expect(levelOf('mkfs.ext4 /dev/mapper/vg0-new')).toBe('high')
  expect(levelOf('mkfs.ext4 /dev/disk/by-id/x')).toBe('critical')
})

test('emptying a file that has something in it is asked about, and one without is not', () => {
  for (const file of ['notes.txt', './notes.txt', '~/src/project/notes.txt'])
    expect(levelOf(`> ${file}`), file).toBe('high')
  expect(levelOf(': > notes.txt')).toBe('high')
  expect(levelOf('> main.py')).toBe('moderate')
})

test('a file that is there is asked about before it is emptied for what is read from it, or filled with what is worth nothing', () => {
  expect(levelOf('uniq notes.txt > notes.txt')).toBe('high')
  expect(levelOf('uniq other.txt > other.txt')).toBe('moderate')
  expect(levelOf('uniq other.txt > notes.txt')).toBe('safe')
  expect(levelOf('dd if=/dev/urandom of=disk.img')).toBe('high')
  expect(levelOf('qemu-img create disk.img 1G')).toBe('high')
  expect(levelOf('qemu-img create new.img 1G')).toBe('safe')
})

test('a private key that is there is not made anew without a question', () => {
  expect(levelOf('openssl genrsa -out site.key 2048')).toBe('high')
  expect(levelOf('wg genkey > site.key')).toBe('high')
  expect(levelOf('openssl genrsa -out new.key 2048')).toBe('safe')
})
