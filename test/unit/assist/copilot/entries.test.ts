// The text of knowledge: what is read of it, what is refused with its line, and whether the files of the product keep its rules.
import { describe, expect, test } from 'vitest'
import { checkKnowledge, knowledgeTexts } from '../../../../scripts/ask/knowledge-check.ts'
import { readEntries } from '../../../../src/assist/copilot/ask/entries.ts'
import { unfilled } from '../../../../src/assist/copilot/ask/fill.ts'

const faultsOf = (text: string): readonly string[] => checkKnowledge(new Map([['a.txt', text]]))

describe('an entry', () => {
  test('has a command with typed slots, and wordings', () => {
    const { entries, faults } = readEntries(`# about tar
% tar
tar -xzf {archive:file.tgz} -C {dir=.}
  extract {archive} into {dir}
  unpack a compressed archive

awk '{print $1}' {file} | head -n {n:number=10}
  first column of {file}
`)
    expect(faults).toEqual([])
    expect(entries).toEqual([
      {
        tool: 'tar',
        command: 'tar -xzf {archive:file.tgz} -C {dir=.}',
        slots: [
          { name: 'archive', type: 'file', ending: 'tgz' },
          { name: 'dir', type: 'dir', otherwise: '.' },
        ],
        says: ['extract {archive} into {dir}', 'unpack a compressed archive'],
        line: 3,
      },
      {
        tool: 'tar',
        command: "awk '{print $1}' {file} | head -n {n:number=10}",
        slots: [
          { name: 'file', type: 'file' },
          { name: 'n', type: 'number', otherwise: '10' },
        ],
        says: ['first column of {file}'],
        line: 7,
      },
    ])
    expect(entries.map(({ command }) => unfilled(command).command)).toEqual([
      'tar -xzf ARCHIVE -C .',
      "awk '{print $1}' FILE | head -n 10",
    ])
  })

  test('keeps the braces of shells, templates and other programs', () => {
    const line = "echo ${x} {} {a,b} @{upstream} {{.Names}} {{range}}{{end}} 'stash@{{n:number=0}}' {file2}"
    const [entry] = readEntries(`% x\n${line}\n  see`).entries
    expect(entry?.slots.map(({ name }) => name)).toEqual(['n', 'file2'])
    expect(unfilled(entry!.command).command).toBe(
      "echo ${x} {} {a,b} @{upstream} {{.Names}} {{range}}{{end}} 'stash@{0}' FILE2",
    )
  })
})

describe('what is wrong is named with its line', () => {
  test.each([
    ['ls\n  list files', 'a.txt:1: a line `% TOOL` is missing above it'],
    ['% ls\nls', 'a.txt:2: a command without wordings'],
    ['% ls\n  list files', 'a.txt:2: a wording without a command above it'],
    ['% ls\nls\n  list files\n\tlist all', 'a.txt:4: a character that nobody sees, such as a tab'],
    ['% ls\nls\n  list files\n   list all', 'a.txt:4: a wording is indented by two blanks'],
    ['% ls\nls {dir}\n  list {folder}', 'a.txt:3: the command has no slot {folder}'],
    ['% ls\nls\n  list files\nls -a\n  list all', 'a.txt:4: an empty line is missing between two entries'],
    ['% ls\nls\n  list files.', 'a.txt:2: a wording begins with a small letter and ends without a full stop'],
    ['% ls\nls | (cat\n  list files', 'a.txt:2: the line cannot be read as shell: ls | (cat'],
    ['% ls\nls\n  list the files\n\nls -l\n  list files', 'a.txt:6: a.txt:3 says the same: list files'],
    ['% ls\nls\n  list files\n\nls\n  what is here', 'a.txt:5: the command of a.txt:2 once more: ls'],
    [
      '% rm\nrm {file}\n  show {file}',
      'a.txt:2: "show {file}" asks to see something, and rm {file} changes something',
    ],
    [
      '% karo\nkaro share off\n  why is my data shared\n\nkaro share show\n  who may see my numbers',
      'a.txt:2: "why is my data shared" asks to see something, and karo share off changes something',
    ],
    [
      '% ls\nls {wibble}\n  list files',
      'a.txt:2: {wibble} has no type that is known; write {wibble:TYPE}, or { wibble } if the brace belongs to the command',
    ],
  ])('%j', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault])
  })
})

test('the knowledge of the product keeps the rules', () => {
  expect(checkKnowledge(knowledgeTexts())).toEqual([])
})
