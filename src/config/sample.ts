// Writes the table of keys for people: the commented config.toml and the page docs/configuration.md.
import { ENVIRONMENT } from './environment.ts'
import { envName, KEY_LIST, type Key, whenInForce } from './table.ts'

const WIDTH = 100

/** Writes a default or another small value as TOML. */
export function toToml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toToml).join(', ')}]`
  if (typeof value === 'object' && value !== null) return '{}'
  return JSON.stringify(value)
}

/** Any value for people: as TOML, or as JSON if it is a table or holds one. */
export function valueText(value: unknown): string {
  const plain = value instanceof Map ? Object.fromEntries(value) : value
  const isTable = (one: unknown): boolean => typeof one === 'object' && one !== null && !Array.isArray(one)
  const hasTable = isTable(plain) || (Array.isArray(plain) && plain.some(isTable))
  return hasTable ? JSON.stringify(plain) : toToml(plain)
}

/** The default of a key as `karo config list` and the documentation show it. */
export function defaultText(k: Key<unknown>): string {
  return k.defaultText ?? toToml(k.default) + (k.unit ? ` ${k.unit}` : '')
}

function comment(text: string): string {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line].join('\n')
}

/** Where a key stands in the file: `sharing.allow.peers` is `allow.peers` under `[sharing]`; a map is a section itself. */
function place(k: Key<unknown>): { section: string; name: string | undefined } {
  if (k.default instanceof Map) return { section: k.path, name: undefined }
  const dot = k.path.indexOf('.')
  return { section: k.path.slice(0, dot), name: k.path.slice(dot + 1) }
}

/** The line of the sample about the key, without the sign that makes it a comment, and the name in it. */
export function sampleLine(path: string): { readonly name: string; readonly text: string } {
  const key = KEY_LIST.find((one) => one.path === path)
  const name = key && place(key).name
  if (key === undefined || name === undefined)
    throw new Error(`the sample has no line of its own for ${path}`)
  return { name, text: `${name} = ${key.example ?? toToml(key.default)}` }
}

/** A config.toml in which every key is commented out, with its meaning and default; only the values of `set` are in force. */
export function sampleConfig(set: { readonly name?: string } = {}): string {
  const parts = [
    '# The configuration of this Karo node. Every key is optional: a key that is commented out has its default.\n' +
      '# `karo config list` shows every key, its value, and where the value came from.\n',
  ]
  let section = ''
  for (const k of KEY_LIST) {
    const at = place(k)
    if (at.section !== section) parts.push(`\n[${at.section}]\n`)
    else parts.push('\n')
    section = at.section
    const env = envName(k)
    const notes = [`Default: ${defaultText(k)}.`, env && `Environment: ${env}.`]
    parts.push(`${comment(k.description)}\n${comment(notes.filter(Boolean).join(' '))}\n`)
    const value = k.example ?? toToml(k.default)
    if (k.path === 'node.name' && set.name !== undefined) parts.push(`name = ${toToml(set.name)}\n`)
    else parts.push(at.name === undefined ? `#${value}\n` : `#${at.name} = ${value}\n`)
  }
  return parts.join('')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

/** docs/configuration.md. */
export function configurationPage(): string {
  const sections = new Map<string, string[]>()
  for (const k of KEY_LIST) {
    const section = k.path.slice(0, k.path.indexOf('.'))
    const env = envName(k)
    const row = [
      `\`${k.path}\``,
      k.defaultText ?? `\`${toToml(k.default)}\`${k.unit ? ` ${k.unit}` : ''}`,
      cell(k.kind.allowed),
      env ? `\`${env}\`` : '–',
      cell(k.description),
    ]
    sections.set(section, [...(sections.get(section) ?? []), `| ${row.join(' | ')} |`])
  }
  const tables = [...sections].map(
    ([section, rows]) =>
      `## [${section}]\n\n${inForce(section)}\n\n| key | default | allowed | environment | meaning |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`,
  )
  return `# Configuration

<!-- Generated from src/config/table.ts by \`npm run docs\`; edit it there. -->

A node reads \`config.toml\` in its directory (\`KARO_HOME\`, by default \`~/.local/share/karo\`). Every key is optional. An
environment variable wins over the file, and the file wins over the default. In a variable, commas separate the entries of
a list. \`karo config list\` shows every key with its value and where the value came from; \`karo config get <key>\` shows
one key. \`karo init\` writes a file in which every key is commented out. A service reads \`/etc/karo/config.toml\`.

The daemon reads the file when it starts. A service reads the file again at \`systemctl reload karo\` (or \`systemctl --user
reload karo\`): the sections that can change take their new values, and for the others it says which keys wait for a
restart. A file with a mistake changes nothing. A \`karo up\` in a terminal does not reload: end it and start it again.

Karo refuses a mistake and names its file and line: an unknown key, a wrong type, a value out of range, a public address
while \`mesh.lan_only\` is on.

${tables.join('\n')}
## Other environment variables

| variable | meaning |
| --- | --- |
${ENVIRONMENT.map(({ name, description }) => `| \`${name}\` | ${cell(description)} |`).join('\n')}
`
}

/** One sentence that says when a changed key of this section takes effect. */
export function inForce(section: string): string {
  return SENTENCES[whenInForce(section)]
}

const SENTENCES = {
  restart: 'In force after a restart.',
  reload: 'In force after a reload of the service; after a restart of your own `karo up`.',
  'at once': 'In force at once: each command reads the file when it starts.',
} as const
