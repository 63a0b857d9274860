// Measures redaction with other people's lists: secrets found in the examples of scanners, and ordinary lines that are kept.
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse as parseToml } from 'smol-toml'
import { parse as parseYaml } from 'yaml'
import { redact } from '../src/observe/redact/redact.ts'

const USAGE = `usage: sh scripts/run.sh scripts/redaction.ts DIR [--show LIST]
  DIR     holds clones named kingfisher (github.com/mongodb/kingfisher), noseyparker (praetorian-inc), gitleaks (gitleaks),
          trufflehog (trufflesecurity), nl2bash (TellinaTool) and tldr (tldr-pages); what is not there is left out
  --show  prints what is missed in the building half of a list, or which ordinary lines are changed ('nl2bash', 'tldr'); of the
          half that is held out only counts are ever printed
`

interface Example {
  readonly rule: string
  readonly secret: string
  readonly text: string
}

/** True for the half that may be read while building; by the secret, so that texts with the same one stay together. */
const isBuilding = (secret: string): boolean =>
  createHash('sha256').update(secret).digest().readUInt32BE() % 2 === 0

/** A pattern of Rust or Go as one of JavaScript: extended form, flags within, classes of POSIX. */
function patternOf(source: string): RegExp | undefined {
  let out = ''
  let extended = false
  let inClass = false
  const open = [0]
  for (let i = 0; i < source.length; i++) {
    const rest = source.slice(i)
    const posix = inClass ? /^\[:(alnum|alpha|digit|xdigit|space|upper|lower):\]/.exec(rest) : null
    const flags = inClass ? null : /^\(\?([a-z]*)(?:-[a-z]+)?\)/i.exec(rest)
    const group = inClass ? null : /^\((?:\?P?<(?![=!])\w+>|\?>)?/.exec(rest)
    if (rest[0] === '\\') {
      out += ({ '\\z': '$', '\\A': '^', '\\h': '[ \\t]' } as const)[rest.slice(0, 2)] ?? rest.slice(0, 2)
      i++
    } else if (posix) {
      const [all, name = ''] = posix
      out +=
        { alnum: 'A-Za-z0-9', alpha: 'A-Za-z', digit: '0-9', xdigit: '0-9a-fA-F', space: '\\s' }[name] ??
        'A-Za-z'
      i += all.length - 1
    } else if (extended && /\s/.test(source[i]!)) continue
    else if (extended && !inClass && rest[0] === '#') i += (/\n|$/.exec(rest)?.index ?? 0) - 1
    else if (flags) {
      if (flags[1]!.includes('x')) extended = true
      const kept = flags[1]!.replace(/[^ims]/g, '')
      if (kept !== '') {
        out += `(?${kept}:`
        open[open.length - 1]!++
      }
      i += flags[0].length - 1
    } else if (group) {
      out += group[0] === '(?>' ? '(?:' : '('
      open.push(0)
      i += group[0].length - 1
    } else if (!inClass && rest[0] === ')') out += ')'.repeat((open.pop() ?? 0) + 1)
    else {
      if (rest[0] === '[') inClass = true
      else if (rest[0] === ']' && !/\[\^?$/.test(out)) inClass = false
      out += rest[0]
    }
  }
  try {
    return new RegExp(out + ')'.repeat(open[0]!))
  } catch {
    return undefined
  }
}

/** The password of an address or connection string, otherwise the whole. */
const innerOf = (secret: string): string =>
  /:\/\/[^\s:@/]*:([^\s@/]+)@/.exec(secret)?.[1] ??
  /[;?& ](?:password|pwd)=([^;&\s]+)/i.exec(secret)?.[1] ??
  secret

/** What the last group that takes part captures. */
function secretOf(pattern: RegExp | undefined, text: string): string | undefined {
  const match = pattern?.exec(text)
  return match ? innerOf(match.findLast((group) => group !== undefined && group !== '')!) : undefined
}

/** Rules of kingfisher and noseyparker. */
function* ofRules(files: readonly string[]): Generator<Example> {
  for (const file of files) {
    const read = parseYaml(readFileSync(file, 'utf8'), { logLevel: 'silent' }) as {
      rules?: { id: string; pattern: string; examples?: string[]; visible?: boolean; categories?: string[] }[]
    } | null
    for (const { id, pattern, examples, visible, categories } of read?.rules ?? []) {
      // Names of hosts, accounts and the like, which the scanners read beside a secret and do not report as one.
      if (
        visible === false ||
        (categories && !categories.includes('secret') && !categories.includes('hashed'))
      )
        continue
      const compiled = patternOf(pattern)
      for (const text of examples ?? []) {
        const secret = secretOf(compiled, String(text))
        if (secret !== undefined) yield { rule: id, secret, text: String(text) }
      }
    }
  }
}

const GO_STRING = /`[^`]*`|"(?:[^"\\\n]|\\.)*"/y

const goText = (literal: string): string => {
  if (literal[0] === '`') return literal.slice(1, -1)
  try {
    return JSON.parse(literal)
  } catch {
    return literal.slice(1, -1)
  }
}

/** Value of an expression of Go: literals, names of such, `+` and `fmt.Sprintf`; undefined for all others. */
function goValue(
  source: string,
  from: number,
  known: ReadonlyMap<string, string>,
): [string, number] | undefined {
  const blanks = /\s*/y
  let at = from
  let value = ''
  for (;;) {
    blanks.lastIndex = at
    blanks.test(source)
    at = blanks.lastIndex
    const call = source.startsWith('fmt.Sprintf(', at)
    GO_STRING.lastIndex = at
    const literal = GO_STRING.exec(source)?.[0]
    const name = /^[A-Za-z_]\w*(?![\w.(])/.exec(source.slice(at, at + 80))?.[0]
    if (call) {
      const parts: string[] = []
      at += 'fmt.Sprintf('.length
      for (;;) {
        const part = goValue(source, at, known)
        if (part === undefined) return
        parts.push(part[0])
        at = part[1] + (/^\s*,?\s*/.exec(source.slice(part[1]))?.[0].length ?? 0)
        if (source[at] === ')') break
      }
      at++
      const [format = '', ...values] = parts
      value += format.replace(/%[svq]/g, () => values.shift() ?? '')
    } else if (literal !== undefined) {
      value += goText(literal)
      at += literal.length
    } else if (name !== undefined && known.has(name)) {
      value += known.get(name)
      at += name.length
    } else return
    const plus = /^\s*\+/.exec(source.slice(at, at + 80))?.[0]
    if (plus === undefined) return [value, at]
    at += plus.length
  }
}

/** Inputs and expected results of trufflehog's tests. */
function* ofTrufflehog(files: readonly string[], root: string): Generator<Example> {
  for (const file of files) {
    const source = readFileSync(file, 'utf8')
    const rule = file.slice(root.length + 1).replace(/\/[^/]*$/, '')
    const known = new Map<string, string>()
    for (const match of source.matchAll(/^\s*(?:var |const )?(\w+)\s*:?=\s*(?=[`"f])/gm)) {
      const read = goValue(source, match.index + match[0].length, known)
      if (read) known.set(match[1]!, read[0])
    }
    for (const match of source.matchAll(/\binput:\s*/g)) {
      const input = goValue(source, match.index + match[0].length, known)
      const want = input && /^,\s*(?:\w+:[^\n{]*,\s*)*want:\s*\[\]string\{/.exec(source.slice(input[1]))?.[0]
      if (!input || !want) continue
      for (let at = input[1] + want.length; ; ) {
        const one = goValue(source, at, known)
        if (one === undefined) break
        const secret = innerOf(one[0])
        if (input[0].includes(secret) && secret.length >= 6 && !/\s/.test(secret))
          yield { rule, secret, text: input[0] }
        at = one[1] + 1
      }
    }
  }
}

/** The literal samples of gitleaks' rules; those that it makes up are left out. */
function* ofGitleaks(root: string): Generator<Example> {
  const { rules } = parseToml(readFileSync(join(root, 'config/gitleaks.toml'), 'utf8')) as unknown as {
    rules: { id: string; regex?: string }[]
  }
  const patterns = new Map(
    rules.map(({ id, regex }) => [id, regex === undefined ? undefined : patternOf(regex)]),
  )
  for (const file of globSync(join(root, 'cmd/generate/config/rules/*.go'))) {
    const source = readFileSync(file, 'utf8')
    for (const part of source.split(/(?=RuleID:)/).slice(1)) {
      const rule = /RuleID:\s*"([^"]+)"/.exec(part)?.[1] ?? ''
      const samples = /tps\s*:?=[\s\S]*?(?=fps\s*:?=|return )/.exec(part)?.[0] ?? ''
      for (const { 0: literal } of samples.matchAll(new RegExp(GO_STRING.source, 'g'))) {
        const text = goText(literal)
        const secret = secretOf(patterns.get(rule), text)
        if (secret !== undefined) yield { rule, secret, text }
      }
    }
  }
}

const fileOf = (text: string): string => `cat > notes.txt <<'KARO_END'\n${text}\nKARO_END`

function measure(name: string, all: readonly Example[], show: string | undefined): void {
  const examples = [...new Map(all.map((one) => [`${one.secret}\0${one.text}`, one])).values()].filter(
    // A word such as `password`, which the text has beside its secret too, cannot be looked for.
    ({ secret, text }) => !/^[a-z]+$/.test(secret) || text.indexOf(secret) === text.lastIndexOf(secret),
  )
  const found = (half: boolean): string => {
    const items = examples.filter(({ secret }) => isBuilding(secret) === half)
    let kept = 0
    let lost = 0
    let words = 0
    for (const { rule, secret, text } of items) {
      const out = redact(fileOf(text))
      const isMissed = out.includes(secret)
      if (isMissed) kept++
      if (isMissed && half && show === name)
        console.log(`  ${rule}  ${JSON.stringify(secret)}  ${JSON.stringify(text)}`)
      for (const word of text.replaceAll(secret, ' ').match(/[\w.-]{3,}/g) ?? []) {
        words++
        if (!out.includes(word)) lost++
      }
    }
    return `${items.length - kept} of ${items.length} found, ${lost} of ${words} other words lost`
  }
  console.log(`${name}: building ${found(true)}; held out ${found(false)}`)
}

function keep(name: string, lines: readonly string[], show: string | undefined): void {
  const changed = lines.filter((line) => redact(line) !== line)
  if (show === name)
    for (const line of changed) console.log(`  ${JSON.stringify(line)}\n  ${JSON.stringify(redact(line))}`)
  console.log(`${name}: ${changed.length} of ${lines.length} ordinary lines changed`)
}

const [root, , show] = process.argv.slice(2)
if (root === undefined) {
  process.stderr.write(USAGE)
  process.exit(2)
}
const under = (...globs: readonly string[]): string[] =>
  globSync(globs.map((glob) => join(root, glob))).sort()

const rules = [...ofRules(under('noseyparker/crates/*/data/default/builtin/rules/*.yml'))]
const shared = new Set(rules.map(({ text }) => text))
measure('noseyparker', rules, show)
measure(
  'kingfisher',
  [...ofRules(under('kingfisher/data/rules/*.yml', 'kingfisher/crates/*/data/rules/*.yml'))].filter(
    ({ text }) => !shared.has(text),
  ),
  show,
)
for (const one of under('gitleaks')) measure('gitleaks', [...ofGitleaks(one)], show)
measure(
  'trufflehog',
  [...ofTrufflehog(under('trufflehog/pkg/detectors/**/*_test.go'), join(root, 'trufflehog/pkg/detectors'))],
  show,
)
for (const file of under('nl2bash/data/bash/all.cm'))
  keep('nl2bash', [...new Set(readFileSync(file, 'utf8').split('\n'))], show)
keep(
  'tldr',
  under('tldr/pages/*/*.md').flatMap((file) => readFileSync(file, 'utf8').match(/(?<=^`).+(?=`$)/gm) ?? []),
  show,
)
