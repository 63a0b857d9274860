// The pages in the package: whatever page one of them links is there too, and so is what the units name.
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from 'vitest'
import { pages } from '../../scripts/package/tree.ts'

const packaged = pages()

test('each page that a page links is packaged', () => {
  const links = [...packaged].flatMap(([path, text]) =>
    [...text.matchAll(/\]\((?!\w+:)([^)#]+\.md)/g)].map(([, to]) => posix.join(posix.dirname(path), to!)),
  )
  expect(links.length).toBeGreaterThan(50)
  expect(links.filter((path) => !packaged.has(path))).toEqual([])
})

test.each(['systemd/karo.service', 'systemd/user/karo.service'])('%s names a page that is there', (unit) => {
  const [, page] =
    /^Documentation=file:\/\/\/(.*)$/m.exec(readFileSync(join(import.meta.dirname, '../..', unit), 'utf8')) ??
    []
  expect([...packaged.keys()]).toContain(page)
})
