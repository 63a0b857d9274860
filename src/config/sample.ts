// Writes the table of keys for people: the config.toml of a new home and the page docs/configuration.md.
import { ENVIRONMENT } from './environment.ts'
import { FLEET_KEYS, sectionOf } from './fleet.ts'
import { isTable } from './kinds.ts'
import { envName, KEY_LIST, type Key, keyOf, whenInForce } from './table.ts'

/** Writes a default or another small value as TOML. */
export function toToml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toToml).join(', ')}]`
  if (typeof value === 'object' && value !== null) return '{}'
  return JSON.stringify(value)
}

/** Any value for people: as TOML, or as JSON if it is a table or holds one. */
export function valueText(value: unknown): string {
  const plain = value instanceof Map ? Object.fromEntries(value) : value
  const hasTable = isTable(plain) || (Array.isArray(plain) && plain.some(isTable))
  return hasTable ? JSON.stringify(plain) : toToml(plain)
}

/** The default of a key as `karo config list` and the documentation show it. */
export function defaultText(k: Key<unknown>): string {
  return k.defaultText ?? toToml(k.default) + (k.unit ? ` ${k.unit}` : '')
}

/** Says what this value of a key deletes, on a line of its own behind another one; empty where it deletes nothing. */
export function removalText(path: string, days: unknown): string {
  const removes = keyOf(path)?.removes
  return removes && Number(days) > 0
    ? `\nOnce an hour, ${removes} older than ${days} days are removed for good.`
    : ''
}

/** Where a key stands in the file: `sharing.allow.peers` is `allow.peers` under `[sharing]`; a map is a section itself. */
export function place(k: Key<unknown>): { section: string; name: string | undefined } {
  if (k.default instanceof Map) return { section: k.path, name: undefined }
  const dot = k.path.indexOf('.')
  return { section: k.path.slice(0, dot), name: k.path.slice(dot + 1) }
}

/** How the key is written in a file that has nothing else; undefined for a map, which is a section of its own. */
export function exampleText(k: Key<unknown>): string | undefined {
  const { section, name } = place(k)
  return name === undefined ? undefined : `[${section}]\n${name} = ${k.example ?? toToml(k.default)}`
}

/** The config.toml of a new home, which sets nothing but what `set` says. */
export function sampleConfig(set: { readonly name?: string | undefined } = {}): string {
  const name = set.name === undefined ? '' : `\n[node]\nname = ${toToml(set.name)}\n`
  return `# The configuration of this Karo node. Every key has a default, so the file may be empty.
#   karo config list            every key, its value, where that came from, what it means
#   karo config get mesh.port   one key, and how it is written here:
#
#     [mesh]
#     port = 9238
${name}`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

function rowOf(k: Key<unknown>): string {
  const row = [
    `\`${k.path}\`${envName(k) ? '' : ' (file only)'}`,
    k.defaultText ?? `\`${toToml(k.default)}\`${k.unit ? ` ${k.unit}` : ''}`,
    cell(k.kind.allowed),
    cell(k.description),
  ]
  return `| ${row.join(' | ')} |`
}

/** docs/configuration.md. */
export function configurationPage(): string {
  const sections = Map.groupBy(KEY_LIST, ({ path }) => sectionOf(path))
  const tables = [...sections].map(
    ([section, keys]) =>
      `## [${section}]\n\nIn force: ${whenInForce(section)}.\n\n| key | default | allowed | meaning |\n| --- | --- | --- | --- |\n${keys.map(rowOf).join('\n')}\n`,
  )
  return `# Configuration

<!-- Generated from src/config/table.ts by \`npm run docs\`; edit it there. -->

For everybody who configures a node: every key, and how a file is read.

A node reads \`config.toml\` in its directory (\`KARO_HOME\`, by default \`~/.local/share/karo\`). Every key is optional. An
environment variable wins over the file, and the file wins over the default. The variable of \`mesh.port\` is \`KARO_MESH_PORT\`, and
so on; keys marked *file only* have none. In a variable, commas separate the entries of a list. \`karo config list\` shows every key with its value and its source; \`karo config get <key>\` shows
one key, \`karo config set <key> <value>\` sets one, and \`unset <key>\` takes one out; comments stay. \`karo init\` writes a file that sets nothing. Of keys that only earlier versions knew Karo warns and
goes on; \`karo config migrate\` makes comments of them and keeps the file as it was. A service reads \`/etc/karo/config.toml\`;
its \`ask.knowledge\` also counts for people without a node.

Below each section stands when a change is in force: after a *restart*, which \`karo config set\` offers; by a *reload*, which
\`karo config set\` makes, and \`karo config reload\` or \`systemctl reload karo\` after a change of the file; *at once*, because
each command reads the file when it starts.

Karo refuses a mistake and names its file and line: an unknown key, a wrong type, a value out of range, a public address
while \`mesh.lan_only\` is on.

${tables.join('\n')}
## Settings of a fleet

In a mesh with a root key, \`karo fleet set\` signs these for every machine ([a fleet](fleet.md#settings-of-all-machines)).
\`policy.follow\` says which of them a machine follows.

| key | of the machine's value and the fleet's holds |
| --- | --- |
${Object.entries(FLEET_KEYS)
  .map(([path, { holds }]) => `| \`${path}\` | ${holds} |`)
  .join('\n')}

## Other environment variables

| variable | meaning |
| --- | --- |
${ENVIRONMENT.map(({ name, description }) => `| \`${name}\` | ${cell(description)} |`).join('\n')}
`
}
