// Rewrites words of zsh and fish into bash's spelling, which the parser knows.
import { baseName, type Scope, type Value } from '../model.ts'
import { isUnresolved } from './paths.ts'

const NAME = '[A-Za-z_]\\w*|\\d+|[@*]'
const MODIFIER = ':(?:[hrteaAclPquQ]\\d*|g?s/[^/]*/[^/]*/?)'
/** `$=x`, `$~x`, `$^x`, also doubled, and `$x:h`. Also matches escapes and quotes, which have to be skipped. */
const OF_ZSH = new RegExp(
  `\\\\[\\s\\S]|['"]|\\$([=~^]*)(${NAME})(?:\\[[^\\]]{0,99}\\])?((?:${MODIFIER})+(?!\\w))?`,
  'g',
)
/** zsh's `${=x}`, `${(flags)x}` and `${x:h}`: group 1 is the variable, group 2 its modifiers. */
const BRACED = new RegExp(`^\\$\\{(?:\\([^)]*\\))?[=~^]*(${NAME})((?:${MODIFIER})*)\\}$`)
const OF_FISH = /\\[\s\S]|['"{},]|(\$+)(?:([A-Za-z_]\w*)(?:\[[^\]]{0,99}\])*)?/g
/** What runs the text it is given, or what begins a block or a command that may. */
const RUNS =
  'sudo|doas|su|pkexec|runuser|run0|env|xargs|parallel|nohup|nice|ionice|chrt|taskset|timeout|stdbuf|setsid|unbuffer|busybox|systemd-run|chroot|unshare|nsenter|watch|ssh|command|builtin|exec|source|eval|begin|while|if|for|switch|and|or|not|time|\\w*sh|python[\\d.]*|perl|ruby|node|php|lua[\\d.]*'
const OF_PIPES = new RegExp(
  `\\\\[\\s\\S]|['"]|((?<!\\S)\\d+>\\||&>?\\||>\\|(?=\\s*['"\\\\]?(?:[\\w./~-]*/)?(?:${RUNS})['"]?(?:[\\s;&|<>()]|$)))`,
  'g',
)

/** The word in bash's spelling; unchanged in bash and sh. */
export function asBash(given: string, scope: Scope): string {
  const raw = scope.shell === 'fish' && given.includes('\\') ? withoutFishEscapes(given) : given
  if (!raw.includes('$')) return raw
  if (scope.shell === 'zsh') return ofZsh(raw)
  return scope.shell === 'fish' ? ofFish(raw, scope) : raw
}

/** Outside quotes, fish reads `\\x72`, `\\162` and `\\u0072` as characters. */
function withoutFishEscapes(raw: string): string {
  const inside = quotes()
  return raw.replace(
    /\\(?:[xX]([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{1,4})|([\s\S]))|['"]/g,
    (all, hex?: string, octal?: string, unicode?: string) => {
      const quote = inside(all.length === 1 ? all : all.slice(-1), all.length > 1)
      const code = Number.parseInt(hex ?? octal ?? unicode ?? '', hex || unicode ? 16 : 8)
      if (quote !== '' || Number.isNaN(code)) return all
      const char = String.fromCharCode(code)
      return char === "'" ? "\\'" : `'${char}'`
    },
  )
}

function ofZsh(raw: string): string {
  const inside = quotes()
  return raw.replace(OF_ZSH, (all, flags: string | undefined, name: string | undefined, mods = '') => {
    // Between single quotes a backslash is an ordinary character.
    if (inside(name === undefined ? all.slice(-1) : '', all.length > 1) === "'" || name === undefined)
      return all
    return flags === '' && mods === '' ? all : `\${${flags}${name}${mods}}`
  })
}

/** Rewrites fish's variables: `{$x}y` has braces that only delimit; `$$n` is the variable whose name n holds. */
function ofFish(raw: string, scope: Scope): string {
  const inside = quotes()
  const open: { readonly at: number; held: boolean; several: boolean }[] = []
  const out: string[] = []
  let changed = false
  let end = 0
  for (const { 0: all, 1: signs, 2: name, index } of raw.matchAll(OF_FISH)) {
    out.push(raw.slice(end, index))
    end = index + all.length
    const quote = inside(all.length === 1 ? all : '', false)
    const top = open.at(-1)
    let text = all
    if (signs !== undefined && name !== undefined && quote !== "'") {
      changed ||= signs.length > 1
      text = signs.length > 1 ? `\${!${named(name, signs.length - 2, scope)}}` : `\${${name}}`
      if (top !== undefined) top.held = true
    } else if (quote === '' && all === '{') open.push({ at: out.length, held: false, several: false })
    else if (quote === '' && all === ',' && top !== undefined) top.several = true
    else if (quote === '' && all === '}' && top !== undefined) {
      open.pop()
      const around = open.at(-1)
      if (around !== undefined) around.held ||= top.held
      if (top.held && !top.several) {
        out[top.at] = ''
        text = ''
        changed = true
      }
    }
    out.push(text)
  }
  return changed ? out.join('') + raw.slice(end) : raw
}

/**
 * Replaces fish's pipes `2>|`, `&|` and `&>|` by plain pipes of the same length. `>|` is a pipe in fish too, but people
 * used to bash mean a file by it; it is read as a pipe only before a tool that runs what it is given.
 */
export function withFishPipes(text: string): string {
  if (!text.includes('>|') && !text.includes('&|')) return text
  const inside = quotes()
  return text.replace(OF_PIPES, (all, pipe: string | undefined) => {
    const quote = inside(all.length === 1 ? all : '', false)
    return quote === '' && pipe !== undefined ? '|'.padStart(all.length) : all
  })
}

/** Follows `times` variables that hold names of variables; returns the last name. */
function named(name: string, times: number, scope: Scope): string {
  let found = name
  for (let i = 0; i < times; i++) {
    const text = scope.variables.get(found)?.text ?? ''
    if (!/^[A-Za-z_]\w*$/.test(text)) break
    found = text
  }
  return found
}

/**
 * Returns a function that follows quotes: it gets one character after another and says which quote the character stands
 * in.
 */
function quotes(): (char: string, escaped: boolean) => string {
  let open = ''
  return (char, escaped) => {
    const before = open
    if (char !== "'" && char !== '"') return before
    if (escaped) {
      if (before === "'" && char === "'") open = ''
    } else if (before === '') open = char
    else if (before === char) open = ''
    return before
  }
}

/** Variable and modifiers of zsh's braced expansion; undefined for any other form. */
export function zshBraced(text: string): readonly [name: string, modifiers: string] | undefined {
  const match = BRACED.exec(text)
  return match === null ? undefined : [match[1]!, match[2]!]
}

/** A value after zsh's modifiers `:h:t:r…`; `unknown` where the result cannot be told from the line. */
export function modified(value: Value, modifiers: string, unknown: Value): Value {
  let { text } = value
  for (const [one] of modifiers.matchAll(new RegExp(MODIFIER, 'g'))) {
    const [, kind] = one
    if (text === '' || (kind !== undefined && 'aAcPqQ'.includes(kind))) continue
    if (kind === 'h' && one.length === 2) text = above(text)
    else if (isUnresolved(text) || one.length > 2) return unknown
    else if (kind === 't') text = baseName(text.replace(/\/+$/, ''))
    else if (kind === 'r') text = text.replace(/\.[^./]*$/, '')
    else if (kind === 'e') text = /\.([^./]*)$/.exec(text)?.[1] ?? ''
    else text = kind === 'l' ? text.toLowerCase() : text.toUpperCase()
  }
  return { ...value, text }
}

/** The directory of a path; the directory of an unknown path is unknown too. */
function above(path: string): string {
  const parts = path.replace(/\/+$/, '').split('/')
  if (parts.length === 1) return path.startsWith('/') ? '/' : isUnresolved(path) ? path : '.'
  return parts.slice(0, -1).join('/') || '/'
}

/**
 * Replaces signs of zsh by those of bash of the same length, so that places stay: `=(command)`, a substitution with a file
 * on disk, by `<(command)`, and `>!`, which overwrites a file whatever the settings, by `>|`.
 */
export function withBashSigns(text: string): string {
  const forced = text.includes('>!') ? text.replace(/>!(?=\s*[\w/~."'$])/g, '>|') : text
  return forced.includes('=(')
    ? forced.replace(/(?<=^|[\s<;|&(])=\(/g, '<(').replaceAll('<<(', '< (')
    : forced
}

const QUALIFIER = /[\w*?\]/.~)]\((?:#q)?[-.\w/@*%^,+]*?o?e([:[{<'"|,])/g
const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '<': '>' }

/** The code in the qualifiers of zsh's patterns: `*(e:code:)`, `*(.e{'code'})`, `*(oe[code])`. */
export function qualifierCode(text: string): readonly string[] {
  const out: string[] = []
  for (const match of text.matchAll(QUALIFIER)) {
    const from = match.index + match[0].length
    const sign = match[1]!
    const end = text.indexOf(CLOSING[sign] ?? sign, from)
    if (end < 0 || out.length >= 8) continue
    out.push(text.slice(from, end).replace(/^(["'])([\s\S]*)\1$/, '$2'))
  }
  return out
}
