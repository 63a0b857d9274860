// The catastrophic core: the root, homes, disks and key stores, whatever the spelling, and no exception lowers it.
import { describe, expect, test } from 'vitest'
import { DEFAULTS, type Guard } from '../../../../src/assist/guard/guard.ts'
import { judge } from '../../../../src/assist/guard/index.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'
import { PLACE } from '../../../support/data/lines.ts'

/** With an exception from everything. */
const guard: Guard = {
  ...DEFAULTS,
  rules: [{ kind: 'allow', whose: 'own', where: '/g:1', command: '*' }],
  files: [],
  warnings: [],
  now: () => 0,
}
const verdict = (command: string) => judge(guard, command, { ...PLACE, karoHome: '/data/karo' })
const isCore = (command: string) =>
  expect(verdict(command), command).toMatchObject({ risk_level: 'critical', decision: 'block' })

const TREES = [
  '/',
  '/*',
  '//',
  '/etc',
  '/usr/',
  '/boot',
  '/var',
  '/home',
  '~',
  '~/',
  '$HOME',
  '"${HOME}"',
  '/home/*',
  '~root',
  '/e?c',
  '/{usr,etc}',
]
const STORES = [
  '~/.ssh',
  '~/.gnupg',
  '~/.local/share/karo',
  '$KARO_HOME',
  '/data/karo',
  '/data/karo/db',
  '/data/../data/karo',
  '/var/lib/karo',
  '~/.ss?',
  '/root/.ssh',
  '/home/alice/.gnupg',
]
const DISKS = [
  '/dev/sda',
  '/dev/nvme0n1p2',
  '/dev/disk/by-id/x',
  '/dev/mapper/vg-root',
  '/dev/sd?',
  '"/dev/"sda',
  '/dev/./sda',
]

describe('trees and key stores', () => {
  const destroyers: readonly ((place: string) => string)[] = [
    (place) => `rm -rf ${place}`,
    (place) => `rm -r -- ${place}`,
    (place) => `srm -r ${place}`,
    (place) => `wipe -rf ${place}`,
    (place) => `sudo rm --recursive ${place}`,
    (place) => `find ${place} -delete`,
    (place) => `find ${place} -exec rm -rf {} +`,
    (place) => `rsync -a --delete empty/ ${place}`,
    (place) => `mv ${place} /tmp/x`,
    (place) => `echo ${place} | xargs rm -rf`,
    (place) => `X=${place}; rm -rf $X`,
    (place) => `bash -c 'rm -rf ${place}'`,
  ]
  for (const place of [...TREES, ...STORES])
    test(place, () => {
      for (const destroy of destroyers) isCore(destroy(place))
    })
})

describe('lists that one command makes and another deletes by', () => {
  const lists = [
    (place: string) => `ls -d ${place}/*`,
    (place: string) => `ls -1d ${place}/* | sort | grep -v proc`,
    (place: string) => `find ${place} -maxdepth 1`,
    (place: string) => `find ${place} -mindepth 1 -maxdepth 1 -print`,
    (place: string) => `find ${place} ! -name keep`,
    (place: string) => `fd . ${place}/`,
    (place: string) => `du -a ${place} | cut -f2`,
  ]
  const readers = [
    (list: string) => `${list} | xargs rm -rf`,
    (list: string) => `${list} | xargs -I{} sh -c 'rm -rf {}'`,
    (list: string) => `${list} | sudo xargs -d '\n' chown -R me`,
    (list: string) => `${list} | xargs chmod -R 700`,
    (list: string) => `${list} | xargs -I{} mv {} /tmp`,
    (list: string) => `${list} | while read -r f; do rm -rf "$f"; done`,
    (list: string) => `while IFS= read -r f; do rm -rf "$f"; done < <(${list})`,
    (list: string) => `${list} | parallel rm -rf {}`,
    (list: string) => `parallel rm -rf :::: <(${list})`,
    (list: string) => `xargs -a <(${list}) rm -rf`,
    (list: string) => `for f in $(${list}); do rm -rf "$f"; done`,
    (list: string) => `rm -rf $(${list})`,
    (list: string) => `X=$(${list}); rm -rf $X`,
    (list: string) => `mapfile -t a < <(${list}); rm -rf "\${a[@]}"`,
  ]
  for (const place of ['', '/etc', '/usr'])
    test(place || '/', () => {
      for (const list of lists)
        for (const read of readers) isCore(read(list(place || '/').replace('//', '/')))
    })
  test('a home', () => {
    for (const list of lists)
      for (const read of readers.filter((one) => !/ch(?:own|mod)/.test(one('')))) isCore(read(list('~')))
  })
  test('find -exec, whatever the depth', () => {
    for (const depth of ['-maxdepth 1', '-mindepth 1', '-mindepth 1 -maxdepth 1', '-type d', "! -name 'x'"])
      for (const run of ['rm -rf {} +', 'mv {} /tmp \\;', `sh -c 'rm -rf "$1"' _ {} \\;`])
        for (const place of ['/', '~', '/etc']) isCore(`find ${place} ${depth} -exec ${run}`)
  })
})

test('files of a key store', () => {
  for (const tool of ['rm -f', 'grm', 'srm', 'wipe', 'unlink', 'shred -u'])
    for (const files of ['~/.ssh/*', '~/.gnupg/*', '/data/karo/identity.key', '$KARO_HOME/identity.key'])
      isCore(`${tool} ${files}`)
  for (const command of [
    '> /data/karo/identity.key',
    ': >| $KARO_HOME/identity.key',
    'truncate -s 0 ~/.local/share/karo/identity.key',
    'cat /dev/null | tee /var/lib/karo/identity.key',
    'dd if=/dev/zero of=/data/karo/identity.key',
  ])
    isCore(command)
})

test('disks', () => {
  for (const disk of DISKS)
    for (const command of [
      `dd if=/dev/zero of=${disk}`,
      `cat x > ${disk}`,
      `tee ${disk} < x`,
      `cp x ${disk}`,
      `mkfs.ext4 ${disk}`,
      `wipefs -a ${disk}`,
      `shred ${disk}`,
      `sgdisk -Z ${disk}`,
      `pvcreate -ff ${disk}`,
      `blkdiscard ${disk}`,
      `qemu-img convert x ${disk}`,
    ])
      isCore(command)
})

test('permissions of the system', () => {
  for (const place of ['/', '/etc', '/usr', '/*', '/var'])
    for (const change of [
      'chmod -R 777',
      'chmod 000 -R',
      'chown -R me',
      'chgrp -R users',
      'setfacl -R -m u:x:rwx',
      'chattr -R +i',
    ])
      isCore(`${change} ${place}`)
})

test('an exception lowers what is not of the core', () => {
  for (const command of [
    'rm -rf *',
    'git push --force',
    'curl x | sh',
    'rm -rf /opt/app',
    'rm ~/.ssh/id_rsa',
  ])
    expect(verdict(command)).toMatchObject({ risk_level: 'safe', decision: 'allow', matches: [] })
})

test('the node’s own directory is known where a part of the word is not', () => {
  for (const command of ['rm -rf "/data/karo$X"', 'rm -rf /data/$X/karo/db'])
    expect(checkCommand(command, { ...PLACE, karoHome: '/data/karo' }).risk_level, command).not.toBe('safe')
})

test('the node’s own directory is known by where it is', () => {
  const level = (karoHome?: string) =>
    checkCommand('rm -rf /data/karo', { ...PLACE, ...(karoHome !== undefined && { karoHome }) }).risk_level
  expect(level()).toBe('moderate')
  expect(level('/data/karo')).toBe('critical')
})

test.each([
  ['zsh', 'ls; rm -rf $=HOME && x', '$=HOME'],
  ['zsh', 'ls; rm -rf "$HOME:h" && x', '"$HOME:h"'],
  ['fish', 'ls; rm -rf {$HOME}/*; and x', '{$HOME}/*'],
  ['fish', 'set n HOME; rm -rf $$n; ls', '$$n'],
] as const)("%s's own spelling of a variable is pointed at as typed: %s", (shell, line, word) => {
  const [match] = checkCommand(line, { shell, home: '/home/me' }).matches
  expect(match?.risk_level).toBe('critical')
  expect(line.slice(...(match?.span ?? [0, 0]))).toBe(word)
})

test('a safer form is one its shell can run: fish has no ${…:?}', () => {
  const safer = (shell: 'bash' | 'fish') => checkCommand('rm -rf "$TMPD"/*', { shell }).safer
  expect(safer('bash')).toBe('rm -rf "${TMPD:?}"/*')
  expect(safer('fish')).toBeUndefined()
})

test.each([
  ['echo x > ~/.bashrc', 'echo x >> /home/me/.bashrc'],
  ['cat > ~/.bashrc <<< x', undefined],
  ['ln -sf /dev/null ~/.ssh/authorized_keys', undefined],
])('what is safer than to overwrite a start file is to add to it: %s', (line, safer) => {
  expect(checkCommand(line, PLACE)).toMatchObject({ risk_level: 'high' })
  expect(checkCommand(line, PLACE).safer).toBe(safer)
})
