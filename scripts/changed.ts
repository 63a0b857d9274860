// Which tests a change can touch, for `npm test -- --changed`: by imports, and for the built program by a table of rooms.
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
/** A change of one of these can touch everything. */
const EVERYTHING =
  /^(package-lock\.json|package\.json|tsconfig\.json|vitest\.config\.ts|test\/support\/run\/)/
const CODE = /\.tsx?$/

/**
 * Journeys through the built program that a change of a room breaks first, some tens of seconds of processor time for each. No
 * import leads to them, because they run dist/. The longest folder that a changed file lies in counts; tests of the other
 * folders are for `npm test`.
 */
export const JOURNEYS: Readonly<Record<string, readonly string[]>> = {
  protocols: ['mesh/first-way', 'mesh/lan', 'mesh/strangers'],
  'src/agents': ['daemon/agents', 'daemon/approvals', 'daemon/vault'],
  'src/agents/vault': ['daemon/vault'],
  'src/api': ['daemon/both-ways', 'daemon/openapi', 'daemon/people'],
  'src/assist/copilot': ['assist/ask', 'shell/ask-key'],
  'src/assist/finder': ['shell/finder'],
  'src/assist/guard': ['assist/guard-keys', 'assist/guard-manners', 'assist/one-judgement'],
  'src/assist/resident': ['assist/guard-resident'],
  'src/assist/risk': ['assist/explain', 'assist/guard-files', 'assist/one-judgement'],
  'src/base': ['mesh/policies', 'daemon/both-ways', 'mesh/lan'],
  'src/cli': ['daemon/logs', 'daemon/both-ways', 'shell/bad-input'],
  'src/cli/acp': ['assist/acp'],
  'src/cli/adapters': ['assist/ai-tools'],
  'src/cli/completion': ['shell/completion'],
  'src/cli/demo': ['mesh/demo'],
  'src/cli/doctor': ['daemon/doctor'],
  'src/cli/finder': ['shell/finder'],
  'src/cli/fleet': ['mesh/fleet-settings', 'mesh/policies'],
  'src/cli/import': ['history/import'],
  'src/cli/mcp': ['assist/mcp'],
  'src/cli/shells': ['shell/kept-hook', 'shell/shell-company'],
  'src/config': ['daemon/logs', 'mesh/policies'],
  'src/daemon': ['daemon/daemon'],
  'src/exchange': ['mesh/first-way', 'mesh/line'],
  'src/exchange/documents': ['mesh/sync'],
  'src/exchange/query': ['mesh/first-way', 'mesh/line'],
  'src/exchange/aggregates': ['mesh/first-way'],
  'src/exchange/report': ['mesh/first-way'],
  'src/exchange/totals': ['mesh/first-way'],
  'src/insight': ['history/anomalies'],
  'src/mesh': ['mesh/lan', 'mesh/line', 'mesh/strangers'],
  'src/muscle': ['daemon/agents'],
  'src/observe': ['history/level0', 'shell/bash-hook', 'shell/fish-hook', 'shell/sh-hook', 'shell/zsh-hook'],
  'src/observe/imports': ['history/import'],
  'src/observe/processes': ['shell/processes'],
  'src/ops': ['daemon/logs', 'daemon/metrics'],
  'src/ops/forward': ['daemon/forward'],
  'src/ops/care': ['history/backup-encrypted', 'history/import-export'],
  'src/store': ['history/backup', 'history/disk-full', 'history/import'],
  'src/trust': ['mesh/first-way', 'mesh/operators', 'mesh/policies'],
  'src/window': ['daemon/window'],
}

const journeyFiles = (names: readonly string[]): string[] =>
  names.map((name) => `test/integration/${name}.test.ts`)

/** The row of JOURNEYS for a file; undefined where none has it. */
export function journeysOf(path: string): readonly string[] | undefined {
  const folders = Object.keys(JOURNEYS).filter((folder) => path.startsWith(`${folder}/`))
  const longest = folders.sort((a, b) => b.length - a.length)[0]
  return longest === undefined ? undefined : JOURNEYS[longest]
}

export interface Source {
  readonly path: string
  readonly text: string
}

/** Statements that import or export from a file of ours, `import()`, and what vitest replaces; types alone run nothing. */
const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?(?:([^'"]*?)\bfrom\s*)?['"](\.[^'"]+)['"]|\b(?:import|mock)\(\s*['"](\.[^'"]+)['"]/gm

function importsOf({ path, text }: Source): string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, type, names = '', from, later]) => {
    const listed = /^\s*\{([^}]*)\}\s*$/
      .exec(names)?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '')
    const isOfTypes = type !== undefined || listed?.every((name) => /^\s*type\s/.test(name)) === true
    return isOfTypes ? [] : [normalize(join(dirname(path), from ?? later ?? ''))]
  })
}

/**
 * Paths of the tests that the changed files can touch, sorted: all that import them by any way; of those that run the program
 * the ones that change or import something changed of their own, and the journeys of the rooms; all tests of the repository
 * itself. Undefined: every test. Files of other kinds (shell code, fixtures) touch the files that name them.
 */
export function touchedBy(changed: readonly string[], sources: readonly Source[]): string[] | undefined {
  if (changed.some((path) => EVERYTHING.test(path))) return undefined
  const importers = new Map<string, string[]>()
  for (const source of sources) {
    for (const target of importsOf(source))
      importers.set(target, [...(importers.get(target) ?? []), source.path])
  }
  const naming = (path: string): string[] =>
    sources
      .filter(({ path: by, text }) => by !== path && text.includes(basename(path)))
      .map((one) => one.path)
  const first = changed.flatMap((path) => {
    const isNamed = !CODE.test(path) || (path.startsWith('test/') && !path.endsWith('.test.ts'))
    return isNamed && !path.endsWith('.md') ? [path, ...naming(path)] : [path]
  })
  const reached = new Set(first)
  for (const path of reached) for (const by of importers.get(path) ?? []) reached.add(by)
  // A command that is loaded by its name leads to all commands, and so to every test of the program.
  const own = new Set(first.filter((path) => path.startsWith('test/')))
  for (const path of own) for (const by of importers.get(path) ?? []) own.add(by)
  for (const path of first)
    for (const by of importers.get(path) ?? []) if (by.endsWith('.test.ts')) own.add(by)
  const tests = sources.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'))
  const journeys = new Set(changed.flatMap((path) => journeyFiles(journeysOf(path) ?? [])))
  return tests
    .filter((path) => {
      if (path.startsWith('test/contract/')) return true
      if (path.startsWith('test/integration/')) return own.has(path) || journeys.has(path)
      return reached.has(path) && !path.startsWith('test/service/')
    })
    .sort()
}

export const sourcesOf = (root = ROOT): Source[] =>
  globSync('{protocols,scripts,src,test}/**/*.{ts,tsx}', { cwd: root }).map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }))

const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()

/** Files that differ from a commit, or, without one, from where this branch left main; with those that git does not know yet. */
export function changedFiles(since?: string): string[] {
  let base = since
  try {
    base ??= git('merge-base', 'HEAD', 'main')
  } catch {
    base ??= 'HEAD'
  }
  const lists = [
    git('diff', '--name-only', '--no-renames', base),
    git('ls-files', '--others', '--exclude-standard'),
  ]
  return lists.flatMap((list) => list.split('\n')).filter((path) => path !== '')
}
