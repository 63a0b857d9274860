// `npm run fig -- DIRECTORY`: makes scripts/fig/ anew out of @withfig/autocomplete, which is 205 MB installed and needed for nothing else.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { deflateRawSync } from 'node:zlib'
import { transform } from 'esbuild'
import {
  type CommandKnowledge,
  KNOWLEDGE_FORMAT,
  type KnowledgeIndex,
  type OptionKnowledge,
} from '../src/assist/copilot/knowledge.ts'

/** Not commands that people type: Fig's own, macOS' own words of the shell, pieces of other modules. */
const LEFT_OUT =
  /^(index|-|fig|figterm|do|done|then|else|elif|if|for|while|until|shell-config|install|q|trex|clilol)$/
/** UTF-16 units of a description; beyond, the first sentence that fits, or a cut one. */
const MOST_DESCRIPTION = 160
/** Subcommands inside one another, and how many of all kinds one command may bring. */
const MOST_DEPTH = 4
const MOST_NODES = 6_000
/** Milliseconds one module may take to say what it knows. */
const MODULE_MS = 5_000

/** What `karo explain` reads: an index of names, and each command's knowledge, deflated, one after the other. */
export async function extract(directory: string): Promise<{ index: Uint8Array; data: Uint8Array }> {
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }
  const commands: Record<string, readonly [start: number, length: number]> = {}
  const chunks: Uint8Array[] = []
  let at = 0
  const add = (name: string, spec: unknown): void => {
    const known = commandOf(spec, { nodes: MOST_NODES }, 0)
    if (known === undefined || Object.hasOwn(commands, name)) return
    const bytes = deflateRawSync(JSON.stringify(known), { level: 9 })
    commands[name] = [at, bytes.length]
    chunks.push(bytes)
    at += bytes.length
  }
  for (const { name, file } of modules(join(directory, 'build'))) {
    const spec = await defaultExport(file)
    if (spec !== undefined) add(name, spec)
  }
  const index: KnowledgeIndex = {
    format: KNOWLEDGE_FORMAT,
    source: `@withfig/autocomplete ${version}`,
    commands,
  }
  return { index: Buffer.from(JSON.stringify(index)), data: Buffer.concat(chunks) }
}

/** One module per command; of one with versions, the newest. */
function modules(build: string): { name: string; file: string }[] {
  const found = readdirSync(build, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => ({ name: entry.name.slice(0, -3), file: join(build, entry.name) }))
    .filter(({ name }) => !LEFT_OUT.test(name))
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * The module's default export. It runs in a context of its own that has nothing but the language: no modules, no
 * files, no network, no timers; what it would ask of a shell at completion time is a function nobody calls.
 */
async function defaultExport(file: string): Promise<unknown> {
  const { code } = await transform(readFileSync(file, 'utf8'), {
    format: 'iife',
    globalName: 'karoModule',
    target: 'node22',
    logLevel: 'silent',
  })
  try {
    const context = createContext(
      { process: { env: {} } },
      { codeGeneration: { strings: false, wasm: false } },
    )
    const found: unknown = runInContext(`${code};karoModule.default`, context, { timeout: MODULE_MS })
    return typeof found === 'object' ? found : undefined
  } catch {
    return undefined
  }
}

type Bag = Readonly<Record<string, unknown>>
const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : value === undefined || value === null ? [] : [value]
const namesOf = (value: unknown): string[] =>
  listOf(value).filter(
    (name): name is string => typeof name === 'string' && /^[^\s\p{Cc}]{1,64}$/u.test(name),
  )

function commandOf(spec: unknown, budget: { nodes: number }, depth: number): CommandKnowledge | undefined {
  if (!isBag(spec) || budget.nodes-- <= 0) return undefined
  const options = listOf(spec.options).flatMap((option) => optionOf(option, budget) ?? [])
  const subcommands =
    depth >= MOST_DEPTH
      ? []
      : listOf(spec.subcommands).flatMap((sub) => {
          if (!isBag(sub)) return []
          const names = namesOf(sub.name)
          const known = commandOf(sub, budget, depth + 1)
          return names.length === 0 || known === undefined ? [] : [[names, known] as const]
        })
  const args = argumentsOf(spec.args)
  const description = sentence(spec.description)
  return {
    ...(description !== '' && { d: description }),
    ...(options.length > 0 && { o: options }),
    ...(subcommands.length > 0 && { s: subcommands }),
    ...(args.length > 0 && { a: args }),
    ...(isBag(spec.parserDirectives) &&
      spec.parserDirectives.flagsArePosixNoncompliant === true && { l: 1 as const }),
  }
}

function optionOf(option: unknown, budget: { nodes: number }): OptionKnowledge | undefined {
  if (!isBag(option)) return undefined
  const names = namesOf(option.name)
  if (names.length === 0 || budget.nodes-- <= 0) return undefined
  const [first] = argumentsOf(option.args)
  return {
    n: names,
    ...(sentence(option.description) !== '' && { d: sentence(option.description) }),
    ...(first !== undefined && { a: first }),
    ...(option.isDangerous === true && { x: 1 as const }),
    ...(option.isPersistent === true && { p: 1 as const }),
  }
}

/** `name` needed, `name?` may be left out, `name…` several. */
function argumentsOf(value: unknown): string[] {
  return listOf(value).flatMap((arg) => {
    if (!isBag(arg)) return []
    const name = (typeof arg.name === 'string' ? sentence(arg.name) : '').slice(0, 40) || 'value'
    return [`${name}${arg.isVariadic === true ? '…' : ''}${arg.isOptional === true ? '?' : ''}`]
  })
}

/** One line without marks of layout, whole where it is short, else its first sentences. */
function sentence(value: unknown): string {
  if (typeof value !== 'string') return ''
  const text = value
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replace(/[\u{1f000}-\u{1faff}\u2600-\u27bf]/gu, '')
    .replaceAll('`', "'")
    .trim()
  if (text.length <= MOST_DESCRIPTION) return text
  const end = text.slice(0, MOST_DESCRIPTION).lastIndexOf('. ')
  return end > 30 ? text.slice(0, end + 1) : `${text.slice(0, MOST_DESCRIPTION - 1).replace(/\s+\S*$/, '')}…`
}

if (import.meta.main) {
  const directory = resolve(process.argv[2] ?? 'node_modules/@withfig/autocomplete')
  const { index, data } = await extract(directory)
  const kept = join(import.meta.dirname, 'fig')
  writeFileSync(join(kept, 'commands.bin'), Buffer.concat([index, Buffer.from('\n'), data]))
  copyFileSync(join(directory, 'LICENSE'), join(kept, 'LICENSE.txt'))
}
