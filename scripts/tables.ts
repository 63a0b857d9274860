// Writes the tables of src that follow from other files, so that a new command, group of operations or query type is a line nowhere
// else.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { COUNTED_TYPES } from '../protocols/messages/counted-types.ts'
import { QUERY_TYPES } from '../protocols/messages/query.ts'
import { scopeOf } from '../src/api/contract/operation.ts'
import { COMMAND_GROUPS, type Command } from '../src/cli/command.ts'
import { COMMANDS } from '../src/cli/commands.ts'

const ROOT = join(import.meta.dirname, '..')

/** The text of `src/cli/commands.ts`: rows that it has keep their order, and a new file comes last in its group. */
export function commandsTable(files = globSync('src/cli/commands/*/*.ts', { cwd: ROOT })): string {
  const known = COMMANDS.map(({ name }) => name)
  const place = (name: string): number => (known.includes(name) ? known.indexOf(name) : known.length)
  const groups = Object.keys(COMMAND_GROUPS).map((group) => {
    const rows = files
      .filter((file) => file.startsWith(`src/cli/commands/${group}/`))
      .map((file) => basename(file, '.ts'))
      .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
      .map((word) => {
        const key = word.includes('-') ? `'${word}'` : word
        return `    ${key}: () => import('./commands/${group}/${word}.ts'),\n`
      })
    return `  ${group}: {\n${rows.join('')}  },\n`
  })
  return `${COMMANDS_HEAD}${groups.join('')}}\n${COMMANDS_END}`
}

const COMMANDS_HEAD = `// Every command there is, in the order help shows them; a file is loaded only when one of its commands runs.
// Written by \`npm run docs\` from the files in commands/<group>/<first word>.ts. Only the order of rows is made by hand.
import type { Command, CommandEntry } from './command.ts'

type Load = () => Promise<{ readonly commands: readonly Command[] }>

const FILES: Readonly<Record<CommandEntry['group'], Readonly<Record<string, Load>>>> = {
`

const COMMANDS_END = `
export const COMMANDS: readonly CommandEntry[] = Object.entries(FILES).flatMap(([group, files]) =>
  Object.entries(files).map(([name, load]) => ({
    name,
    group: group as CommandEntry['group'],
    load: async () => (await load()).commands,
  })),
)
`

const TYPES = 'src/exchange/query/query-types/'
/** Types whose numbers are counted rows: `privileged-use.ts` is `PrivilegedUse`. */
const COUNTED = globSync(`${TYPES}counted/*.ts`, { cwd: ROOT })
  .map((file) => basename(file, '.ts').replace(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase()))
  .sort()
/** Types whose numbers have a shape of their own. */
const SHAPED = QUERY_TYPES.filter((type) => !(COUNTED_TYPES as readonly string[]).includes(type))
/** `ToolUsage` → `tool-usage`, the name of its files. */
const fileOf = (type: string): string => type.replace(/(?<=.)(?=[A-Z])/g, '-').toLowerCase()
/** `ToolUsage` → `toolUsage`, what each of its files exports. */
const exportOf = (type: string): string => type.charAt(0).toLowerCase() + type.slice(1)

/** The table `name`: each of `types` with what its file exports. `asked`: its import of `AskedType`. */
const typesTable = (
  about: string,
  name: string,
  types: readonly string[],
  asked: { first?: string; last?: string; all: string },
): string => {
  const imports = types.map((type) => [
    `./${COUNTED.includes(type) ? 'counted/' : ''}${fileOf(type)}.ts`,
    exportOf(type),
  ])
  return `// ${about}
// Written by \`npm run docs\` from \`answerData\` in protocols/messages/numbers.ts and the files in query-types/counted/.
${asked.first ?? ''}${imports
  .sort(([a = ''], [b = '']) => byText(a, b))
  .map(([file, exported]) => `import { ${exported} } from '${file}'\n`)
  .join('')}${asked.last ?? ''}
export const ${name} = {
${types.map((type) => `  ${type}: ${exportOf(type)},\n`).join('')}} satisfies Readonly<Record<${asked.all}, unknown>>
`
}

const CONTRACT = 'src/api/contract/'
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const byText = (a: string, b: string): number => (a < b ? -1 : 1)

/** Words of the language, which name no import. */
const RESERVED: Readonly<Record<string, string>> = { export: 'exporting', import: 'importing' }

/** The text of the list of operations: groups that it has keep their order, and a new file comes last. */
export function operationsIndex(files = globSync(`${CONTRACT}operations/**/*.ts`, { cwd: ROOT })): string {
  const known = [...textOf(`${CONTRACT}operations/index.ts`).matchAll(/^ {2}(\w+),$/gm)].map(
    ([, name]) => name,
  )
  const place = (name: string): number => (known.includes(name) ? known.indexOf(name) : known.length)
  const groups = files
    .map((file) => file.slice(`${CONTRACT}operations/`.length))
    .filter((file) => file !== 'index.ts')
    .map((file) => ({ file, name: RESERVED[basename(file, '.ts')] ?? basename(file, '.ts') }))
    .sort((a, b) => byText(a.file, b.file))
  const imports = groups.map(({ file, name }) => `import * as ${name} from './${file}'\n`)
  const rows = groups.sort((a, b) => place(a.name) - place(b.name)).map(({ name }) => `  ${name},\n`)
  return `${OPERATIONS_HEAD}${imports.join('')}
const GROUPS: readonly Readonly<Record<string, Operation | Readonly<Record<string, Operation>>>>[] = [
${rows.join('')}]

const isOperation = (one: object): one is Operation => 'method' in one

export const OPERATIONS: readonly Operation[] = GROUPS.flatMap((group) =>
  Object.values(group).flatMap((one) => (isOperation(one) ? one : Object.values(one))),
)
`
}

const OPERATIONS_HEAD = `// The list of all operations of the API, from the files beside this one, in the order of the OpenAPI document.
// Written by \`npm run docs\` from those files. Only the order of groups is made by hand.
import type { Operation } from '../operation.ts'
`

/** The text of `shapes.ts` with a row for each file of schemas that has types. */
function shapesFile(): string {
  const rows = globSync(`${CONTRACT}schemas/**/*.ts`, { cwd: ROOT })
    .filter((file) => /^export type /m.test(textOf(file)))
    .map((file) => `export type * from './${file.slice(CONTRACT.length)}'\n`)
    .sort(byText)
  const [before = '', ...after] = textOf(`${CONTRACT}shapes.ts`).split(
    /(?:^export type \* from '\.\/schemas\/.*\n)+/m,
  )
  return `${before}${rows.join('')}${after.join('')}`
}

const OWN_COMMANDS = (await Promise.all(COMMANDS.map(({ load }) => load()))).flat()
/** What a command that changes nothing begins its summary with. */
const LOOKS =
  /^(?:show|list|print|say|search|find|check|compare|report|ask the mesh|turn words|open|write|serve|let each|run eight)\b/

/** Whether a command changes something: by its summary, and by what its operation needs of a token. */
const changes = ({ summary, shows }: Command): boolean =>
  !LOOKS.test(summary) ||
  (/^(?:show|list)/.test(summary) && shows !== undefined && scopeOf(shows.method, shows) === 'full')

/** Lines whose option changes something where the command alone does not. */
const CHANGING_OPTIONS = ['doctor --fix', 'doctor --repair']

/** One line of what `karo explain` says; a text of several is one. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ')

/** Each command of Karo's own as a paragraph of what `karo explain` knows of tools. */
function ownTools(): string {
  const paragraphs = OWN_COMMANDS.map((command) =>
    [
      `karo ${command.name}: ${oneLine(command.summary)}`,
      ...(changes(command) ? ['(changes something)'] : []),
      ...command.options.map(
        ({ short, name, value, description }) =>
          `${short ? `-${short} ` : ''}--${name}${value ? ` =${value.replace(/[^a-z]/gi, '')}` : ''}: ${oneLine(description)}`,
      ),
      '--json: prints one JSON document',
      '--home =dir: the directory of the node',
      ...command.args.map(({ description }) => `* ${oneLine(description)}`),
    ].join('\n  '),
  )
  const changing = CHANGING_OPTIONS.map(
    (line) => `karo ${line}: mends what is wrong here\n  (changes something)`,
  )
  const names = new Set(OWN_COMMANDS.map(({ name }) => name))
  const groups = COMMANDS.filter(({ name }) => !names.has(name)).map(({ name }) => {
    const words = OWN_COMMANDS.flatMap((one) =>
      one.name.startsWith(`${name} `) ? [one.name.slice(name.length + 1)] : [],
    )
    return `karo ${name}: commands of Karo: ${words.join(', ')}`
  })
  return `# Karo's own commands. Written by \`npm run docs\` from src/cli/commands/.\n\n${[...groups, ...paragraphs, ...changing].join('\n\n')}\n`
}

/** Each written table by its path. */
export const tables = (): Readonly<Record<string, string>> => ({
  'src/cli/commands.ts': commandsTable(),
  'src/assist/knowledge/tools/karo.txt': ownTools(),
  [`${CONTRACT}operations/index.ts`]: operationsIndex(),
  [`${CONTRACT}shapes.ts`]: shapesFile(),
  'protocols/messages/counted-types.ts': `// Types of questions whose numbers are counted rows.
// Written by \`npm run docs\` from the files in ${TYPES}counted/.
export const COUNTED_TYPES = [${COUNTED.map((type) => `'${type}'`).join(', ')}] as const
`,
  [`${TYPES}rows.ts`]: typesTable(
    'What Karo knows of each query type, in the order of help and documents.',
    'ROWS',
    [...SHAPED, ...COUNTED],
    { last: "import type { AskedType } from './type.ts'\n", all: 'AskedType' },
  ),
  'src/cli/views/query/rows.ts': typesTable(
    'How each query type is shown whose numbers have a shape of their own.',
    'VIEWS',
    SHAPED,
    {
      first: "import type { AskedType, CountedType } from '../../../api/contract/shapes.ts'\n",
      all: 'Exclude<AskedType, CountedType>',
    },
  ),
})

if (import.meta.main) {
  for (const [path, text] of Object.entries(tables())) writeFileSync(join(ROOT, path), text)
}
