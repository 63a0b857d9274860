// The pages in the package: whatever page one of them links is there too, and so is what the units name.
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from 'vitest'
import { COPIED, configurations, pages } from '../../scripts/package/tree.ts'

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

test('what pages name of configs/ they name where a package puts it', () => {
  const installed = [...configurations().map(({ path }) => path), ...Object.values(COPIED)].map(
    (path) => `/${path}`,
  )
  expect(installed).toContain('/etc/karo/config.toml')
  expect(installed).toContain('/usr/share/karo/prometheus/karo-alerts.test.yml')
  const named = [...packaged].flatMap(([page, text]) => {
    expect([page, /(?<![\w/.-])configs\//.exec(text)?.[0]]).toEqual([page, undefined])
    return [...text.matchAll(/\/usr\/share\/karo[\w/.-]*/g)].map(([path]) => path)
  })
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((path) => !installed.some((one) => one.startsWith(path)))).toEqual([])
})

test('the installed page of all pages says how an installed Karo is used, not how its sources are', () => {
  const text = packaged.get('usr/share/doc/karo/README.md') ?? ''
  expect(text).toContain('systemctl status karo')
  expect(text).not.toContain('npm ci')
})
