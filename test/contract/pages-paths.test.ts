// Every file that a page of the repository names is there, and every heading that a link leads to.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = ['README.md', 'CONTRIBUTING.md', 'docs/**/*.md', 'src/*/README.md']
/** A path from the root of the repository, in backticks. `…`, `*` and `<name>` stand for many. */
const PATH = /`((?:configs|docs|packaging|protocols|scripts|src|systemd|test)\/[^`\s:]*)(?::\d+)?`/g

test('every path in a page is one of the repository', () => {
  const missing = globSync(PAGES, { cwd: ROOT }).flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const named = [...text.matchAll(PATH)].map(([, path = '']) => path)
    return named
      .filter((path) => !/[<*{…]/.test(path) && !existsSync(join(ROOT, path)))
      .map((path) => `${page}: ${path}`)
  })
  expect(missing).toEqual([])
})

/** The page without its examples, in which `#` begins a comment. */
const proseOf = (page: string): string =>
  readFileSync(join(ROOT, page), 'utf8').replace(/^ *```.*?^ *```/gms, '')

/** What a heading is called in a link, as the hosts of repositories make it. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')

test('every link between pages leads to a page, and to a heading of it', () => {
  const broken = globSync(PAGES, { cwd: ROOT }).flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? page : normalize(join(dirname(page), path))
        if (!existsSync(join(ROOT, target))) return true
        if (anchor === undefined || !target.endsWith('.md')) return false
        const headings = [...proseOf(target).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => anchorOf(text))
        return !headings.includes(anchor.replace(/-\d+$/, '')) && !headings.includes(anchor)
      })
      .map((link) => `${page}: ${link}`),
  )
  expect(broken).toEqual([])
})
