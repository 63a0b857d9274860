// The pages for people as a package brings them: what they name is called as it is called on a machine that has it installed.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
export const DOC = 'usr/share/doc/karo'
/** What other programs read: alert rules, a dashboard. Not below DOC, which small images leave out. */
const SHARE = 'usr/share/karo'

/** Folders and files of the repository that pages name, and where a package puts them; the longest that fits counts. */
export const INSTALLED: Readonly<Record<string, string>> = {
  'configs/config.toml': 'etc/karo/config.toml',
  'configs/prometheus/': `${SHARE}/prometheus/`,
  'configs/grafana/': `${SHARE}/grafana/`,
  'configs/': `${SHARE}/`,
}

/** In place of how it is started from its sources. */
const STARTED = `## Installed

\`\`\`
systemctl status karo              # the machine's node: the package has started it
karo shell install                 # records and guards the shell of whoever runs it
sudo karo shell install --system   # or the shells of everybody here
\`\`\`

What else the package brings, and how it is run: [operations.md](operations.md). Lines with \`npm\` and paths such as
\`src/\`, \`test/\` and \`scripts/\` in these pages are of Karo's sources.
`

/** By where they are installed: beside each other, so that their links lead on. */
export function pages(): ReadonlyMap<string, string> {
  const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
  const documents = globSync('docs/{,decisions/,start/}*.md', { cwd: ROOT }).sort()
  return new Map([
    [`${DOC}/README.md`, asInstalled(readmeInstalled(read('README.md')))],
    ...documents.map((path) => [path.replace(/^docs/, DOC), asInstalled(read(path))] as const),
  ])
}

/** The section that says how the sources are started, whatever it is called, gives way to how an installed one is used. */
const FROM_SOURCES = /^## [^\n]*\n(?:(?!^## )[^\n]*\n)*npm ci && npm start(?:(?!^## )[^\n]*\n)*/m

function readmeInstalled(text: string): string {
  return text
    .replace(FROM_SOURCES, `${STARTED}\n`)
    .replaceAll('](docs/', '](')
    .replaceAll('each with `npm ci && npm start`', 'each with Karo installed')
}

const NAMED = /(?<![\w/.-])configs\/(?:[\w./-]*\w)?\/?|(?<![\w/.-])configs\/(?=`)/g

function asInstalled(text: string): string {
  return text.replace(NAMED, (path) => {
    // A folder may be written with its last slash or without.
    const known = Object.keys(INSTALLED)
      .filter((from) => path.startsWith(from) || `${path}/` === from)
      .sort((a, b) => b.length - a.length)[0]
    if (known === undefined) return path
    const to = `/${INSTALLED[known]}`
    return `${path}/` === known ? to.slice(0, -1) : to + path.slice(known.length)
  })
}
