// Commands of single tools: the options that a request names, in any order, and nothing where a word is left over.
import { describe, expect, test } from 'vitest'
import { composeFind } from '../../../../src/assist/copilot/compose/find.ts'
import { composeForm } from '../../../../src/assist/copilot/compose/forms.ts'
import { read } from '../../../../src/assist/copilot/compose/read.ts'
import { composeSentence } from '../../../../src/assist/copilot/compose/sentences.ts'

const form = (words: string) => composeForm(words, read(words))?.command
const sentence = (words: string) => composeSentence(words, read(words))?.command
const found = (words: string) => composeFind(words, read(words))?.command

describe('a form', () => {
  test.each([
    ['split big.csv into files of at most 500 lines each with prefix part_ and a numeric suffix of length 3', 'split -l 500 -d -a 3 big.csv part_'],
    ['with a numeric suffix, split "disk.img" into pieces of 2 GB', undefined],
    ['split "disk.img" into pieces of 2 GB', 'split -b 2G disk.img'],
    ['Read a line from standard input into variable "name" with the prompt "Who? " and a timeout of 5 seconds', "read -p 'Who? ' -t 5 name"],
    ['make directories "in/raw", "in/done" and "out" as needed', 'mkdir -p in/raw in/done out'],
    ['recursively change the owner to "web" and group to "ops" of /srv/www', 'chown -R web:ops /srv/www'],
    ['change the owner and group of notes.txt to "kim"', 'chown kim:kim notes.txt'],
    ['recursively change the group of all files in /srv/www to "ops"', 'chgrp -R ops /srv/www'],
    ['compare a.txt and b.txt side by side, ignoring case', 'diff -y -i a.txt b.txt'],
    ['mount "tmpfs" filesystem on /mnt/fast', 'sudo mount -t tmpfs none /mnt/fast'],
    ['change directory to the directory containing the "node" executable', 'cd "$(dirname "$(which node)")"'],
    ['print the third comma separated field of list.csv', 'cut -d , -f 3 list.csv'],
    ['print the third comma separated field of $row', 'echo "$row" | cut -d , -f 3'],
    ['numerically sort sizes.txt by the second field in descending order', 'sort -n -r -k 2,2 sizes.txt'],
    ['ssh into "db.lan" as user "kim" on port 2222', 'ssh -p 2222 kim@db.lan'],
    ['archive ./site to web@host.lan:/srv via ssh on port 2200 excluding "cache"', "rsync -a -e 'ssh -p 2200' --exclude=cache ./site web@host.lan:/srv"],
    ['execute "date" every 5 seconds and highlight the differences', 'watch -n 5 -d date'],
    ['automatically answer "y" to any prompt from "fsck /dev/sdz1"', 'yes | fsck /dev/sdz1'],
  ])('%s', (words, command) => {
    expect(form(words)).toBe(command)
  }) // biome-ignore format: one request a line

  test.each([
    'make directories "a" and "b" on every host',
    'split big.csv into files of 500 lines unless it is small',
    'change the permissions of all files in /srv to 644',
    'change the owner of all files in /srv to "kim"',
    'copy a.txt to /srv/backup except on Sunday',
    'mount /dev/sdz1 on /mnt if it is not mounted',
  ])(
    'has no answer where something is left over, or more is meant than the thing that is named: %s',
    (words) => {
      expect(form(words)).toBeUndefined()
    },
  )
})

describe('what a command prints', () => {
  test.each([
    ['save the host name in variable "here"', 'here=$(hostname)'],
    ['save the absolute path of "$dir" to variable "full"', 'full=$(readlink -f "$dir")'],
    ['print a count of each unique line in log.txt sorted from most frequent to least frequent', 'sort log.txt | uniq -c | sort -nr'],
  ])('goes where the words say: %s', (words, command) => {
    expect(sentence(words)).toBe(command)
  }) // biome-ignore format: one request a line
})

describe('a search', () => {
  test.each([
    ['find all 640 permission files under /srv and change their permission to 600', 'find /srv -type f -perm 640 -exec chmod 600 {} +'],
    ['change the permission of all regular files from 777 to 755 in the folder /srv', 'find /srv -type f -perm 777 -exec chmod 755 {} +'],
    ['delete all "*.tmp" files under /srv with confirmation', "find /srv -type f -name '*.tmp' -ok rm {} \\;"],
    ['find all "*.old" files under /srv and move them to directory attic', "find /srv -type f -name '*.old' -exec mv -t attic {} +"],
    ['find all files owned by group id 1003 in /srv', 'find /srv -type f -gid 1003'],
    ['find the total size of "*.jpg" files under ./photos', "find ./photos -type f -name '*.jpg' -exec du -ch {} + | tail -n 1"],
    ['find files in /srv modified between 2 and 5 hours ago', 'find /srv -type f -mmin +120 -mmin -300'],
    ['find all "*.log" files in /srv and compress them into a tarball named logs.tar.gz', "find /srv -type f -name '*.log' -print0 | tar -czf logs.tar.gz --null -T -"],
    ['archive all "*.log" files in /srv older than 5 days into old.tar.gz', "find /srv -type f -mtime +5 -name '*.log' -print0 | tar -czf old.tar.gz --null -T -"],
    ['find all "*.txt" files in /srv and pack them into docs.tar', "find /srv -type f -name '*.txt' -print0 | tar -cf docs.tar --null -T -"],
    ['change permissions to 644 for all files in the current directory tree', 'find . -type f -exec chmod 644 {} +'],
  ])('%s', (words, command) => {
    expect(found(words)).toBe(command)
  }) // biome-ignore format: one request a line

  test.each([
    'remove all files under the current directory',
    'change permissions to 644 for all files in the entire file system',
    'change permissions to 644 for all files',
    'find all files under the current directory and run "rm" on each of them',
  ])('never changes everything in passing: %s', (words) => {
    expect(found(words)).toBeUndefined()
  })
})
