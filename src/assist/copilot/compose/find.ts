// Composes a command about files from the phrases of a request; a word that no phrase accounts for lowers the confidence.
import { FILLERS, KINDS, OBJECTS, PHRASES, PLACES } from './find-words.ts'
import { asFiles, asWord, findSize, type Reading, secondsOf } from './read.ts'

export interface Composed {
  readonly command: string
  /** Words of the request that the command does not account for; with any of them the answer is only a guess. */
  readonly left: readonly string[]
}

const THING = '<[qvpgfnmh]\\d+>'
const BARE =
  '(?!(?:and|or|in|of|the|that|which|with|file|files|user|group|all|any|not|is|are|current|directory)\\b)[a-z_][\\w.-]*'
const AND = '(?: ?, ?| or | and | ?, ?or | ?, ?and | as well as )'
const list = (one: string): string => `${one}(?:${AND}(?:(?:ending )?(?:with|in) )?${one})*`
const MACROS: Readonly<Record<string, string>> = {
  V: `(${THING})`,
  Q: '(<[qvgf]\\d+>)',
  G: '(<g\\d+>)',
  W: `(${THING}|${BARE})`,
  VS: `(${list(THING)})`,
  WS: `(${list(`(?:${THING}|${BARE})`)})`,
  P: '(<[pvfgq]\\d+>)',
  PS: `(${list('<[pvfgq]\\d+>')})`,
  S: '(<s\\d+>)',
  T: '(<t\\d+>)',
  N: '(<n\\d+>)',
  M: '(<[mn]\\d+>)',
  LINK: '(?:(?:that|which|whose|and|with|having|,|are|is|were|was|have|has|had|been|be|who|do|does)\\s)*',
  TV: "((?:(?:content|data|file|status|inode|metadata|attributes?)?'?s? ?(?:was |were |has been |have been |been )?)(?:modified|changed|updated|accessed|read|opened|used|created|edited|altered|modification|access))",
}

/** The end of a phrase that was accounted for. */
const DONE = '\u00a6'

const compiled = new Map<string, RegExp>()
/** The expression of a phrase, with its macros written out. */
export function phrase(pattern: string): RegExp {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  const text = pattern
    .replace(/\{([A-Z]+)\}/g, (_, name: string) => MACROS[name] as string)
    .replace(/^\^/, `^[ ${DONE}]*`)
    .replace(/\$$/, `(?=[ ${DONE}]*$)`)
  const made = new RegExp(`(?<![\\w<.$-])(?:${text})(?:(?<=\\s)|(?![\\w>-]))`)
  compiled.set(pattern, made)
  return made
}

interface State {
  readonly reading: Reading
  readonly request: string
  text: string
  type: string | undefined
  places: string[]
  depth: string[]
  tests: string[]
  todo: string[]
  pipe: string[]
  held: { text: string; lacks: boolean; lines: boolean } | undefined
  rank: { by: 'big' | 'new' | 'old'; most: string } | undefined
  asked: string | undefined
  nocase: boolean
  quiet: boolean
  into: string | undefined
}

/** Words that take something out of what was said. */
const LIMITS =
  /\b(?:except|but|excluding|other than|apart from|without|not|unless|besides|minus|keep(?:ing)?|ignoring|skipping|omitting|neither|lacking)\b|n't\b/i
/** Verbs with which a request about files begins; a noun may begin it, too. */
const VERBS =
  /^(?:recursively )?(?:find|finds|search|searches|look|locate|list|lists|show|shows|display|print|prints|get|output|report|return|count|counts|which|where|identify|delete|remove|removes|deletes|erase|purge|copy|copies|move|moves|change|changes|set|make|add|replace|update|modify|gzip|compress|calculate|execute|run|grep|view|see|all|files?|directories|symlinks|how many|what|regular|empty|hidden|<[fg]\d+> files|\w+ files|force|give|long|case|sort|prune|unpack|uncompress|assign|recursively|find and) ?/

/** The command for a request about files that are found; undefined if it is no such request. */
export function composeFind(request: string, reading: Reading): Composed | undefined {
  const state: State = {
    ...{
      reading,
      request,
      text: reading.text,
      type: undefined,
      places: [],
      depth: [],
      tests: [],
      todo: [],
      pipe: [],
    },
    ...{ held: undefined, rank: undefined, asked: undefined, nocase: false, quiet: false, into: undefined },
  }
  for (const [pattern, meaning] of PHRASES) {
    const expression = phrase(pattern)
    for (let again = 0; again < 3; again++) {
      const match = expression.exec(state.text)
      if (match === null || match[0].trim() === '' || !add(state, meaning, match)) break
      take(state, match)
    }
  }
  if (state.asked !== undefined) return undefined
  kinds(state)
  for (const [pattern, place] of PLACES) takePlaces(state, phrase(pattern), place)
  objects(state)
  names(state)
  if (!VERBS.test(reading.text) || !isAbout(state)) return undefined
  // A thing that is left out has to be left out of the command, too.
  if (LIMITS.test(state.text)) return undefined
  const changes = state.todo.some((one) => !/^(?:ls|md5sum|wc|du|cat)\b/.test(one))
  // What changes everything, and what `all of it` is, is for a sentence of its own.
  if (changes && /\b(?:everything|anything)\b/i.test(request)) return undefined
  // What changes files needs to be told which.
  if (changes && state.tests.length === 0 && state.places.length === 0) return undefined
  const command = write(state)
  if (command === undefined) return undefined
  const left = state.text.split(/\s+/).filter((word) => word !== '' && word !== DONE && !FILLERS.test(word))
  return { command, left: left.map((word) => said(state, word)) }
}

/** Whether the request says enough of files to be answered with a search. */
function isAbout({ type, tests, places, held, rank, reading, todo }: State): boolean {
  if (
    type === undefined &&
    (tests.length === 0 || !/^(?:recursively )?(?:find|search|locate|look|delete|remove)/.test(reading.text))
  )
    return false
  // `list files` is for ls.
  const isSearch =
    /^(?:recursively )?(?:find|search|locate|look)|recursive|tree\b|below|sub ?director|entire|file system/.test(
      reading.text,
    )
  return (
    tests.length > 0 ||
    held !== undefined ||
    rank !== undefined ||
    todo.length > 0 ||
    (places.length > 0 && isSearch)
  )
}

function take(state: State, match: RegExpExecArray): void {
  const { text } = state
  state.text = `${text.slice(0, match.index)} ${DONE} ${text.slice(match.index + match[0].length)}`
    .replace(/\s+/g, ' ')
    .trim()
}

/** What a mark or a plain word stands for, as it was typed. */
function said({ reading, request }: State, mark: string): string {
  const number = /^<\w(\d+)>$/.exec(mark)?.[1]
  if (number !== undefined) return reading.values[Number(number)] as string
  const at = request.toLowerCase().indexOf(mark)
  return at < 0 ? mark : request.slice(at, at + mark.length)
}

const several = (state: State, text: string): string[] =>
  text
    .split(/ ?, ?(?:or |and )?| or | and | as well as /)
    .map((one) => one.replace(/^(?:ending )?(?:with|in) /, '').trim())
    .filter((one) => one !== '')
    .map((one) => said(state, one))

/** Adds what a phrase means; false if it does not fit what was said before. */
function add(state: State, meaning: string, match: RegExpExecArray): boolean {
  const [kind = '', ...rest] = meaning.split(' ')
  const form = rest.join(' ')
  const given = (place: number): string => match[place] ?? ''
  const filled = (): string =>
    form.replace(/\$(\d)/g, (_, place: string) => {
      const mark = given(Number(place))
      const value = said(state, mark)
      return mark.startsWith('<s')
        ? findSize(value)
        : mark.startsWith('<n')
          ? value.replace(/\D+$/, '')
          : asWord(value)
    })
  const adders: Readonly<Record<string, () => unknown>> = {
    test: () => state.tests.push(filled()),
    name: () => addNames(state, form, several(state, given(1)), '-name'),
    path: () => addNames(state, form, several(state, given(1)), '-path'),
    time: () => addTime(state, form, match),
    flag: () => {
      state.nocase = true
    },
    do: () => state.todo.push(filled()),
    ask: () => {
      state.asked = form
    },
    if: () => finish(state, form, filled()),
    pipe: () => state.pipe.push(filled()),
    sed: () =>
      state.todo.push(`sed -i 's/${forSed(said(state, given(1)))}/${forSed(said(state, given(2)))}/g'`),
    big: () => addRank(state, 'big', filled()),
    new: () => addRank(state, 'new', filled()),
    old: () => addRank(state, 'old', filled()),
    quiet: () => {
      state.quiet = true
    },
    into: () => {
      state.into = asWord(said(state, given(1)))
    },
    holds: () => addHeld(state, given(1), false, match[0]),
    lacks: () => addHeld(state, given(1), true, match[0]),
    outside: () => addOutside(state, several(state, given(1))),
    depth: () => state.depth.push(filled()),
    deep: () => state.depth.push(`${/immediate/.test(match[0]) ? '-mindepth 1 ' : ''}-maxdepth 1`),
  }
  // A place after `only in` is still to be read.
  if (kind === 'deep') {
    const before = match[0]
    adders.deep?.()
    match[0] =
      /^(?:directly|only|immediately|top|immediate)/.test(before) && !/current/.test(before)
        ? before
        : before.replace(/^(.*) only$|^only (.*)$/, '')
    if (match[0] === '') {
      state.text = state.text.replace(before, before.replace(/ only$|^only /, ''))
      return false
    }
    return true
  }
  return adders[kind]?.() !== false
}

const forSed = (text: string): string => text.replace(/[\\/&]/g, '\\$&').replaceAll("'", "'\\''")

function finish(state: State, form: string, filled: string): boolean {
  const tool = form.replace(/ \$.*$/, '')
  if (state.asked !== tool) return false
  state.asked = undefined
  if (tool === 'into') state.into = filled.replace('into ', '')
  else state.todo.push(filled)
  return true
}

function addRank(state: State, by: 'big' | 'new' | 'old', most: string): void {
  state.rank = { by, most }
}

function addHeld(state: State, mark: string, lacks: boolean, phraseText: string): boolean {
  if (state.held !== undefined) return false
  const lines =
    !lacks &&
    /^(?:for|text|string|word|pattern|regex|phrase|occurrence|lines|grep|search|case)/.test(phraseText)
  state.held = { text: said(state, mark), lacks, lines }
  return true
}

function addNames(state: State, form: string, values: readonly string[], option: string): boolean {
  const isNot = form.startsWith('! ')
  const shape = form.replace(/^! /, '')
  // A form without a value, as for hidden files, is the pattern itself.
  const made = (form.includes('$1') ? values : ['']).map((value) => {
    const plain = shape === '*.$1' ? value.replace(/^\*?\./, '') : value
    const whole = shape.replace('$1', () => plain).replace(/\*{2,}/g, '*')
    // `.txt` alone is a kind of file where the phrase excludes or lists names.
    return isNot && /^\.[a-z]\w{0,4}$/.test(whole) ? `*${whole}` : whole
  })
  if (made.length === 0 || made.includes('')) return false
  const tests = made.map((one) => `${option} ${asWord(one)}`)
  state.tests.push(
    isNot
      ? tests.map((one) => `! ${one}`).join(' ')
      : tests.length === 1
        ? (tests[0] as string)
        : `\\( ${tests.join(' -o ')} \\)`,
  )
  return true
}

function addOutside(state: State, values: readonly string[]): void {
  for (const value of values) {
    const path = value.replace(/^\.\//, '').replace(/\/?\*?$/, '')
    state.tests.push(`! -path ${asWord(/^[/~$]/.test(path) ? `${path}/*` : `*/${path}/*`)}`)
  }
}

function addTime(state: State, form: string, match: RegExpExecArray): void {
  const sign = form.split(' ').at(-1) ?? ''
  const verb = form.startsWith('$1') ? (match[1] ?? '') : 'modified'
  const letter = /access|read|opened|used/.test(verb)
    ? 'a'
    : /status|inode|metadata|attribute/.test(verb)
      ? 'c'
      : 'm'
  const mark = /<t\d+>/.exec(match[0])?.[0]
  if (mark === undefined) {
    state.tests.push(`-${letter}time ${sign}`)
    return
  }
  const seconds = secondsOf(said(state, mark))
  const value =
    seconds % 86_400 === 0
      ? `time ${sign}${seconds / 86_400}`
      : `min ${sign}${Math.max(1, Math.round(seconds / 60))}`
  state.tests.push(`-${letter}${value.replace('=', '')}`)
}

/** Kinds of files by their word: `python files`, `pdf and txt documents`. */
function kinds(state: State): void {
  const word = `(?:${Object.keys(KINDS).join('|')})`
  const pattern = phrase(
    `(${word}(?:${AND}${word})*)(?: source)?(?: code)? (?=(?:regular )?files?|scripts?|documents?|images?|sources?|filenames?|extension)`,
  )
  const match = pattern.exec(state.text)
  if (
    match !== null &&
    addNames(
      state,
      '*.$1',
      (match[1] as string).split(new RegExp(AND)).map((one) => KINDS[one.trim()] ?? one),
      '-name',
    )
  )
    take(state, match)
  const plural = phrase('(pdf|mp3|mp4|jpg|png|gif|csv|json|zip|txt|log)s').exec(state.text)
  if (plural !== null && state.type === undefined && addNames(state, '*.$1', [plural[1] as string], '-name'))
    take(state, plural)
  const ending = phrase(
    `(<[fq]\\d+>(?:${AND}<[fq]\\d+>)*) (?=(?:regular )?files?|scripts?|documents?|images?|sources?|ones)`,
  ).exec(state.text)
  if (ending === null) return
  const values = several(state, ending[1] as string)
  if (values.every((one) => one.startsWith('.')) && addNames(state, '*$1', values, '-name'))
    take(state, ending)
}

/** Which kind of entry is meant: the first that is named. */
function objects(state: State): void {
  let first: { match: RegExpExecArray; type: string } | undefined
  for (const [pattern, type] of OBJECTS) {
    const match = phrase(pattern).exec(state.text)
    if (match !== null && (first === undefined || match.index < first.match.index)) first = { match, type }
  }
  if (first === undefined) return
  state.type = first.type
  take(state, first.match)
  state.text = state.text.replace(first.type === 'd' ? /\bdirectories\b(?= )/ : /\bfiles?\b/g, ' ')
}

/** Things that stand alone: a pattern or a file's name is what is looked for, a path is where. */
function names(state: State): void {
  const bare = phrase('{VS}').exec(state.text.replace(/<p\d+>/g, (mark) => ' '.repeat(mark.length)))
  if (
    bare !== null &&
    /^<[gfqv]/.test(bare[1] ?? '') &&
    !state.tests.some((one) => /^(?:\\\( )?-i?name/.test(one))
  ) {
    const values = several(state, bare[1] as string)
    // A variable alone says nothing of names.
    if (
      !values.some((one) => one.includes('/')) &&
      !/<v/.test(bare[1] ?? '') &&
      addNames(state, '$1', values, '-name')
    )
      take(state, bare)
  }
  if (state.places.length > 0) return
  const place = phrase('{PS}').exec(state.text)
  if (place === null || !/^<p/.test(place[1] ?? '')) return
  state.places.push(...several(state, place[1] as string))
  take(state, place)
}

function takePlaces(state: State, expression: RegExp, place: string): void {
  const match = expression.exec(state.text)
  if (match === null || match[0].trim() === '') return
  if (place !== '$1') {
    // `~` and the current directory next to a named place only say that the search goes below it.
    if (state.places.length === 0) state.places.push(place)
    take(state, match)
    return
  }
  if (
    state.places.length > 0 ||
    (/^<[fqg]/.test(match[1] ?? '') === true && !/director|tree|path/.test(match[0]))
  )
    return
  if (/^(?:each|every|all|any|its|same|current)$/.test(match[1] ?? '')) return
  state.places.push(...several(state, match[1] as string))
  take(state, match)
}

function write(state: State): string | undefined {
  const { type = '', depth, tests, held, rank, pipe } = state
  const places = (state.places.length === 0 ? ['.'] : state.places).map(asFiles).join(' ')
  const own = [...new Set(tests)].map((one) =>
    state.nocase ? one.replace(/(?<=^|\s)-(name|path|regex)(?= )/g, '-i$1') : one,
  )
  // A directory holds files, not text, and is itself the first that is found.
  if (held !== undefined && (type === 'd' || type === 'l')) return undefined
  if (type === 'd' && depth.includes('-maxdepth 1') && !depth.some((one) => one.includes('-mindepth')))
    depth.unshift('-mindepth 1')
  if (state.todo.length > 1 || (rank !== undefined && state.todo.length > 0)) return undefined
  const [todo] = state.todo
  const kind = type === '' ? (held === undefined ? [] : ['-type f']) : [`-type ${type}`]
  // Symbolic links that lead nowhere are a kind of their own.
  const parts = [
    'find',
    places,
    ...new Set(depth),
    ...(own.some((one) => one.includes('-xtype')) ? [] : kind),
    ...own,
  ]
  const end = `${state.quiet ? ' 2>/dev/null' : ''}${pipe.map((one) => ` | ${one}`).join('')}${state.into === undefined ? '' : ` > ${state.into}`}`
  if (held !== undefined) return searched(state, parts, places, own, end)
  if (rank !== undefined) return `${parts.join(' ')} ${ranked(rank)}${end}`
  if (todo === 'delete')
    return `${parts.join(' ')} ${type === 'd' && !own.includes('-empty') ? '-exec rm -r {} +' : type === '' ? '-exec rm -rf {} +' : '-delete'}${end}`
  if (todo === undefined) return parts.join(' ') + end
  return `${parts.join(' ')} -exec ${todo} {} +${end}`
}

function searched(
  state: State,
  parts: readonly string[],
  places: string,
  own: readonly string[],
  end: string,
): string {
  const { held, nocase, todo, depth } = state
  const { text, lacks, lines } = held as NonNullable<State['held']>
  const letters = `${nocase ? 'i' : ''}${lacks ? 'L' : lines ? 'H' : 'l'}`
  const each = `-exec grep -${letters} ${asWord(text)} {} +`
  if (todo.length === 0 && own.length === 0 && depth.length === 0)
    return `grep -r${letters.replace('H', '')} ${asWord(text)} ${places}${end}`
  const quiet = `-exec grep -q${nocase ? 'i' : ''} ${asWord(text)} {} \\;`
  if (todo.length > 0)
    return `${parts.join(' ')} ${lacks ? '! ' : ''}${quiet} ${todo[0] === 'delete' ? '-delete' : `-exec ${todo[0]} {} +`}${end}`
  return `${parts.join(' ')} ${each}${end}`
}

const ranked = ({ by, most }: NonNullable<State['rank']>): string => {
  const head = most === '' ? '' : ` | head -n ${most}`
  if (by === 'big') return `-printf '%s\\t%p\\n' | sort -nr${head}`
  return `-printf '%T@ %p\\n' | sort -n${by === 'new' ? 'r' : ''}${head} | cut -d' ' -f2-`
}
