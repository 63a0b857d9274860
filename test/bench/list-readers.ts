// Reads the lists of lists.ts: from each file of a checkout, its command lines and what decides their half.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RiskLevel } from '../../src/assist/risk/index.ts'

export interface Example {
  readonly line: string
  /** What decides which half the example belongs to: the page, tool or line it comes from. */
  readonly from: string
  /** The least level that it deserves; default moderate. */
  readonly least?: RiskLevel
}

export interface List {
  /** Name of the checkout. */
  readonly folder: string
  readonly files: string
  /** What its lines should be: at least `least`, below high, or judged as a redirection to the file ▮. */
  readonly wants: 'danger' | 'quiet' | 'writes'
  /** The one whose lines the list is about, as `karo hook` gives it; default a person at a prompt. */
  readonly caller?: 'tool'
  /** The half to which the whole list belongs; otherwise a hash of `from` decides. */
  readonly half?: 'build' | 'held-out'
  /** `folder` is the checkout's place, for a list that needs a second file. */
  read(text: string, file: string, folder: string): readonly Example[]
}

/** Files in whose place the entries' own name is put. */
export const WRITE_TARGETS = { system: '/etc/passwd', guard: '/home/me/.claude/settings.json' } as const

const each = (text: string, pattern: RegExp): readonly RegExpMatchArray[] => [...text.matchAll(pattern)]

/** Statements of a database, which are no lines of a shell. */
const STATEMENT =
  /^\s*(?:(?:drop|alter|grant|create|insert)\s+\w+|update\s+\S+\s+set|delete\s+from|truncate\s+(?!-|\S+\.)|flush(?:all|db)|SHUTDOWN)\b|^[\w.]+\(/i
const isLine = ({ line }: Example): boolean => !STATEMENT.test(line) && !/\$\{to/.test(line)

/** The first of tldr's choices: `{{[-a|--all]}}`, `{{start|stop}}`, `{{path/to/file}}`. */
const filled = (line: string): string =>
  line.replace(
    /\{\{([\s\S]*?)\}\}/g,
    (_all, inside: string) => (/^\[(.*)\]$/.exec(inside)?.[1] ?? inside).split('|')[0] as string,
  )

const literal = (text: string): string =>
  text
    .replaceAll(/\\(["'`\\])/g, '$1')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')

/** The values of a YAML key with a block of lines behind it, which are indented further than the key. */
function blocksOf(yaml: string, name: string): readonly string[] {
  const out: string[] = []
  let column: number | undefined
  for (const line of yaml.split('\n')) {
    const key = new RegExp(`^( *(?:- )?)${name}: (.*)$`).exec(line)
    if (key !== null) {
      const isBlock = /^[|>][-+]?\s*$/.test(key[2] as string)
      out.push(isBlock ? '' : (key[2] as string).replace(/^(["'])(.*)\1\s*$/, '$2'))
      column = isBlock ? (key[1] as string).length : undefined
    } else if (column !== undefined && line.trim() !== '' && line.search(/\S/) <= column) column = undefined
    else if (column !== undefined) out[out.length - 1] += `${line.trim()}\n`
  }
  return out.map((value) => value.trim())
}

/** The parts of GTFOBins' entry about these functions, one command each. */
function gtfobins(yaml: string, functions: string): readonly string[] {
  return yaml
    .split(/^ {2}(?=[\w-]+:\n)/m)
    .filter((part) => new RegExp(`^(?:${functions}):`).test(part))
    .flatMap((part) => blocksOf(part, 'code'))
}

/** In place of the shell that GTFOBins' examples open, a command that does harm. */
const HARM = 'rm -rf /home/me'

/** The command of an entry that writes ▮; entries that name what they write by another name only mean the same file. */
function aimed(code: string): string {
  const named = code.includes('output-')
    ? code
    : code.replaceAll('/path/to/input-file', '/path/to/output-file')
  return named
    .replaceAll(/\/path\/to\/output-dir\/?(?:output-file)?|\/path\/to\/output-file|output-file/g, '▮')
    .replaceAll('/path/to/', '/tmp/')
}

const BLOCKS_RUST =
  /assert_blocks\w*\(\s*&?\w+,\s*(?:r#"([\s\S]+?)"#|r?"((?:\\.|[^"\\])+)"),\s*(?:Severity::(\w+)|"((?:\\.|[^"\\])+)")?/g
const PATTERNS_RUST =
  /destructive_pattern!\(\s*"([^"]+)",\s*r#?"[\s\S]*?"#?,\s*"((?:\\.|[^"\\])+)",\s*(Critical|High|Medium|Low)\b/g

/** The lines that a pack of the guard blocks; those of its patterns of severity Critical deserve high. */
function commandGuard(text: string, severe: boolean): readonly Example[] {
  const critical = each(text, PATTERNS_RUST).filter((it) => it[3] === 'Critical')
  return each(text, BLOCKS_RUST)
    .flatMap(([, raw, quoted, severity, reason]) => {
      const line = raw ?? literal(quoted as string)
      const isSevere =
        severity === 'Critical' ||
        (reason !== undefined && critical.some(([, name, why]) => name === reason || why?.includes(reason)))
      return severe && !isSevere ? [] : [{ line, from: line, ...(severe && { least: 'high' as const }) }]
    })
    .filter(isLine)
}

/** The lines that a rule of the checks is tested with; those of severity Critical deserve high. */
function shellfirm(text: string, folder: string, severe: boolean): readonly Example[] {
  const rules = globSync('shellfirm/checks/*.yaml', { cwd: folder }).map((file) =>
    readFileSync(join(folder, file), 'utf8'),
  )
  const critical = new Set(
    rules.flatMap((rule) => each(rule, /^ {2}id: (\S+)\n {2}severity: Critical/gm).map((it) => it[1])),
  )
  return (
    each(
      text,
      /^- test: (?:"((?:\\.|[^"\\])*)"|'((?:[^']|'')*)'|(.+))\n(?: {2}.*\n)*? {2}expect_ids: \[([^\]]+)\]/gm,
    )
      .map(([, quoted, single, bare, ids = '']) => ({
        line: quoted === undefined ? (single?.replaceAll("''", "'") ?? (bare as string)) : literal(quoted),
        ids: each(ids, /[\w:-]+/g).map((it) => it[0]),
      }))
      // The groups called strict are off unless a person asks for them: they are about `git add` and any `rm`.
      .filter(({ ids }) => ids.some((id) => (severe ? critical.has(id) : !id.includes('-strict:'))))
      .map(({ line }) => ({ line, from: line, ...(severe && { least: 'high' as const }) }))
      .filter(isLine)
  )
}

/** Techniques of ATT&CK's tactic Discovery: they only look. */
const ONLY_LOOKS =
  /^T(?:1007|1010|1012|1016|1018|1033|1040|1046|1049|1057|1069|1082|1083|1087|1120|1124|1135|1201|1217|1497|1518|1580|1613|1614|1615|1622)\b/

function atomics(text: string, file: string, looks: boolean): readonly Example[] {
  const technique = /T[\d.]+(?=\.yaml$)/.exec(file)?.[0] ?? ''
  if (ONLY_LOOKS.test(technique) !== looks) return []
  return text
    .split(/^- name: /m)
    .slice(1)
    .filter((test) => /supported_platforms:\n(?: *- .*\n)*? *- linux\b/.test(test))
    .flatMap((test) => {
      const executor = /^ {2}executor:\n([\s\S]*?)(?=^ {2}\w|$(?![\s\S]))/m.exec(test)?.[1] ?? ''
      if (!/^ {4}name: (?:ba)?sh\s*$/m.test(executor)) return []
      const values = new Map(
        each(test, /^ {4}([\w-]+):\s*\n((?: {6}.*\n)+)/gm).map((it) => [
          it[1],
          (/^ {6}default: (.*)$/m.exec(it[2] as string)?.[1] ?? '').replace(/^(["'])(.*)\1$/, '$2'),
        ]),
      )
      const [command = ''] = blocksOf(executor, 'command')
      const line = command
        .replace(/#\{([\w-]+)\}/g, (_all, name: string) => values.get(name) ?? name)
        .replaceAll('PathToAtomicsFolder', '/opt/atomics')
      return line === '' ? [] : [{ line, from: technique }]
    })
}

const ADDRESS = (text: string): string =>
  text
    .replaceAll(/\{shell\}|\$SHELL\b/g, '/bin/bash')
    .replaceAll('{ip}', '10.0.0.1')
    .replaceAll('{port}', '4242')

export const LISTS: Readonly<Record<string, List>> = {
  'command-guard': {
    folder: 'command-guard',
    files: 'src/packs/**/*.rs',
    wants: 'danger',
    caller: 'tool',
    read: (text) => commandGuard(text, false),
  },
  'command-guard irreversible': {
    folder: 'command-guard',
    files: 'src/packs/**/*.rs',
    wants: 'danger',
    caller: 'tool',
    read: (text) => commandGuard(text, true),
  },
  'safety-net': {
    folder: 'safety-net',
    // Rules that a person writes are not the guard's own.
    files: 'tests/**/!(rules-custom*).ts',
    wants: 'danger',
    caller: 'tool',
    read: (text) =>
      each(text, /assertBlocked\(\s*(["'`])((?:\\.|(?!\1)[^\\])+)\1/g)
        .map(([, , quoted = '']) => ({ line: literal(quoted), from: literal(quoted) }))
        .filter(isLine),
  },
  shellfirm: {
    folder: 'shellfirm',
    files: 'shellfirm/tests/checks/*.yaml',
    wants: 'danger',
    half: 'build',
    read: (text, _file, folder) => shellfirm(text, folder, false),
  },
  'shellfirm irreversible': {
    folder: 'shellfirm',
    files: 'shellfirm/tests/checks/*.yaml',
    wants: 'danger',
    half: 'build',
    read: (text, _file, folder) => shellfirm(text, folder, true),
  },
  'claude-code-hooks': {
    folder: 'claude-code-hooks',
    files: 'plugins/{block-dangerous-commands,git-safety}/tests/*.js',
    wants: 'danger',
    caller: 'tool',
    half: 'held-out',
    read: (text) =>
      each(text, /shouldBlock\(\s*(["'`])((?:\\.|(?!\1)[^\\])+)\1/g).map(([, , quoted = '']) => {
        const line = literal(quoted)
        return { line, from: line }
      }),
  },
  'gtfobins writes': {
    folder: 'gtfobins',
    files: '_gtfobins/*',
    wants: 'writes',
    read: (text, file) =>
      gtfobins(text, 'file-write').map((code) => ({
        line: aimed(code),
        from: file.replace(/^.*\/|\.md$/g, ''),
      })),
  },
  'gtfobins shells': {
    folder: 'gtfobins',
    files: '_gtfobins/*',
    wants: 'danger',
    read: (text, file) =>
      gtfobins(text, 'shell|command').flatMap((code) => {
        const line = code.replaceAll(/\/bin\/(?:ba)?sh(?: -p)?|\/path\/to\/command/g, HARM)
        // Dialogues are keys pressed inside a program, and no lines of a shell.
        return line === code || line.includes('\n') ? [] : [{ line, from: file }]
      }),
  },
  'reverse shells of allthethings': {
    folder: 'allthethings',
    files: 'docs/cheatsheets/shell-reverse-cheatsheet.md',
    wants: 'danger',
    half: 'build',
    read: (text) =>
      // Sections about one-liners; the other languages have source code, and those behind are about the listener.
      each(text.split(/^## (?:Meterpreter|Spawn)/m)[0] ?? '', /^\s*```(\w*)[^\n]*\n([\s\S]*?)^\s*```/gm)
        .filter(([, kind = '']) => !/powershell|ps1|java|groovy|c$|cpp|rust|go|dart|text/i.test(kind))
        .flatMap(([, , block = '']) => block.split('\n').map((line) => line.trim()))
        .filter(
          (line) =>
            /\d+\.\d+\.\d+\.\d+|attacker|4242|\bip\b/i.test(line) &&
            !/^(?:#|attacker>|Victim|[a-z]* ?(?:-u )?-l?[nv]*l)/i.test(line),
        )
        .map((line) => ({ line: ADDRESS(line), from: line, least: 'high' as const })),
  },
  'reverse shells of revshells': {
    folder: 'revshells',
    files: 'js/data.js',
    wants: 'danger',
    half: 'held-out',
    read: (text) => revshells(text),
  },
  atomics: {
    folder: 'atomics',
    files: 'atomics/**/T*.yaml',
    wants: 'danger',
    read: (text, file) => atomics(text, file, false),
  },
  'atomics that only look': {
    folder: 'atomics',
    files: 'atomics/**/T*.yaml',
    wants: 'danger',
    read: (text, file) => atomics(text, file, true),
  },
  tldr: {
    folder: 'tldr',
    files: 'pages/**/*.md',
    wants: 'quiet',
    read: (text, file) =>
      each(text, /^`([^`]+)`$/gm).map(([, code = '']) => ({ line: filled(code), from: file })),
  },
  nl2bash: {
    folder: 'nl2bash',
    files: 'data/bash/all.cm',
    wants: 'quiet',
    read: (text) => text.split('\n').flatMap((line) => (line === '' ? [] : [{ line, from: line }])),
  },
}

/** The reverse shells for Linux and macOS that are lines of a shell and no source code. */
function revshells(text: string): readonly Example[] {
  const start = text.indexOf('reverseShellCommands')
  const end = text.indexOf('bindShellCommands')
  return each(
    text.slice(start, end),
    /"name":\s*"([^"]+)",\s*"command":\s*(["'`])((?:\\.|(?!\2)[^\\])*)\2,\s*"meta":\s*\[([^\]]*)\]/g,
  )
    .map(([, name = '', , command = '', meta = '']) => ({ name, line: ADDRESS(literal(command)), meta }))
    .filter(({ meta, line }) => /linux/.test(meta) && !line.includes('\n'))
    .map(({ line, name }) => ({ line, from: name, least: 'high' as const }))
}
