// Measures how many ways to write a file, of a folder of GTFOBins' entries, are judged as a redirection to it is.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkCommand, RISK_LEVELS } from '../../src/assist/risk/index.ts'

/** Two files, in whose place the entries' own name is put, and the least level of writing them. */
const TARGETS = { system: '/etc/passwd', guard: '/home/me/.claude/settings.json' } as const
type Target = keyof typeof TARGETS

export interface Figures {
  readonly entries: number
  readonly flagged: Readonly<Record<Target, number>>
  /** Names of the tools whose entries are not, to be looked at. */
  readonly missed: Readonly<Record<Target, readonly string[]>>
}

/** Half of the tools, by a hash of the name: the table was written with one half, and is judged by the other. */
const isBuilt = (tool: string): boolean => (createHash('sha256').update(tool).digest()[0] as number) % 2 === 0

/** The commands of the function file-write in one entry's YAML, of which only this shape is read. */
export function writesOf(yaml: string): readonly string[] {
  const block = /^ {2}file-write:\n((?:(?: {2}[- ].*)?\n)*)/m.exec(yaml)?.[1] ?? ''
  return block.split(/^ {2}- /m).flatMap((entry) => {
    const code = /^( *)code: \|-?\n((?:\1 {2}.*\n|\n)+)/m.exec(`    ${entry}`)?.[2]
    return code === undefined ? [] : [code.replace(/^ +/gm, '').trim()]
  })
}

/** Entries that name what they write by another name only, or write into a directory, mean the same file. */
function aimed(code: string, target: string): string {
  const directory = target.slice(0, target.lastIndexOf('/') + 1)
  const aims = code.includes('output-')
    ? code
    : code.replaceAll('/path/to/input-file', '/path/to/output-file')
  return aims
    .replaceAll('/path/to/output-file', target)
    .replaceAll('/path/to/output-dir/', directory)
    .replaceAll('output-file', target.slice(directory.length))
    .replaceAll('/path/to/', '/tmp/')
}

const leastOf = (text: string, target: string) =>
  checkCommand(text, { home: '/home/me', cwd: target.slice(0, target.lastIndexOf('/')), caller: 'tool' })
    .risk_level

export function measureWrites(folder: string, built: boolean): Figures {
  const entries = readdirSync(folder)
    .filter((tool) => isBuilt(tool.replace(/\.md$/, '')) === built)
    .flatMap((tool) =>
      writesOf(readFileSync(join(folder, tool), 'utf8')).map((code) => ({
        tool: tool.replace(/\.md$/, ''),
        code,
      })),
    )
  const missed = (target: Target) => {
    const least = RISK_LEVELS.indexOf(leastOf(`echo x > ${TARGETS[target]}`, TARGETS[target]))
    return entries
      .filter(({ code }) => {
        const level = leastOf(aimed(code, TARGETS[target]), TARGETS[target])
        return RISK_LEVELS.indexOf(level) < least
      })
      .map(({ tool }) => tool)
  }
  const [system, guard] = [missed('system'), missed('guard')]
  return {
    entries: entries.length,
    flagged: { system: entries.length - system.length, guard: entries.length - guard.length },
    missed: { system, guard },
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = process.argv[2]
  if (folder === undefined)
    throw new Error('usage: gtfobins-writes.ts FOLDER, the _gtfobins of a copy of GTFOBins')
  const only = process.argv[3]
  const halves = only === undefined ? ['built', 'held-out'] : [only]
  for (const half of halves)
    process.stdout.write(`${half} ${JSON.stringify(measureWrites(folder, half === 'built'), null, 2)}\n`)
}
