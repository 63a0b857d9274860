// Finds the things that a request names: quoted text, paths, sizes, times, hosts, numbers, kinds of files. The rest are
// words.

export type EntityKind =
  | 'quoted'
  | 'url'
  | 'login'
  | 'remote'
  | 'cidr'
  | 'ip'
  | 'device'
  | 'size'
  | 'time'
  | 'clock'
  | 'percent'
  | 'glob'
  | 'ext'
  | 'path'
  | 'file'
  | 'domain'
  | 'mode'
  | 'rev'
  | 'date'
  | 'version'
  | 'signal'
  | 'interface'
  | 'image'
  | 'name'
  | 'number'
  | 'here'

export interface Entity {
  readonly kind: EntityKind
  readonly value: string
  /** Length of a time, in minutes. */
  readonly minutes?: number
}

/** A word of the request, or a thing that it names. */
export interface Token {
  /** The word in lower case; empty for a thing. */
  readonly word: string
  /** The text as typed. */
  readonly raw: string
  readonly entity?: Entity
}

/** Characters of a request that are read. */
const MOST_REQUEST = 1_000
const MOST_TOKENS = 80

const UNITS: Readonly<Record<string, string>> = {
  b: 'c', byte: 'c', bytes: 'c', k: 'k', kb: 'k', kib: 'k', kilobyte: 'k', kilobytes: 'k', m: 'M', mb: 'M', mib: 'M', meg: 'M', megs: 'M', megabyte: 'M', megabytes: 'M',
  g: 'G', gb: 'G', gib: 'G', gig: 'G', gigs: 'G', gigabyte: 'G', gigabytes: 'G', t: 'T', tb: 'T', tib: 'T', terabyte: 'T', terabytes: 'T',
} // biome-ignore format: a compact table
const MINUTES: Readonly<Record<string, number>> = {
  second: 1 / 60, sec: 1 / 60, s: 1 / 60, minute: 1, min: 1, hour: 60, hr: 60, h: 60, day: 1_440, d: 1_440, week: 10_080, month: 43_200, year: 525_600,
} // biome-ignore format: a compact table
const NUMBERS: readonly string[] =
  'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')
const ORDINALS: readonly string[] =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth'.split(' ')

const EXTENSIONS: Readonly<Record<string, string>> = {
  text: 'txt', python: 'py', javascript: 'js', typescript: 'ts', markdown: 'md', jpeg: 'jpg', picture: 'jpg', java: 'java', rust: 'rs', ruby: 'rb', shell: 'sh', perl: 'pl', golang: 'go', tarball: 'tar.gz', excel: 'xlsx', word: 'docx', backup: 'bak', log: 'log', temp: 'tmp', temporary: 'tmp', header: 'h', video: 'mp4',
} // biome-ignore format: a compact table
const KNOWN_EXTENSIONS = new Set(
  `txt log pdf jpg jpeg png gif svg webp mp3 mp4 mkv avi mov wav flac ogg py js ts jsx tsx json csv tsv xml html htm css scss md rst zip tar tgz gz bz2 xz 7z
  c h cpp hpp cc java kt go rs rb php pl sh bash zsh fish yaml yml toml ini conf cfg env bak tmp old swp iso img deb rpm apk sql db sqlite doc docx xls xlsx ppt pptx odt
  o so a class jar war pyc whl gpg asc pem key crt cer pub lock patch diff tex bib ipynb r lua vim dat bin out err pcap service list properties gradle dockerfile tar.gz tar.xz tar.bz2`.split(
    /\s+/,
  ),
)
const TLDS =
  'com|org|net|io|dev|de|uk|eu|fr|local|lan|internal|corp|edu|gov|info|app|ai|co|me|test|example|home|arpa'

/** A thing of this kind whose value is what a group of the pattern found; all of it by group 0. */
const group =
  (kind: Entity['kind'], at = 0) =>
  (match: RegExpExecArray): Entity => ({ kind, value: match[at]! })

const PATTERNS: readonly (readonly [RegExp, (match: RegExpExecArray) => Entity | undefined])[] = [
  [/^(["'`])((?:(?!\1).)*)\1(?=$|[\s,.;:?!])/, group('quoted', 2)],
  [/^\u201c([^\u201d]*)\u201d/, group('quoted', 1)],
  [/^\{[^{}\n]*:[^{}\n]*\}(?=\s|$)/, group('quoted')],
  [/^[a-z_]\w*\(\)?(?=\s|$)/i, group('quoted')],
  [/^[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/i, (m) => ({ kind: 'url', value: m[0].replace(/[.,;!?]+$/, '') })],
  [/^git@[\w.-]+:[\w./~-]+/, group('url')],
  [/^(?:[a-z_][\w.-]*@[a-z0-9][\w.-]*:[\w./~-]+|[a-z][\w.-]*:~?\/(?!\/)[\w./~-]*)/i, (m) => ({ kind: 'remote', value: m[0].replace(/(?<=[^:~])[/.]+$/, '') })],
  [/^[a-z_][\w.-]*@[a-z0-9][\w.-]*/i, (m) => ({ kind: 'login', value: m[0].replace(/[.]+$/, '') })],
  [/^\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}(?!\S)/, group('cidr')],
  [/^\d{1,3}(?:\.\d{1,3}){3}(?![\w/])/, group('ip')],
  [/^\/dev\/[\w/-]+/, group('device')],
  [/^(\d+(?:\.\d+)?)\s?(bytes?|[kmgt](?:i?b)?|(?:kilo|mega|giga|tera)bytes?|megs?|gigs?)(?![\w/])/i, size],
  [/^(\d+)[\s-]?(seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|[smhd])(?![\w/])/i, time],
  [/^(an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|couple of|few)[\s-](seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?)(?![\w/])/i, time],
  [/^([01]?\d|2[0-3]):([0-5]\d)(?:\s?([ap])\.?m\b\.?)?(?![\d:.])/i, clock],
  [/^at (1?\d|2[0-3])()h\b/i, clock],
  [/^(?:on|every|until) (?:mon|tues|wednes|thurs|fri|satur|sun)days?\b/i, () => ({ kind: 'clock', value: '' })],
  [/^(1[0-2]|0?[1-9])()\s?([ap])\.?m\b\.?/i, clock],
  [/^(?:at )?(noon|midnight|tonight|tomorrow)\b/i, (m) => ({ kind: 'clock', value: { noon: '12:00', midnight: '00:00' }[m[1]!.toLowerCase()] ?? '' })],
  [/^(today|yesterday)\b/i, (m) => ({ kind: 'time', value: m[0].toLowerCase(), minutes: m[1]?.toLowerCase() === 'today' ? 1_440 : 2_880 })],
  [/^(?:last|past|this)\s+(hour|day|night|week|month|year)\b/i, (m) => ({ kind: 'time', value: m[0].toLowerCase(), minutes: MINUTES[m[1]!.toLowerCase().replace('night', 'day')] ?? 1_440 })],
  [/^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?(?!\S*\w)/, group('date')],
  [/^(?:SIG[A-Z]{3,6}\d?|HUP|KILL|TERM|USR[12]|INT|STOP|CONT)\b/, group('signal')],
  [/^[ugoa]*[-+=][rwxXst]{1,4}(?=$|[\s,;?!])/, group('mode')],
  [/^0?[0-7]{3}(?=$|[\s,;?!])(?=.*\b(?:permission|mode|chmod))/i, group('mode')],
  [/^(?:eth|wlan|wlp|enp|ens|eno|wg|tun|tap|br|bond|docker|veth)\d[\w.-]*/, group('interface')],
  [/^v\d+(?:\.\d+)+(?:-[\w.]+)?/, group('version')],
  [/^[a-z][\w.-]*(?:\/[\w.-]+)*:(?:latest|v?\d[\w.-]*|alpine|slim|[a-z]+-[\w.-]+)(?=$|[\s,;?!])/, group('image')],
  [/^\d+(?:\.\d+)?\s?%/, (m) => ({ kind: 'percent', value: m[0].replace(/\s/, '') })],
  [/^\d+\s?percent\b/i, (m) => ({ kind: 'percent', value: `${Number.parseInt(m[0], 10)}%` })],
  [/^(?:in )?(?:this|the current|the present|current)(?: working)? (?:directory|folder|dir|repo|repository|project)\b/i, () => ({ kind: 'here', value: '.' })],
  [/^here\b/i, () => ({ kind: 'here', value: '.' })],
  [/^\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})(?=$|[\s,;?!])/, group('path')],
  [/^(?:my|the|your|the user's) home(?: (?:directory|folder|dir))?\b(?! page)/i, () => ({ kind: 'path', value: '~' })],
  [/^\*\.([a-z0-9]{1,8}(?:\.[a-z0-9]{1,4})?)(?![\w*])/i, group('ext', 1)],
  [/^(?:\.[a-z0-9]{1,5}(?:\.(?:gz|xz|bz2))?)(?=$|[\s,;?!])/i, (m) => extension(m[0].slice(1))],
  [/^(?:~|\.{1,2}|[\w.@+-]*)?\/[^\s'"]*/, (m) => (/^[a-z]+\/[a-z]+$/.test(m[0]) && !/^(?:src|etc|var|usr|home|tmp|opt|docs?|test|tests|lib|bin|build|dist|out|app|web)\//.test(m[0]) ? { kind: 'file', value: m[0] } : { kind: 'path', value: trimmed(m[0]) })],
  [/^~(?=$|[\s,;?!])/, () => ({ kind: 'path', value: '~' })],
  [/^\.\.?(?=$|\s)/, group('path')],
  [/^[\w.+-]*[*?][\w.*?+-]*/, (m) => (/\w/.test(m[0]) && m[0].includes('*') ? { kind: 'glob', value: m[0] } : undefined)],
  [new RegExp(`^(?:[a-z0-9][a-z0-9-]*\\.)+(?:${TLDS})(?![\\w.-]*\\w)`, 'i'), group('domain')],
  [/^localhost\b/i, () => ({ kind: 'domain', value: 'localhost' })],
  [/^[\w+-]+(?:\.[\w+-]+)+/, (m) => fileName(m[0])],
  [/^(?:Makefile|Dockerfile|README|LICENSE|Jenkinsfile|Vagrantfile|Gemfile|Cargo\.toml)\b/, group('file')],
  [/^(?:HEAD(?:[~^]\d*)*|(?=\S*\d)(?=\S*[a-f])[0-9a-f]{7,40}(?!\S))/, group('rev')],
  [/^(\d+)(?:st|nd|rd|th)\b/i, group('number', 1)],
  [/^(\d+)\s?(?:px|pixels?)\b/i, group('number', 1)],
  [/^:?(\d+)(?![\w.-])/, group('number', 1)],
] // biome-ignore format: one pattern a line

const trimmed = (path: string): string =>
  path.replace(/[,;?!]+$|(?<!\([^)]*)\)+[,;?!.]*$/, '').replace(/(?<=\w)\.$/, '')

function size(match: RegExpExecArray): Entity | undefined {
  const unit = UNITS[match[2]!.toLowerCase()]
  const value = match[1]!
  if (unit === undefined) return undefined
  // find takes only whole numbers, so `1.5G` becomes megabytes.
  return {
    kind: 'size',
    value: value.includes('.')
      ? `${Math.round(Number(value) * 1024)}${SMALLER[unit] ?? unit}`
      : `${value}${unit}`,
  }
}
const SMALLER: Readonly<Record<string, string>> = { T: 'G', G: 'M', M: 'k', k: 'c' }

function time(match: RegExpExecArray): Entity | undefined {
  const [all, amount = '1', unit = ''] = match
  const word = amount.toLowerCase()
  const many = /^\d+$/.test(word)
    ? Number(word)
    : /^an?$/.test(word)
      ? 1
      : word === 'couple of'
        ? 2
        : word === 'few'
          ? 3
          : NUMBERS.indexOf(word)
  const name = unit.toLowerCase().replace(/(?<=..)s$/, '')
  const each = MINUTES[name]
  // `10 m` is rather a size or a distance than ten minutes.
  if (each === undefined || many < 0 || (name === 'm' && /\s/.test(all))) return undefined
  return { kind: 'time', value: all, minutes: many * each }
}

function clock([, hour = '', minute = '', half]: RegExpExecArray): Entity {
  const plain = Number(hour)
  const hours = half === undefined ? plain : (plain % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  return { kind: 'clock', value: `${String(hours).padStart(2, '0')}:${minute || '00'}` }
}

function extension(text: string): Entity | undefined {
  const known = text.toLowerCase()
  return KNOWN_EXTENSIONS.has(known) ? { kind: 'ext', value: text } : { kind: 'file', value: `.${text}` }
}

function fileName(text: string): Entity | undefined {
  const name = text.replace(/[.,]+$/, '')
  // `tar.gz` alone is a kind of archive, not the name of one.
  if (/^tar\.\w+$/.test(name)) return undefined
  const ext = name.slice(name.indexOf('.') + 1).toLowerCase()
  const last = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  if (KNOWN_EXTENSIONS.has(ext) || KNOWN_EXTENSIONS.has(last)) return { kind: 'file', value: name }
  if (/^v?\d+(?:\.\d+)+$/.test(name) || /^(?:e\.g|i\.e|etc)$/.test(name)) return undefined
  return /^[\w-]+\.[a-z]\w{0,7}$/.test(name) ? { kind: 'file', value: name } : { kind: 'domain', value: name }
}

/** The tokens of a request in order; at most 80, from its first 1 000 characters. */
export function readThings(text: string): readonly Token[] {
  const found: Token[] = []
  let rest = text.slice(0, MOST_REQUEST).replace(/[\p{Cc}\p{Cf}]/gu, ' ')
  while (rest !== '' && found.length < MOST_TOKENS) {
    const space = /^(?:\s+|[,;!?()[\]{}<>=|&:"'`])/.exec(rest)
    const named = entityAt(rest)
    if (named !== undefined) {
      found.push({ word: '', raw: rest.slice(0, named.length), entity: named.entity })
      rest = rest.slice(named.length)
    } else if (space !== null) rest = rest.slice(space[0].length)
    else {
      const word = /^[^\s,;!?()[\]{}<>=|&"`:]+/.exec(rest)?.[0] ?? rest.charAt(0)
      found.push({ word: word.toLowerCase().replace(/\.+$/, ''), raw: word.replace(/\.+$/, '') })
      rest = rest.slice(word.length)
    }
  }
  return kindsOfFiles(found.filter(({ word, entity }) => word !== '' || entity !== undefined))
}

function entityAt(text: string): { readonly entity: Entity; readonly length: number } | undefined {
  for (const [pattern, make] of PATTERNS) {
    const match = pattern.exec(text)
    const entity = match === null ? undefined : make(match)
    if (match !== null && entity !== undefined && match[0] !== '') return { entity, length: match[0].length }
  }
  return undefined
}

/** Words that mean a kind of files only in the plural: `log file` is one file, `log files` are a kind. */
const ONLY_PLURAL =
  /^(?:log|text|word|header|shell|key|lock|db|out|list|service|patch|diff|class|bin|pub|env|backup|temp|temporary|video|picture|old|zip|tar|conf|iso|sql|image)$/

/** Words after `two` that mean two things named elsewhere in the request: `two files`. */
const PAIR = /^(?:files?|director|folders?|branches|commands?|pdfs?|of)/

/** Words that only mean a kind of files. */
const CLEAR = /^(?:pdf|jpe?g|png|gif|mp[34]|csv|json|xml|html|txt|docx?|xlsx?|yaml|svg)$/

/** The words in front of that place. */
const before = (tokens: readonly Token[], end: number): string =>
  tokens
    .slice(0, end)
    .map(({ word }) => word)
    .join(' ')

/** Finds kinds of files (`pdf files`, `all the jpgs`, `python scripts`) and numbers in words (`first`, `ten`). */
function kindsOfFiles(tokens: readonly Token[]): readonly Token[] {
  return tokens.map((token, i) => {
    if (token.entity !== undefined) return token
    const next = tokens[i + 1]?.word ?? ''
    const { word } = token
    const plural = word.length > 3 && /s$/.test(word) ? word.slice(0, -1) : word
    const isKind = (
      ONLY_PLURAL.test(word)
        ? /^files$/
        : /^(?:files?|images?|scripts?|documents?|videos?|extension|pictures?|sources?|ones)$/
    ).test(next)
    // `from jpeg to jpg` means the endings as they are spelled.
    const isSpelled = tokens.some((one, at) => at > i && one.word === EXTENSIONS[word])
    const ext =
      Object.hasOwn(EXTENSIONS, word) && !isSpelled
        ? EXTENSIONS[word]
        : KNOWN_EXTENSIONS.has(word)
          ? word
          : undefined
    // In `list files` the word is a verb, in `a file` an article.
    const isPlain =
      (word === 'list' && i === 0) ||
      (word === 'a' && next !== 'files') ||
      // `the json file a.json` names one file.
      (next === 'file' && tokens[i + 2]?.entity?.kind === 'file')
    if (isKind && ext !== undefined && !isPlain) return { ...token, entity: { kind: 'ext', value: ext } }
    const led = tokens[i - 1]?.word ?? ''
    if (/^(?:photos|pictures)$/.test(word) && /^(?:all|every|my|the)$/.test(led))
      return { ...token, entity: { kind: 'ext', value: 'jpg' } }
    // `rename all jpeg files to jpg`: where the first is a kind of files, so is the second.
    const isSecond =
      KNOWN_EXTENSIONS.has(word) && /\b(?:all|every) (?:\S+ )?(?:files|images)$/.test(before(tokens, i - 1))
    if (/^(?:to|into)$/.test(led) && (isSecond || /^(?:mp[34]|mkv|webm|wav|ogg|flac|gif)$/.test(word)))
      return { ...token, entity: { kind: 'ext', value: word } }
    // `docs` is a directory here and no kind of file.
    if (word === 'docs' && /^(?:folder|directory|dir|to|into|in)$/.test(led)) return token
    if (
      plural !== word &&
      KNOWN_EXTENSIONS.has(plural) &&
      plural.length >= 2 &&
      !/^(?:list|log|bin|class|key|lock|service|patch|diff|old|db|out)$/.test(plural)
    )
      return { ...token, entity: { kind: 'ext', value: plural } }
    if (/^(?:every|all|any)$/.test(led) && CLEAR.test(word))
      return { ...token, entity: { kind: 'ext', value: word } }
    const number = NUMBERS.indexOf(word)
    if (number > 1 && !PAIR.test(next)) return { ...token, entity: { kind: 'number', value: String(number) } }
    const ordinal = ORDINALS.indexOf(word)
    if (ordinal > 1 && /^(?:line|column|field|word)$/.test(next))
      return { ...token, entity: { kind: 'number', value: String(ordinal) } }
    return token
  })
}
