// Measures the risk check over collections of command lines that others wrote, given as folders: see docs/risk.md.
// Usage: node test/bench/collections.ts tldr|gtfobins|safety-net|command-guard FOLDER [--list build]
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkCommand, type RiskLevel } from '../../src/assist/risk/index.ts'
import { PLACE } from '../support/data/lines.ts'

interface Example {
  readonly line: string
  /** What decides which half the example belongs to: the page or tool it comes from, so that neighbours stay together. */
  readonly from: string
}

interface Collection {
  readonly files: string
  /** Whether its lines should be judged dangerous, or are everyday ones. */
  readonly dangerous: boolean
  read(text: string, file: string): readonly Example[]
}

/** The first of tldr's choices: `{{[-a|--all]}}`, `{{start|stop}}`, `{{path/to/file}}`. */
function filled(line: string): string {
  return line.replace(/\{\{([\s\S]*?)\}\}/g, (_all, inside: string) => {
    const choices = /^\[(.*)\]$/.exec(inside)?.[1] ?? inside
    return choices.split('|')[0] as string
  })
}

const literals = (text: string) =>
  text
    .replaceAll(/\\(["'\\])/g, '$1')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')

/** The values of YAML's `code: |-`: the lines behind it that are indented further than the key. */
function codeOf(yaml: string): readonly string[] {
  const out: string[] = []
  let column: number | undefined
  for (const line of yaml.split('\n')) {
    const key = /^( *(?:- )?)code: \|-?$/.exec(line)
    if (key !== null) column = out.push('') && (key[1] as string).length
    else if (column !== undefined && line.trim() !== '' && line.search(/\S/) <= column) column = undefined
    else if (column !== undefined) out[out.length - 1] += `${line.trim()}\n`
  }
  return out.map((code) => code.trim())
}

/** In place of the shell that GTFOBins' examples open, a command that does harm. */
const HARM = 'rm -rf /home/me'

const COLLECTIONS: Readonly<Record<string, Collection>> = {
  tldr: {
    files: 'pages/**/*.md',
    dangerous: false,
    read: (text, file) =>
      [...text.matchAll(/^`([^`]+)`$/gm)].map((match) => ({ line: filled(match[1] as string), from: file })),
  },
  gtfobins: {
    files: '_gtfobins/*',
    dangerous: true,
    read: (text, file) => {
      const out: Example[] = []
      for (const part of text.split(/^ {2}(?=[\w-]+:\n)/m)) {
        if (!/^(?:shell|command):/.test(part)) continue
        for (const line of codeOf(part)) {
          const harmful = line.replaceAll(/\/bin\/(?:ba)?sh(?: -p)?|\/path\/to\/command/g, HARM)
          // Dialogues are keys pressed inside a program, and no lines of a shell.
          if (harmful !== line && !line.includes('\n')) out.push({ line: harmful, from: file })
        }
      }
      return out
    },
  },
  'safety-net': {
    files: 'tests/**/*.ts',
    dangerous: true,
    read: (text) =>
      [...text.matchAll(/assertBlocked\(\s*(["'`])((?:\\.|(?!\1)[^\\])+)\1/g)].map((match) => {
        const line = literals(match[2] as string)
        return { line, from: line }
      }),
  },
  'command-guard': {
    files: 'src/packs/**/*.rs',
    dangerous: true,
    read: (text) =>
      [...text.matchAll(/assert_blocks\w*\(\s*&?\w+,\s*(?:r#"([\s\S]+?)"#|"((?:\\.|[^"\\])+)")/g)].map(
        (match) => {
          const line = match[1] ?? literals(match[2] as string)
          return { line, from: line }
        },
      ),
  },
}

const [name = '', folder = '.', , list] = process.argv.slice(2)
const collection = COLLECTIONS[name]
if (collection === undefined)
  throw new Error(`the first argument is one of ${Object.keys(COLLECTIONS).join(', ')}`)
const seen = new Set<string>()
const examples = globSync(collection.files, { cwd: folder })
  .toSorted()
  .filter((file) => !/\.(?:dir)$/.test(file))
  .flatMap((file) => collection.read(readFileSync(join(folder, file), 'utf8'), file))
  .filter(({ line }) => !seen.has(line) && seen.add(line))
const halfOf = ({ from }: Example) =>
  (createHash('sha256').update(from).digest()[0] as number) % 2 === 0 ? 'build' : 'held-out'
for (const half of ['build', 'held-out']) {
  const lines = examples.filter((example) => halfOf(example) === half)
  const found: Record<RiskLevel, number> = { safe: 0, moderate: 0, high: 0, critical: 0 }
  for (const { line } of lines) {
    const { risk_level, matches } = checkCommand(line, PLACE)
    found[risk_level]++
    const wrong = collection.dangerous ? risk_level === 'safe' : /high|critical/.test(risk_level)
    if (wrong && list === half)
      process.stdout.write(`${risk_level} ${[...new Set(matches.map((match) => match.rule))]}: ${line}\n`)
  }
  process.stdout.write(`${JSON.stringify({ collection: name, half, lines: lines.length, ...found })}\n`)
}
