// Reads a request for the grammar: things that it names become marks such as `<p0>`, and the words stay, in lower case.

/**
 * The kinds of things, by the letter of their mark: quoted text, variable, url, host, path, glob, file name, size, time,
 * mode, number.
 */
type Kind = 'q' | 'v' | 'u' | 'h' | 'p' | 'g' | 'f' | 's' | 't' | 'm' | 'n'

export interface Reading {
  /** The words in lower case with one blank between them, and a mark for each thing. */
  readonly text: string
  /** The things as typed, without quotes; the mark's number is the place. */
  readonly values: readonly string[]
}

/** Characters of a request that are read. */
const MOST_REQUEST = 600

const NUMBERS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')
const UNIT = 'seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?'
/** Numbers in words before what is counted. */
const COUNTED = new RegExp(
  `\\b(?:${NUMBERS.slice(1).join('|')})\\b(?= (?:largest|biggest|smallest|oldest|newest|latest|lines?|levels?|random|characters|words|bytes)\\b)`,
  'gi',
)
const COUNT = `\\d+(?: ?\\* ?\\d+)?|an?|${NUMBERS.slice(1).join('|')}`

const END = '(?=$|[\\s,.;:?!)])'
/** The first pattern that fits names the kind; where it has a group, the group is the thing. */
const PATTERNS: readonly (readonly [Kind, RegExp])[] = [
  [
    'q',
    new RegExp(
      `^(?:"([^"]+)"|'([^']+)'|\`([^'\`]+)['\`]|\u201c([^\u201d]+)\u201d|\u2018([^\u2019]+)\u2019)${END}`,
    ),
  ],
  ['u', /^[a-z][a-z0-9+.-]*:\/\/[^\s'"]+(?<![.,;])/i],
  ['h', /^[a-z_$][\w.${}-]*@[\w.${}-]+(?::[\w./~-]*)?(?<![.,])/i],
  ['h', /^\d{1,3}(?:\.\d{1,3}){3}(?![\w/])/],
  ['v', /^\$(?:\{\w+\}|\w+)(?![\w/])/],
  ['t', new RegExp(`^(?:${COUNT})[\\s-](?:${UNIT})(?![\\w/])`, 'i')],
  ['t', new RegExp(`^(?<=(?:last|past|previous|this) )(?:hour|day|week|month|year)${END}`, 'i')],
  ['s', /^\d+(?:\.\d+)?\s?(?:bytes?|[kmgt](?:i?b)?|(?:kilo|mega|giga|tera)bytes?)(?![\w/])/i],
  ['g', /^(?:[\w.+~@#/-]|\[[^\]\s]+\])*[*?](?:[\w.+*?~@#/-]|\[[^\]\s]+\])*(?<![.?])(?=$|[\s,.;:?!)])/],
  ['p', /^(?:~|\.{1,2}|\$\{?\w+\}?|[\w.@+-]+)?\/(?:[\w.@+~%=:$/-]|\{\w+\})*(?<![.:])/],
  ['p', /^(?:~|\.\.?)(?=$|[\s,;?!])/],
  ['f', /^\.(?!com\b)[A-Za-z][\w+-]*(?:\.\w+)*(?=$|[\s,.;:?!)])/],
  ['f', /^(?!i\.e|e\.g|etc\.)[\w+-]+(?:\.[\w+-]+)*\.[A-Za-z][\w+-]*(?=$|[\s,.;:?!)])/],
  ['m', /^(?:[ugoa]*[+=-][rwxstX]+(?:,(?:[ugoa]*[+=-][rwxstX]+|[ugoa]+=))*|0[0-7]{3,4})(?=$|[\s,.;:?!)])/],
  ['n', /^\d+(?:st|nd|rd|th)?(?![\w-]|\.\w)/],
]

/** Reads at most 600 characters. */
export function read(request: string): Reading {
  const values: string[] = []
  let text = ''
  let rest = joined(request.slice(0, MOST_REQUEST))
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  while (rest !== '') {
    const found = /[\w/>]$/.test(text) ? undefined : thingAt(rest, text)
    if (found !== undefined) {
      text += `<${found.kind}${values.length}>`
      values.push(found.value)
      rest = rest.slice(found.length)
      continue
    }
    const word = /^(?:[\w'-]+|.)/su.exec(rest)?.[0] as string
    text += word.toLowerCase()
    rest = rest.slice(word.length)
  }
  return { text: plain(text), values }
}

/** Spaces that names have; `remove spaces in filenames` is about the names, and not about files. */
const NAMES_WITH_SPACES =
  /(?<=\b(?:with|ha(?:ve|s|ving)|contain(?:s|ing)?|includ(?:es?|ing))\s(?:\S+\s){0,4})(?:spaces?|white ?spaces?)(?= in (?:their |its |the )?(?:file)?names?\b)/gi

/** Two words for one kind of things, written with a slash, are no path. */
const joined = (text: string): string =>
  text
    .replace(/(?<=\w)\u2019(?=[a-z])/g, "'")
    .replace(
      /\b(files?|regular|normal|folders?|director(?:y|ies))\/(?=(?:regular|normal|director\w*|folders?|files?|dirs?|symlinks?)\b)/gi,
      '$1 or ',
    )
    .replace(/\b(?:regular|normal) or (?:regular|normal)(?= files?\b)/gi, 'regular')
    .replace(/\band\/or\b/gi, 'or')
    .replace(/ & (?=\w)/g, ' and ')
    .replace(NAMES_WITH_SPACES, '"* *"')
    .replace(/\bbut (?=(?:less|smaller|more|larger|greater|not more|at most|at least)\b)/gi, 'and ')
    .replace(COUNTED, (word) => String(NUMBERS.indexOf(word.toLowerCase())))

function thingAt(rest: string, before: string) {
  for (const [kind, pattern] of PATTERNS) {
    // A lone `last` before a unit says that the unit is a time.
    const isUnit = pattern.source.includes('?<=')
    if (isUnit && !/(?:last|past|previous|this) $/.test(before)) continue
    const match = (isUnit ? new RegExp(pattern.source.replace(/\(\?<=.*?\) ?\)/, ''), 'i') : pattern).exec(
      rest,
    )
    if (match === null || match[0] === '') continue
    const value = match.slice(1).find((group) => group !== undefined) ?? match[0]
    return { kind: kind === 'q' ? kindOfQuoted(value) : kind, value, length: match[0].length }
  }
  return undefined
}

/** What is in quotes is often a path, a pattern or a variable; the mark says which. */
function kindOfQuoted(value: string): Kind {
  if (/^[\w.-]+@[\w.-]+:\S*$/.test(value)) return 'h'
  if (/^\$(?:\{\w+\}|\w+)$/.test(value)) return 'v'
  if (/^(?:~|\.{1,2}|[\w.@+-]+|\$\{?\w+\}?)?\/[^\s*?[\]\\^$]*$/.test(value)) return 'p'
  return 'q'
}

/** Words of one meaning made one, articles and politeness left out. */
function plain(text: string): string {
  return text
    .replace(/\b(?:please|just|simply|kindly)\b|\b(?:can|could|would) you\b|\bi (?:want|need|would like) to\b|\bhow (?:do|can|would) (?:i|you|we)\b|\bhow to\b/g, ' ')
    .replace(/\b(?:folders?|dirs?|direcor(?:y|ies))\b/g, (word) => (word.endsWith('s') ? 'directories' : 'directory'))
    .replace(/\bsub[ -]*(?=director)/g, 'sub')
    .replace(/\bregular (?=(?:<\w\d+>|[a-z]+|empty) files?\b)(\S+) /g, '$1 regular ')
    .replace(/\b(?:regular\/normal|normal\/regular|normal|plain|ordinary)(?= files?\b)/g, 'regular')
    .replace(/\bfile ?names?\b/g, (word) => (word.endsWith('s') ? 'filenames' : 'filename'))
    .replace(/\b(?:symbolic|soft|sym)[ -]?links?\b/g, (word) => (word.endsWith('s') ? 'symlinks' : 'symlink'))
    .replace(/[()!?;]|[.:](?=\s|$)/g, ' ')
    .replace(/,/g, ' , ')
    .replace(/\b(?:the|an|a(?! (?:named|called|and|or|to|into|with|from|but|except|is|if|in)\b)(?!$))\b(?!-)/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[ ,]+|[ ,]+$/g, '')
} // biome-ignore format: one rule a line

/** Seconds that a time lasts. */
export function secondsOf(time: string): number {
  const [, first = '1', second = '1', unit = ''] =
    /^(?:(\S+?)(?: ?\* ?(\d+))?[\s-])?([a-z]+)$/i.exec(time) ?? []
  const number = /^\d+$/.test(first) ? Number(first) : Math.max(1, NUMBERS.indexOf(first.toLowerCase()))
  const each = { s: 1, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 }[unit.charAt(0).toLowerCase()]
  return number * Number(second) * (each ?? (/^mo/i.test(unit) ? 2_592_000 : 60))
}

/** A size as find takes it: `100M`, `10c`. */
export function findSize(size: string): string {
  const [, number = '0', unit = ''] = /^(\d+(?:\.\d+)?)\s?(\w)/.exec(size) ?? []
  const letter = { b: 'c', k: 'k', m: 'M', g: 'G', t: 'T' }[unit.toLowerCase()] ?? 'c'
  const smaller = { T: ['G', 1024], G: ['M', 1024], M: ['k', 1024], k: ['c', 1024], c: ['c', 1] }[letter] as [
    string,
    number,
  ]
  if (letter === 'T') return `${Math.round(Number(number) * 1024)}G`
  return number.includes('.')
    ? `${Math.round(Number(number) * smaller[1])}${smaller[0]}`
    : `${number}${letter}`
}

const BYTES: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** A size as find takes it, to the byte. */
export function inBytes(size: string): string {
  const [, number = '0', unit = ''] = /^(\d+(?:\.\d+)?)\s?(\w?)/.exec(size) ?? []
  return `${Math.round(Number(number) * (BYTES[unit.toLowerCase()] ?? 1))}c`
}

const PLAIN = /^[\w@%+=:,./~^-]+$/
const VARIABLE = /^(?:[\w@%+=:,./~-]|\$\w+|\$\{\w+\})+$/

/** A thing as one word of a command. Variables stay variables, and the home directory is left to the shell. */
export function asWord(value: string): string {
  const safe = value.startsWith('-') ? `./${value}` : value
  if (PLAIN.test(safe)) return safe
  if (VARIABLE.test(safe)) return `"${safe}"`
  return `'${safe.replaceAll("'", "'\\''")}'`
}

/** A pattern behind an option such as `-name`, where a dash at its beginning means nothing. */
export const asTest = (value: string): string =>
  value.startsWith('-') ? `'${value.replaceAll("'", "'\\''")}'` : asWord(value)

/** A command of plain words, to be run for each file; undefined for one that only a shell can run. */
export const asCommand = (value: string): string | undefined =>
  /^[\w@%+=:,./-]+(?: [\w@%+=:,./-]+)*$/.test(value) ? value : undefined

/** A thing that names files: patterns stay patterns of the shell. */
export const asFiles = (value: string): string =>
  /^[\w@%+=:,./~*?[\]-]+$/.test(value) ? value.replace(/^-/, './-') : asWord(value)

/** Whether a mark is a mode and stands where the command takes one; there `-x` is no option, and no file either. */
export const isMode = (mark: string, before: string): boolean =>
  mark.startsWith('<m') && /(?:\bchmod (?:-R )?|-perm |\[mode\] )$/.test(before)

/** A thing that sed is to find as it is, inside an expression in single quotes. */
export const asPattern = (value: string): string =>
  value.replace(/[\\/&.*[\]^$]/g, '\\$&').replaceAll("'", "'\\''")

/** What sed puts in its place. */
export const asReplacement = (value: string): string =>
  value.replace(/[\\/&]/g, '\\$&').replaceAll("'", "'\\''")
