// Composes searches: what people say of files by kind, name, size, time, owner, depth and content becomes one find or grep.
import { quoted } from './fill.ts'
import type { Request } from './read.ts'
import type { Entity, EntityKind } from './things.ts'

interface Composed {
  readonly command: string
  readonly destroys: boolean
}

/** What the phrases of a request add to a search. */
interface Search {
  place: string[]
  type?: 'f' | 'd' | 'l'
  tests: string[]
  /** Limits of depth, which find wants first. */
  depth: string[]
  /** Files and directories alike. */
  isAny?: boolean
  ignoresCase: boolean
  text?: string | undefined
  /** What the request begins with. */
  verb: string
  action: Action
  /** Where what is moved or copied goes, and the mode that is set. */
  to?: string
}

type Action =
  | 'list'
  | 'count'
  | 'delete'
  | 'details'
  | 'size'
  | 'lines'
  | 'move'
  | 'copy'
  | 'mode'
  | 'compress'
/** What is done with files that are found, where it is more than to list, count or delete them. */
const DOES: Readonly<Partial<Record<Action, (to: string) => string>>> = {
  move: (to) => ` -exec mv -t ${to} {} +`,
  copy: (to) => ` -exec cp -t ${to} {} +`,
  mode: (to) => ` -exec chmod ${to} {} +`,
  compress: () => ' -exec gzip {} +',
  size: () => ` -print0 | du -ch --files0-from=- | tail -n 1`,
  lines: () => ' -exec cat {} + | wc -l',
}
/** The program of an action, which a request may name. */
const TOOLS: Readonly<Partial<Record<Action, string>>> = {
  move: 'mv',
  copy: 'cp',
  mode: 'chmod',
  compress: 'gzip',
}
/** Of these the ones that change what they are told of. */
const CHANGES: ReadonlySet<Action> = new Set(['delete', 'move', 'copy', 'mode', 'compress'])

type Add = (
  search: Search,
  things: readonly Entity[],
  words: readonly string[],
  said: string,
) => boolean | undefined

/** One place in a pattern: `<size>` is a thing of that kind, `<file|glob>` one of either, `<word>` a plain word. */
type Filter = readonly [pattern: string, add: Add]

const VALUE = '<quoted|file|glob|name|domain>'
const SOME_NAME = '(?:<quoted|file|glob|name|domain|rev|version>|<word>)'
const OVER =
  '(?:larger|bigger|greater|heavier|more|over|above|exceeding|at least|greater)(?: in size)?(?: than)?'
const UNDER = '(?:smaller|less|under|below|at most|lighter)(?: in size)?(?: than)?'
const CHANGED =
  '(?:(?:that |which )?(?:(?:was|were|have been|has been|i|been) )?(?:last )?(?:modified|changed|edited|updated|touched|written|altered|saved) )'
const READ = '(?:(?:that |which )?(?:(?:was|were|have been|has been) )?(?:last )?(?:accessed|read|opened) )'
const SINCE = '(?:(?:in|within|during|over|from|for|since|less than) )?(?:the )?(?:last |past |previous )?'

const test = (search: Search, ...args: readonly string[]): true =>
  (search.tests.push(args.join(' ')) > 0) as true

const set = (search: Search, more: Partial<Search>): true => {
  Object.assign(search, more)
  return true
}

/** find counts days in whole ones and minutes by themselves. */
function byTime(search: Search, which: 'm' | 'a' | 'c', sign: string, time: Entity | undefined): boolean {
  if (time?.minutes === undefined) return false
  if (time.value === 'today') return test(search, `-${which}time -1`)
  if (time.value === 'yesterday') return test(search, '-daystart', `-${which}time 1`)
  return time.minutes % 1_440 === 0
    ? test(search, `-${which}time ${sign}${time.minutes / 1_440}`)
    : Number.isInteger(time.minutes) && test(search, `-${which}min ${sign}${time.minutes}`)
}

function byName(search: Search, pattern: string, isNot = false): true {
  return test(search, `${isNot ? '! ' : ''}-name ${quoted(pattern, '', false)}`)
}

/** Leaves out what is in a directory of that name, wherever it is. */
function outside(search: Search, place: string): true {
  const name = place.replace(/^\.\//, '').replace(/\/$/, '')
  const pattern = place.startsWith('/') ? `${plain(name)}/*` : `*/${plain(name)}/*`
  return test(search, `! -path ${quoted(pattern, '', false)}`)
}

const plain = (name: string): string => name.replace(/[*?[\]\\]/g, '\\$&')
const named = ({ kind, value }: Entity | { kind: EntityKind | 'word'; value: string }): string =>
  kind === 'ext' ? `*.${value}` : kind === 'glob' || kind === 'quoted' ? value : plain(value)

/** In this order; what a phrase takes is no longer there for the next ones. */
const FILTERS: readonly Filter[] = [
  [`(?:and )?(?:delete|remove|erase|get rid of|purge) (?:them|it|those|these|the results?)(?: all)?`, (s) => set(s, { action: 'delete' })],
  [`and (?:move|copy) (?:them|it|those|these)(?: all)?(?= to\\b)`, (s, _, __, said) => set(s, { action: /move/.test(said) ? 'move' : 'copy' })],
  [`and (?:set|change) (?:the |their |its )?(?:permissions?|mode)(?: of (?:them|it|those|these))?(?= to\\b)|and chmod (?:them|it|those|these)(?= to\\b)`, (s) => set(s, { action: 'mode' })],
  [`and (?:gzip|compress) (?:them|it|those|these)(?: all)?`, (s) => set(s, { action: 'compress' })],
  [`and count (?:them|those|these)`, (s) => set(s, { action: 'count' })],
  [`(?:and )?(?:sort|order)(?:ed)? .*`, () => false],
  [`(?:in)?to (?:the )?(?:new )?(?:director(?:y|ies)|folder|dir)?(?: named| called)? ?<path|quoted|name>(?: (?:directory|folder|dir))?|(?:in)?to (?:the )?(?:directory|folder|dir) <word>|(?:in)?to the <word> (?:directory|folder|dir)`, (s, [thing], [word]) => /^(?:move|copy)$/.test(s.action) && set(s, { to: quoted(thing?.value ?? word ?? '', '', true) })],
  [`to <mode|number>`, (s, [thing]) => s.action === 'mode' && set(s, { to: thing?.value ?? '' })],
  [`(?:but not|not|except|excluding|ignoring|leaving out|other than)(?: for)?(?: those| files| any| anything)?(?: (?:in|under|inside|below|from))(?: the)?(?: directory| folder| dir)? (?:<path|quoted|name>|<word>)`, (s, [thing], [word]) => outside(s, thing?.value ?? word ?? '')],
  [`(?:only |just |directly )(?:in )?<here>|(?:in )?<here> (?:only|alone|itself)`, (s) => s.place.push('.') > 0 && s.depth.push('-maxdepth 1') > 0],
  [`(?:a )?long listing(?: format)?(?: of)?|(?:with|in) (?:long|detailed?) (?:format|listing|details?)|with (?:all )?(?:their )?details|in detail`, (s) => set(s, { action: 'details' })],
  [`(?:whose|with|having|that have|which have)?(?: the| a| their)? ?(?:file )?names? (?:that )?(?:start|begin)(?:s|ning|ing)? with (?:the )?(?:letters? |prefix )?${SOME_NAME}|(?:start|begin)(?:s|ning|ing)? with (?:the )?(?:letters? |prefix )?${SOME_NAME}`, (s, [thing], [word]) => byName(s, `${plain(thing?.value ?? word ?? '')}*`)],
  [`(?:with|having|containing|contain(?:s|ing)?) (?:a |any )?(?:white)?spaces? in (?:the |their |its )?(?:file )?names?|whose (?:file )?names? (?:contain|have|has) (?:a |any )?(?:white)?spaces?`, (s) => byName(s, '* *')],
  [`(?:whose|with|having)?(?: the| a| their)? ?(?:file )?names? (?:that )?(?:end(?:s|ing)? (?:with|in)) ${SOME_NAME}|(?:with )?(?:the )?extension (?:of )?(?:<ext|file|quoted>|<word>)|end(?:s|ing)? (?:with|in) <ext|quoted|file>`, (s, [thing], [word]) => byName(s, thing?.kind === 'ext' ? `*.${thing.value}` : /extension/.test(word ?? '') ? `*.${word}` : `*${plain(thing?.value ?? word ?? '')}`)],
  [`(?:whose|with|having|that have|that)?(?: the| a| their)? ?(?:file )?names? (?:contain(?:s|ing)?|includ(?:es?|ing)|with|match(?:es|ing)?) (?:the )?(?:word |string |text )?${SOME_NAME}|(?:with|having|containing) (?:the )?(?:word |string |text )?${SOME_NAME} in (?:the |their |its )?(?:file )?names?`, (s, [thing], [word]) => byName(s, thing?.kind === 'glob' ? thing.value : `*${plain(thing?.value ?? word ?? '')}*`)],
  [`(?:except|excluding|but not|not|other than)(?: for)?(?: those)?(?: named| called| in| the)? (?:<ext|glob|file|quoted|name>)(?: files?)?`, (s, [thing]) => thing !== undefined && byName(s, named(thing), true)],
  [`(?:that are |which are )?(?:owned by|belong(?:s|ing)? to)(?: the)?(?: user)? (?:<quoted|name>|<word>)(?: user)?`, (s, [thing], [word]) => test(s, `-user ${quoted(thing?.value ?? word ?? '', '', true)}`)],
  [`(?:owned by|belong(?:s|ing)? to|of|in)(?: the)? group (?:<quoted|name>|<word>)`, (s, [thing], [word]) => test(s, `-group ${quoted(thing?.value ?? word ?? '', '', true)}`)],
  [`(?:with|having)(?: the)?(?: exact)?(?: permissions?| mode)(?: set to| of)? <mode|number>`, (s, [thing]) => test(s, `-perm ${thing?.value}`)],
  [`(?:that |which )?(?:have |has )?not (?:been )?(?:modified|changed|touched|edited|updated)(?: in| for| since)?(?: the)?(?: last| past)? <time>|(?:(?:that |which )?(?:was|were|have been|has been) )?(?:last )?(?:modified|changed|edited|touched) (?:more|longer|over|earlier|at least)(?: than)? <time>(?: ago)?`, (s, [thing]) => byTime(s, 'm', '+', thing)],
  [`(?:that |which )?(?:have |has )?not (?:been )?(?:accessed|read|opened|used)(?: in| for| since)?(?: the)?(?: last| past)? <time>|(?:(?:that |which )?(?:was|were|have been|has been) )?(?:last )?(?:accessed|read|opened|used) (?:more|longer|over)(?: than)? <time>(?: ago)?`, (s, [thing]) => byTime(s, 'a', '+', thing)],
  [`(?:that are |which are )?(?:older than|more than|over) <time>(?: ago| old)?`, (s, [thing]) => byTime(s, 'm', '+', thing)],
  [`(?:newer|more recent|changed later|modified (?:after|later|more recently)) than (?:the )?(?:file )?<file|path|quoted>`, (s, [thing]) => test(s, `-newer ${quoted(thing?.value ?? '', '', true)}`)],
  [`(?:newer|younger) than <time>`, (s, [thing]) => byTime(s, 'm', '-', thing)],
  [`${READ}${SINCE}<time>(?: ago)?`, (s, [thing]) => byTime(s, 'a', '-', thing)],
  [`${CHANGED}${SINCE}<time>|(?:from|of|since) <time>|(?:changed|modified) since <time>`, (s, [thing]) => byTime(s, 'm', '-', thing)],
  [`(?:that are |which are |whose size is |of size |with (?:a )?size |size )?${OVER} <size>(?: in size| big| large)?`, (s, [thing]) => test(s, `-size +${thing?.value}`)],
  [`(?:that are |which are |whose size is |of size |with (?:a )?size |size )?${UNDER} <size>(?: in size)?`, (s, [thing]) => test(s, `-size -${thing?.value}`)],
  [`(?:that are |which are |of )?(?:exactly |size )+<size>(?: in size)?`, (s, [thing]) => test(s, `-size ${thing?.value}`)],
  [`(?:that are |which are )?not empty`, (s) => test(s, '! -empty')],
  [`(?:that are |which are )?(?:empty|blank|zero bytes?|of size zero|zero size)`, (s) => test(s, '-empty')],
  [`(?:that are |which are )?executables?`, (s) => set(s, { type: s.type ?? 'f' }) && test(s, '-executable')],
  [`hidden`, (s) => (s.action !== 'list' || /find|search/.test(s.verb)) && byName(s, '.*')],
  [`(?:that are |which are )?world writable`, (s) => test(s, '-perm -o+w')],
  [`(?:ignorecase|regardless of case|case insensitive(?:ly)?)`, (s) => set(s, { ignoresCase: true })],
  [`(?:not recursive|without (?:going|looking|descending) into (?:the )?subdirs?|not in (?:the )?subdirs?|(?:but )?only (?:at|on|in) the (?:first|top) level)`, (s) => s.depth.push('-maxdepth 1') > 0],
  [`(?:at most |up to |only |no more than |within )?(?:to )?(?:a )?(?:max(?:imum)? )?(?:depth (?:of )?<number>|<number> levels?(?: deep| down| below)?)`, (s, [thing]) => s.depth.push(`-maxdepth ${thing?.value}`) > 0],
  [`recursive(?:ly)?|and (?:all )?(?:its |their )?subdirs?|including subdirs?|with (?:all )?(?:its )?subdirs?`, () => true],
  [`(?:that |which )?(?:contain(?:s|ing)?|with|mention(?:s|ing)?|having|includ(?:es?|ing)) (?:the )?(?:text |word |string |phrase |pattern )+(?:<quoted|name|domain|file|url|ip>|<word>)|(?:that |which )?(?:contain(?:s|ing)?|mention(?:s|ing)?) (?:<quoted|name|domain|url|ip>|<word>)`, (s, [thing], [word]) => set(s, { text: thing?.value ?? word })],
  [`(?:named|called|with (?:the )?name|by (?:the )?name|whose name is|matching) (?:the )?(?:pattern )?${SOME_NAME}`, (s, [thing], [word]) => byName(s, thing === undefined ? (word ?? '') : named(thing))],
  [`(?:files (?:and|or) (?:director(?:y|ies)|folders?|dirs?))`, (s) => set(s, { isAny: true })],
  [`(?:(?:in|under|inside|below|within|from|at|of|beneath|on|recursive in)(?: the| this| your)?(?: directory| folder| dir)?(?: tree)? )?<here>(?: tree| directory tree| hierarchy)?(?:(?: and)?(?: all| its| any| the)* (?:below|deeper|downwards?|subdirs?|underneath|recursive(?:ly)?|under it|down))?`, (s) => s.place.push('.') > 0],
  [`(?:in|under|inside|below|within|from|at|of|beneath|on|starting (?:from|at))(?: (?:and|or) (?:below|under|beneath))?(?: the)?(?: directory| folder| dir)?(?: tree)? <path|here>(?: (?:directory|folder|dir))?(?: tree| hierarchy)?(?:(?: and)?(?: all| its| any| the)* (?:below|deeper|subdirs?|recursive(?:ly)?|under it))?`, (s, [thing]) => s.place.push(thing?.value ?? '.') > 0],
  [`(?:in|under|inside|below|within|from)(?: the)?(?: <quoted|name> (?:directory|folder|dir)(?: tree| hierarchy)?|(?: directory| folder| dir)(?: tree)? <quoted|name|file>)|(?:in|under|inside|below|within|from)(?: the)?(?: directory| folder| dir) <word>|(?:in|under|inside|below|within|from)(?: the)? <word> (?:directory|folder|dir)`, (s, [thing], [word]) => s.place.push(thing?.value ?? word ?? '') > 0],
  [`(?:in|under|inside|below)(?: the| my)? (?!(?:use|order|total|parallel|git|docker|size|bytes|human|general|memory|repo\\w*|home)\\b)<word>$`, (s, _, [word]) => s.place.push(word ?? '') > 0],
  [`(?:in|on|across|from|under|throughout) (?:the )?(?:whole |entire )?(?:file ?system|machine|system|disk)|everywhere`, (s) => s.place.push('/') > 0],
  [`<ext>(?: (?:regular )?(?:files?|scripts?|documents?|images?|pictures?|photos?|movies?|videos?|songs?|archives?|sources?|ones))?`, (s, [thing]) => set(s, { type: s.type ?? 'f' }) && byName(s, `*.${thing?.value}`)],
  [`(?:files?|ones) (?:like )?${VALUE}|(?:regular |normal |plain )?files?`, (s, [thing]) => set(s, { type: s.type ?? 'f' }) && (thing === undefined || byName(s, named(thing)))],
  [`(?:director(?:y|ies)|folders?|dirs?|subdirs?)(?: ${VALUE})?`, (s, [thing]) => set(s, { type: s.type ?? 'd' }) && (thing === undefined || byName(s, named(thing)))],
  [`(?:broken|dangling|dead) symlinks?|symlinks? that (?:are broken|lead nowhere|point nowhere)`, (s) => test(s, '-xtype l')],
  [`symlinks?`, (s) => set(s, { type: s.type ?? 'l' })],
] // biome-ignore format: a filter a line

/** What a request for a search begins with, and what to do with what is found. */
const HEADS: readonly (readonly [RegExp, Search['action']])[] = [
  [/^(?:please )?(?:find and )?(?:delete|remove|erase|purge)\b/, 'delete'],
  [/^(?:please )?(?:find and )?move\b/, 'move'],
  [/^(?:please )?(?:find and )?copy\b/, 'copy'],
  [/^(?:please )?(?:set|change) (?:the |all )*(?:permissions?|mode)\b|^(?:please )?chmod\b/, 'mode'],
  [/^(?:please )?(?:gzip|compress)\b/, 'compress'],
  [
    /^(?:please )?(?:show |get |what is |calculate |print )?(?:the )?(?:total|overall|combined|summed) size of\b/,
    'size',
  ],
  [
    /^(?:please )?(?:count|how many|show|print) (?:the )?(?:total )?(?:number of )?lines (?:of code )?(?:in|of)\b/,
    'lines',
  ],
  [/^(?:please )?(?:count|how many|show count|what is count)(?: of)?\b/, 'count'],
  [
    /^(?=(?:all |the |my |every |empty |large |hidden )*(?:<ext#\d+>|files?|director(?:y|ies)|folders?|subdirs?|symlinks?)\b)/,
    'list',
  ],
  [
    /^(?:please )?(?:recursively )?(?:find|list|show|search(?: for)?|locate|display|print|get|look for|which|what|where are|give me)\b/,
    'list',
  ],
]
/** Words that add nothing to a search. */
const FILLER =
  /\b(?:all|every|each|any|the|a|an|of|me|my|are|is|there|that|which|and|for|in|with|please|those|them|exist|stored|located|present|found|name|names|list|show|paths?|whole|i|have|do|how|to|can|you|recursive|now|it|its|on|regular|was|were|whose|their|starting)\b/g
/** A search without any of these is no search. */
const NEEDS = /-(?:name|size|[mac](?:time|min)|empty|user|group|perm|newer|executable|xtype)/

const MOST_RESULTS = 1

/** The command of a request that is a search and nothing else; undefined if one of its words says more. */
export function compose({ tokens, text, tool }: Request): Composed | undefined {
  const things: Entity[] = []
  // A pattern sees words in lower case; what it takes out of them is as it was typed.
  const asTyped = new Map(tokens.map(({ word, raw }) => [word, raw]))
  let rest = tokens
    .map(({ word, entity }) => {
      if (entity === undefined) return word
      things.push(entity)
      return `<${entity.kind}#${things.length - 1}>`
    })
    .join(' ')
    .replace(/^how (?:do|can|would|to)(?: i| you)? /, '')
  const head = HEADS.find(([pattern]) => pattern.test(rest))
  if (head === undefined || (tool !== undefined && tool !== 'find' && tool !== TOOLS[head[1]]))
    return undefined
  const search: Search = {
    place: [],
    tests: [],
    depth: [],
    ignoresCase: false,
    verb: head[0].exec(rest)?.[0] ?? '',
    action: head[1],
  }
  rest = rest.replace(head[0], ' ')
  for (const [pattern, add] of FILTERS) {
    for (let round = 0; round < 2; round++) {
      const found = patternOf(pattern).exec(rest)
      if (found === null) break
      const held = (found[0].match(/#\d+/g) ?? []).map((one) => things[Number(one.slice(1))] as Entity)
      const words = found
        .slice(1)
        .filter((one): one is string => one !== undefined && !one.startsWith('<'))
        .map((one) => asTyped.get(one) ?? one)
      if (add(search, held, words, found[0]) !== true) return undefined
      rest = `${rest.slice(0, found.index)} | ${rest.slice(found.index + found[0].length)}`
    }
  }
  if (/[^\s|]/.test(rest.replace(FILLER, ' ').replace(search.action === 'count' ? /\bcount\b/ : /$^/, ' ')))
    return undefined
  return written(search, text)
}

const made = new Map<string, RegExp>()

/** The pattern as an expression over a request whose things are marks such as `<size#0>`. */
function patternOf(pattern: string): RegExp {
  let found = made.get(pattern)
  if (found === undefined) {
    const source = pattern.replace(/<([a-z|]+)>/g, (_, kinds: string) =>
      kinds === 'word'
        ? '((?!(?:a|an|the|all|any|files?|text|word|string|names?|user|group)\\b)[\\w.@+-]+)'
        : `<(?:${kinds})#\\d+>`,
    )
    found = new RegExp(`(?<![\\w<#])(?:${source})(?![\\w#])`)
    made.set(pattern, found)
  }
  return found
}

/** The files with a text in them: grep looks through a tree by itself, or find tells it which files. */
function containing(
  text: string,
  action: Action,
  type: Search['type'],
  args: string,
  where: string,
): Composed | undefined {
  if (action !== 'list' && action !== 'count') return undefined
  const what = quoted(text, '', true)
  const kind = /^-type f -name '(\*\.[\w.]+)'$/.exec(args)?.[1]
  if (!/^(?:-type f)?$/.test(args) && kind === undefined)
    return action === 'list' && type === 'f'
      ? { command: `find ${where} ${args} -exec grep -l ${what} {} +`, destroys: false }
      : undefined
  const command = `grep -rl${kind === undefined ? '' : ` --include='${kind}'`} ${what} ${where}`
  return { command: action === 'count' ? `${command} | wc -l` : command, destroys: false }
}

function written(search: Search, text: string): Composed | undefined {
  const { place, tests, depth, ignoresCase, action, isAny = false } = search
  const type = isAny ? undefined : search.type
  tests.sort((one, other) => Number(one.startsWith('!')) - Number(other.startsWith('!')))
  const args = [...depth, ...(type === undefined ? [] : [`-type ${type}`]), ...tests].join(' ')
  const where = (place.length === 0 ? ['.'] : place).map((one) => quoted(one, '', true)).join(' ')
  const all = ignoresCase ? args.replace(/(?<=^| )-name /g, '-iname ') : args
  if (place.length > MOST_RESULTS || depth.length > 1) return undefined
  if (search.text !== undefined) return containing(search.text, action, type, all, where)
  // Two names are two kinds of files, and nothing has both.
  if (tests.filter((one) => one.startsWith('-name')).length > 1) return undefined
  const isLinks = type === 'l' && place.length > 0
  if (
    !NEEDS.test(all) &&
    !(isLinks && action === 'delete') &&
    action !== 'mode' &&
    !(
      type !== undefined &&
      (action === 'count' || (place.length > 0 && /recursiv|subdir|\bfind\b/i.test(text)))
    )
  )
    return undefined
  // What is changed are files that something tells apart from all others, below a place that is not everything.
  const isKind = isLinks || (action === 'mode' && type !== undefined && place.length > 0)
  const isBroad =
    place.some((one) => /^[/~]$/.test(one)) || (!isKind && tests.every((one) => one.startsWith('!')))
  if (CHANGES.has(action) && isBroad) return undefined
  if (action === 'delete') {
    // A tree is not deleted by its age or size.
    if (type !== 'f' && type !== 'l' && !(type === 'd' && tests.includes('-empty'))) return undefined
    // One file that is named is not every file of that name.
    if (
      tests.length === 1 &&
      /^-name (?!'?\*)/.test(tests[0] ?? '') &&
      !/\b(?:all|every|find|each|files)\b/.test(text)
    )
      return undefined
    // What is left out of `all files` is left out of this directory.
    const near = tests.some((one) => one.startsWith('!')) && place.length === 0 && depth.length === 0
    return { command: `find ${where} ${near ? '-maxdepth 1 ' : ''}${all} -delete`, destroys: true }
  }
  const base = `find ${where} ${all}`.trimEnd()
  const does = DOES[action]
  if (does !== undefined) {
    // A tree is one thing to move, and its files have another mode than itself.
    const hasTarget = action === 'compress' || !CHANGES.has(action) || search.to !== undefined
    if ((type !== 'f' && !(type === 'd' && action === 'mode')) || isAny || !hasTarget) return undefined
    // Who moves files names the place if it is not this directory.
    const isHere = (action === 'move' || action === 'copy') && place.length === 0 && depth.length === 0
    const found = isHere && !/recursiv|subdir|everywhere/i.test(text) ? `find . -maxdepth 1 ${all}` : base
    return { command: found + does(search.to ?? ''), destroys: false }
  }
  return {
    command: action === 'count' ? `${base} | wc -l` : action === 'details' ? `${base} -ls` : base,
    destroys: false,
  }
}
