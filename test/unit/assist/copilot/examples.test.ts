// tldr pages: taken in from an archive, found where a client keeps them, and offered to requests that name the tool.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { findCommand } from '../../../../src/assist/copilot/ask/answer.ts'
import { pack, pagesIn } from '../../../../src/assist/copilot/examples/archive.ts'
import { openExamples, PACK_FILE } from '../../../../src/assist/copilot/examples/index.ts'
import { readPage } from '../../../../src/assist/copilot/examples/pages.ts'
import { knownOf } from '../../../../src/assist/copilot/known.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'

const PAGE = `# frob

> Frobs widgets.

- [c]reate a frobbed widget from a file:

\`frob {{[-c|--create]}} {{path/to/file1 path/to/file2 ...}}\`

- List all widgets \u001b[31m:

\`frob --list {{name}}\`
`

/** A ZIP archive of these files, deflated. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let at = 0
  for (const [path, text] of Object.entries(files)) {
    const [name, bytes] = [Buffer.from(path), deflateRawSync(text)]
    const sizes = Buffer.alloc(12)
    sizes.writeUInt32LE(crc32(text), 0)
    sizes.writeUInt32LE(bytes.length, 4)
    sizes.writeUInt32LE(Buffer.byteLength(text), 8)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(8, 8)
    sizes.copy(local, 14)
    local.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(8, 10)
    sizes.copy(entry, 16)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(at, 42)
    locals.push(local, name, bytes)
    entries.push(entry, name)
    at += 30 + name.length + bytes.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Object.keys(files).length, 10)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...locals, ...entries, end])
}

test('a page: its examples with words in capitals to fill in, without marks and control characters', () => {
  expect(readPage(PAGE)).toMatchObject({
    does: 'Frobs widgets.',
    examples: [
      { does: 'create a frobbed widget from a file', command: 'frob -c FILE', placeholders: ['FILE'] },
      { does: expect.not.stringContaining('\u001b'), command: 'frob --list NAME' },
    ],
  })
  expect(readPage('# nothing')).toBeUndefined()
})

test('an archive: English pages for Linux and for every system, packed and read again', async () => {
  const pages = pagesIn(
    zip({
      'LICENSE.md': 'x',
      'common/frob.md': PAGE,
      'pages.en/linux/other.md': PAGE,
      'pages.de/common/frob.md': '# frob\n\n> Deutsch.\n',
      '../../etc/passwd.md': PAGE,
    }),
    'a.zip',
  )
  expect([...pages.keys()]).toEqual(['frob', 'other'])
  const home = temporaryDirectory()
  writeFileSync(join(home, PACK_FILE), pack(pages))
  const examples = openExamples(home, undefined)
  expect(examples.sources).toMatchObject([{ name: 'carried in', tools: 2 }])
  expect(examples.page('frob')?.source).toBe('tldr frob')
  for (const name of ['absent', '../frob', '__proto__', '']) expect(examples.page(name), name).toBeUndefined()
  const { knowledge } = builtKnowledge()
  const answer = findCommand('frob create a frobbed widget from a file', {
    shell: 'bash',
    knowledge,
    examples,
    judge: (command) => checkCommand(command, { shell: 'bash' }),
  })
  expect(answer).toMatchObject({
    command: 'frob -c FILE',
    source: 'tldr frob',
    placeholders: ['FILE'],
    confidence: 'sure',
  })
  expect(await knownOf('frob', { knowledge, examples })).toMatchObject({
    tool: 'frob',
    does: 'Frobs widgets.',
    examples: [{ command: 'frob -c FILE' }, { command: 'frob --list NAME' }],
  })
  expect(await knownOf('files', { knowledge, examples })).toBeUndefined()
})

test('what is no archive of pages is refused with advice', () => {
  for (const bytes of [
    Buffer.from('hello'),
    zip({ 'a.txt': 'x' }),
    zip({ 'common/a.md': PAGE }).subarray(20),
  ])
    expect(() => pagesIn(bytes, 'a.zip')).toThrow(expect.objectContaining({ code: 'bad_file' }))
})

test('a damaged file of pages is as none', () => {
  const home = temporaryDirectory()
  for (const text of ['', 'karo-pages-1 9999999999{}', 'karo-pages-1 0000000002{', 'something else']) {
    writeFileSync(join(home, PACK_FILE), text)
    expect(openExamples(home, undefined).page('frob'), text).toBeUndefined()
  }
})

test('pages that a tldr client keeps', () => {
  const person = temporaryDirectory()
  mkdirSync(join(person, '.cache/tldr/pages/common'), { recursive: true })
  writeFileSync(join(person, '.cache/tldr/pages/common/frob.md'), PAGE)
  const examples = openExamples(temporaryDirectory(), person)
  expect(examples.sources).toMatchObject([{ name: 'tldr client', tools: null }])
  expect(examples.page('frob')?.examples).toHaveLength(2)
})

test('an archive whose pages are too long together is refused', () => {
  const long = 'a'.repeat(64 * 1024)
  const pages = Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`common/tool${i}.md`, long]))
  expect(() => pagesIn(zip(pages), 'x.zip')).toThrow(/more than 64 MiB when unpacked/)
})
